"""The runtime of the control plane on this machine."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from embedded_aws.clients import Clients
from embedded_aws.clock import Clock
from embedded_aws.runtime import vetting, warm_pool_cache
from embedded_aws.runtime.doors import Doors
from embedded_aws.runtime.endpoint import Endpoint
from embedded_aws.runtime.host import Host
from embedded_aws.runtime.job import Job
from embedded_aws.runtime.notebook import NotebookInstance
from embedded_aws.runtime.nursery import Nursery
from embedded_aws.runtime.processing import ProcessingJob
from embedded_aws.runtime.sandbox import Isolation, detect
from embedded_aws.runtime.training import TrainingJob
from embedded_aws.runtime.transform import TransformJob
from embedded_aws.runtime.tuning import TuningJob
from embedded_aws.sagemaker.kinds import (
    ENDPOINT,
    NOTEBOOK_INSTANCE,
    PROCESSING_JOB,
    TRAINING_JOB,
    TRANSFORM_JOB,
    TUNING_JOB,
    Kind,
)
from embedded_aws.sagemaker.ports import Invocation, Record, Response, RoleSessions

if TYPE_CHECKING:
    from embedded_aws.sagemaker.control_plane import ControlPlane

JOBS: dict[str, type[Job]] = {
    TRAINING_JOB.name: TrainingJob,
    PROCESSING_JOB.name: ProcessingJob,
    TRANSFORM_JOB.name: TransformJob,
    TUNING_JOB.name: TuningJob,
}


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Where the runtime works: the engine's API, its state directory, the environments of the images.

    `clock` is the engine's; `isolation` is the strongest that the machine gives, unless it is said.
    """

    endpoint_url: str
    region: str
    account: str
    state: Path
    environments: Path
    clock: Clock = field(default_factory=Clock)
    isolation: Isolation | None = None


class LocalRuntime:
    """Runs jobs, endpoints and notebook instances as processes in sandboxes."""

    def __init__(self, settings: Settings, sessions: RoleSessions) -> None:
        nursery = Nursery(settings.state)
        self.host = Host(
            endpoint_url=settings.endpoint_url,
            region=settings.region,
            account=settings.account,
            state=settings.state,
            environments=settings.environments,
            isolation=settings.isolation or detect(nursery),
            clients=Clients(settings.endpoint_url, settings.region),
            sessions=sessions,
            doors=Doors(settings.clock),
            nursery=nursery,
            clock=settings.clock,
        )
        self._jobs: dict[int, Job] = {}
        self._endpoints: dict[int, Endpoint] = {}
        self._notebooks: dict[int, NotebookInstance] = {}
        self._lock = threading.Lock()
        self._closing = False

    def vet(self, plane: ControlPlane, kind: Kind, record: Record) -> None:
        """Refuse what cannot be run."""
        del plane
        vetting.vet(self.host, kind, record)

    def started(self, plane: ControlPlane, kind: Kind, record: Record) -> None:
        """Run a record in the background."""
        if kind is ENDPOINT:
            self._endpoint(plane, record).deploy()
        elif kind is NOTEBOOK_INSTANCE:
            self._notebook(plane, record).start()
        else:
            self._start_job(plane, kind, record)

    def stopping(self, plane: ControlPlane, kind: Kind, record: Record) -> None:
        """End a running job or notebook instance."""
        if kind is NOTEBOOK_INSTANCE:
            self._notebook(plane, record).stop()
            return
        with self._lock:
            job = self._jobs.get(id(record))
        if job:
            job.cancel()

    def deleting(self, plane: ControlPlane, kind: Kind, record: Record) -> None:
        """Undo an endpoint or a notebook instance."""
        if kind is NOTEBOOK_INSTANCE:
            self._notebook(plane, record).delete()
        else:
            self._endpoint(plane, record).delete()

    def invoke(self, endpoint: Record, variant: str, invocation: Invocation) -> Response:
        """One request to a container of a variant."""
        with self._lock:
            held = self._endpoints[id(endpoint)]
        return held.invoke(variant, invocation)

    def presigned_url(self, notebook: Record) -> str:
        """A URL that opens JupyterLab; waits until that answers."""
        with self._lock:
            held = self._notebooks[id(notebook)]
        return held.url()

    def released(self, cluster: str) -> None:
        """Remove what the jobs of a warm pool handed on; in the background, as it may be much."""
        given = (self.host.state, cluster)
        threading.Thread(target=warm_pool_cache.forget, args=given, name=f"forget {cluster}", daemon=True).start()

    def shutdown(self) -> None:
        """End everything: jobs are told first, since they end by themselves."""
        with self._lock:
            self._closing = True
            jobs = list(self._jobs.values())
            others: list[Endpoint | NotebookInstance] = [*self._endpoints.values(), *self._notebooks.values()]
        for job in jobs:
            job.kill()
        for other in others:
            other.close()
        for job in jobs:
            job.join()
        self.host.doors.close()
        self.host.nursery.close()

    def _start_job(self, plane: ControlPlane, kind: Kind, record: Record) -> None:
        job = JOBS[kind.name](self.host, plane, kind, record)
        with self._lock:
            self._jobs = {key: held for key, held in self._jobs.items() if held.running}
            self._jobs[id(record)] = job
            if self._closing:
                job.kill()
            job.start()

    def _endpoint(self, plane: ControlPlane, record: Record) -> Endpoint:
        with self._lock:
            if id(record) not in self._endpoints:
                gone = partial(self._forget, self._endpoints, record)
                self._endpoints[id(record)] = Endpoint(self.host, plane, record, gone)
            return self._endpoints[id(record)]

    def _notebook(self, plane: ControlPlane, record: Record) -> NotebookInstance:
        with self._lock:
            if id(record) not in self._notebooks:
                gone = partial(self._forget, self._notebooks, record)
                self._notebooks[id(record)] = NotebookInstance(self.host, plane, record, gone)
            return self._notebooks[id(record)]

    def _forget(self, held: dict[int, Any], record: Record) -> None:
        with self._lock:
            held.pop(id(record), None)
