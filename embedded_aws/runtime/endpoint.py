"""Endpoints: the containers of a deployment's variants, replaced when the deployment changes."""

from __future__ import annotations

import logging
import secrets
import threading
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from embedded_aws.runtime.container import Stop
from embedded_aws.runtime.environments import EnvironmentMissingError
from embedded_aws.runtime.host import Host
from embedded_aws.runtime.job import LONGEST_REASON, JobFailed
from embedded_aws.runtime.multi_model import MultiModelContainer
from embedded_aws.runtime.sandbox import SandboxError
from embedded_aws.runtime.serving import ModelContainer, Serving, ServingContainer, unhealthy
from embedded_aws.sagemaker import models
from embedded_aws.sagemaker.endpoints import Deployment, Variant
from embedded_aws.sagemaker.errors import AwsError
from embedded_aws.sagemaker.instance_types import family
from embedded_aws.sagemaker.kinds import ENDPOINT
from embedded_aws.sagemaker.ports import Invocation, Record, Response

if TYPE_CHECKING:
    from embedded_aws.sagemaker.control_plane import ControlPlane

_log = logging.getLogger(__name__)


class Endpoint:
    """The containers of one endpoint. Deployments and the deletion follow one another; `gone` is called last."""

    def __init__(self, host: Host, plane: ControlPlane, record: Record, gone: Callable[[], None]) -> None:
        self._host = host
        self._plane = plane
        self._record = record
        self._gone = gone
        self._serving: dict[str, ServingContainer] = {}
        self._fresh: dict[str, ServingContainer] = {}
        self._stop = Stop()
        self._turn = threading.Lock()

    def deploy(self) -> None:
        """Bring the pending deployment into service in the background; the old one answers until then."""
        self._background(self._deploy)

    def delete(self) -> None:
        """End the containers in the background, then forget the record."""
        self._background(self._delete)

    def invoke(self, variant: str, invocation: Invocation) -> Response:
        """The answer of a variant's container; AwsError while the engine starts it again."""
        serving = self._serving.get(variant)
        if serving is None:
            raise AwsError("ServiceUnavailable", "The service is unavailable. Try your call again.", 503)
        return serving.ask(invocation)

    def close(self) -> None:
        """End the containers at once."""
        self._stop.force()
        with self._turn:
            held, self._serving, self._fresh = (self._serving, self._fresh), {}, {}
            for containers in held:
                _close(containers)

    def _background(self, action: Callable[[], None]) -> None:
        name = f"endpoint {self._record['EndpointName']}"
        threading.Thread(target=action, name=name, daemon=True).start()

    def _deploy(self) -> None:
        with self._turn:
            deployment: Deployment = self._record["_pending"]
            try:
                self._serve_as_before()
                self._fresh = self._start(deployment)
            except (JobFailed, AwsError, SandboxError, EnvironmentMissingError) as error:
                self._report_failure(str(error))
                return
            except Exception as error:  # noqa: BLE001 # whatever happens, the endpoint must leave its state
                _log.exception("the engine failed to deploy %s", self._record["EndpointName"])
                self._report_failure(f"InternalServerError: {error!r}")
                return
            self._plane.transition_with(self._take_over, ENDPOINT, self._record, "InService")

    def _take_over(self) -> None:
        """The new containers answer from now on: together with the change of state, which may come later."""
        old, self._serving, self._fresh = self._serving, self._fresh, {}
        self._background(lambda: _close(old))

    def _serve_as_before(self) -> None:
        """After a restart in the middle of an update: what served until then serves until the new one does."""
        if self._record["EndpointStatus"] == "Updating" and not self._serving:
            self._serving = self._start(self._record["_deployment"])

    def _start(self, deployment: Deployment) -> dict[str, ServingContainer]:
        """All variants, or none."""
        started: dict[str, ServingContainer] = {}
        try:
            for variant in deployment.variants:
                _need_processor(variant)
                kind = MultiModelContainer if models.is_multi(variant.model) else ModelContainer
                started[variant.name] = kind(self._host, self._serving_of(variant), self._stop)
        except BaseException:
            for container in started.values():
                container.close()
            raise
        return started

    def _serving_of(self, variant: Variant) -> Serving:
        return Serving(
            model=variant.model,
            name=f"production variant {variant.name}",
            log_group=f"/aws/sagemaker/Endpoints/{self._record['EndpointName']}",
            log_stream=f"{variant.name}/i-{secrets.token_hex(9)[:17]}",
        )

    def _report_failure(self, reason: str) -> None:
        """A failed creation is Failed; after a failed update the old deployment stays in service."""
        status = "InService" if self._serving else "Failed"
        self._plane.transition(ENDPOINT, self._record, status, FailureReason=reason[:LONGEST_REASON])

    def _delete(self) -> None:
        self.close()
        self._plane.remove(ENDPOINT, self._record)
        self._gone()


def _close(serving: Mapping[str, ServingContainer]) -> None:
    for container in serving.values():
        container.close()


def _need_processor(variant: Variant) -> None:
    """Every image here is built for x86; on an Arm processor its server does not start, which AWS sees as unhealthy."""
    if family(variant.instance_type).arm:
        raise unhealthy(f"production variant {variant.name}")
