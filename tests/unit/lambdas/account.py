"""An AWS account in process: moto, the engine's SageMaker and a small CloudFormation behind one boto3 session."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import boto3
import botocore.session
from botocore import loaders, parsers
from botocore.exceptions import ClientError

from embedded_aws.sagemaker import http
from lambdas.shared.clients import Clients
from lambdas.shared.clock import Clock
from tests.embedded_aws.sagemaker_stubs import ACCOUNT, REGION, Stand, stand
from tests.unit.lambdas.deleters import deleters
from tests.unit.lambdas.fake_cloudformation import FakeCloudFormation
from tests.unit.lambdas.faults import Faults

_LOADER = loaders.create_loader()  # reads the services' models once, not once a test


def a_session() -> boto3.Session:
    """A session of its own, with hooks of its own."""
    core = botocore.session.get_session()
    core.register_component("data_loader", _LOADER)
    return boto3.Session(botocore_session=core, region_name=REGION)


class TurningClock(Clock):
    """Time passes only when somebody waits, and then everything that was under way in SageMaker comes to its end."""

    def __init__(self, sagemaker: Stand) -> None:
        self._sagemaker = sagemaker
        self._offset = timedelta()

    def now(self) -> datetime:
        """The wall clock, moved on by what was slept."""
        return datetime.now(UTC) + self._offset

    def sleep(self, seconds: float) -> None:
        """Moves on."""
        self._offset += timedelta(seconds=seconds)
        self._sagemaker.runtime.finish()


@dataclass
class Account:
    """Clients see what an ordinary session would; ``faults`` sit between them and AWS."""

    sagemaker: Stand = field(default_factory=stand)
    faults: Faults = field(default_factory=Faults)

    def __post_init__(self) -> None:
        """Wires the parts together."""
        self.clock = TurningClock(self.sagemaker)
        self.session = a_session()
        self.session.events.register("before-call", self._before)
        self.session.events.register("after-call", self._after)
        self.clients = Clients(self.session)
        self.own = Clients(a_session())  # moto's services without faults
        self.cloudformation = FakeCloudFormation(
            account=ACCOUNT, region=REGION, deleters=deleters(self.own, self.sagemaker)
        )

    def hold(self) -> None:
        """What SageMaker has under way stays under way; what is asked of it from now on goes on as ever."""
        self.sagemaker.runtime._waiting.clear()

    def _before(self, *, model: Any, params: dict[str, Any], **_: object) -> Any:  # noqa: ANN401 # botocore's types
        request = f"{params['url']} {params['headers']} {params['body']!r}"
        self.faults.on_call(f"{model.service_model.service_name}.{model.name}", request)
        if model.service_model.service_name == "sagemaker":
            return self._sagemaker_answer(model, params)
        if model.service_model.service_name == "cloudformation":
            return self._cloudformation_answer(model, params)
        return None

    def _after(self, *, model: Any, **_: object) -> None:  # noqa: ANN401 # botocore's types
        self.faults.on_answer(f"{model.service_model.service_name}.{model.name}")

    def _sagemaker_answer(self, model: Any, params: dict[str, Any]) -> tuple[Any, dict[str, Any]]:  # noqa: ANN401 # botocore's types
        reply = http.handle(self.sagemaker.plane, params["headers"], "/", params["body"])
        parser = parsers.create_parser("json")
        raw = {"status_code": reply.status, "headers": dict(reply.headers), "body": reply.body}
        return SimpleNamespace(status_code=reply.status), parser.parse(raw, model.output_shape)

    def _cloudformation_answer(self, model: Any, params: dict[str, Any]) -> tuple[Any, dict[str, Any]]:  # noqa: ANN401 # botocore's types
        try:
            answer = self.cloudformation.call(model.name, params["body"])
        except ClientError as error:
            return SimpleNamespace(status_code=400), dict(error.response)
        return SimpleNamespace(status_code=200), {**answer, "ResponseMetadata": {"HTTPStatusCode": 200}}
