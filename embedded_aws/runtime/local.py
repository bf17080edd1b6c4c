"""The runtime of the control plane on this machine."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from embedded_aws.clients import Clients
from embedded_aws.runtime import vetting
from embedded_aws.runtime.doors import Doors
from embedded_aws.runtime.host import Host
from embedded_aws.runtime.job import Job
from embedded_aws.runtime.processing import ProcessingJob
from embedded_aws.runtime.sandbox import detect
from embedded_aws.runtime.training import TrainingJob
from embedded_aws.sagemaker.kinds import PROCESSING_JOB, TRAINING_JOB, Kind
from embedded_aws.sagemaker.ports import Record, Response, RoleSessions

if TYPE_CHECKING:
    from embedded_aws.sagemaker.control_plane import ControlPlane

JOBS: dict[str, type[Job]] = {TRAINING_JOB.name: TrainingJob, PROCESSING_JOB.name: ProcessingJob}


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Where the runtime works: the engine's API, its state directory, the environments of the images."""

    endpoint_url: str
    region: str
    account: str
    state: Path
    environments: Path


class LocalRuntime:
    """Runs jobs, endpoints and notebook instances as processes in sandboxes."""

    def __init__(self, settings: Settings, sessions: RoleSessions) -> None:
        self.host = Host(
            endpoint_url=settings.endpoint_url,
            region=settings.region,
            account=settings.account,
            state=settings.state,
            environments=settings.environments,
            isolation=detect(settings.state),
            clients=Clients(settings.endpoint_url, settings.region),
            sessions=sessions,
            doors=Doors(),
        )
        self._jobs: dict[str, Job] = {}
        self._lock = threading.Lock()

    def vet(self, plane: ControlPlane, kind: Kind, record: Record) -> None:
        """Refuse what cannot be run."""
        vetting.vet(self.host, kind, record)

    def started(self, plane: ControlPlane, kind: Kind, record: Record) -> None:
        """Run a record in the background."""
        job = JOBS[kind.name](self.host, plane, kind, record)
        with self._lock:
            self._jobs[record[kind.arn_member]] = job
        job.start()

    def stopping(self, plane: ControlPlane, kind: Kind, record: Record) -> None:
        """End a running job or notebook instance."""
        with self._lock:
            job = self._jobs.get(record[kind.arn_member])
        if job:
            job.cancel()

    def shutdown(self) -> None:
        """End everything."""
        self.host.doors.close()
