"""The engine's own parts, put together: clients, role sessions, SageMaker and its runtime, the scheduler.

No emulator import: what the emulator has to give comes in through `Emulator`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from embedded_aws.clients import Clients
from embedded_aws.clock import Clock
from embedded_aws.cloudformation.under_way import UnderWay
from embedded_aws.faults.door import Recognise, Tell
from embedded_aws.faults.rules import Faults
from embedded_aws.iam.role_sessions import RoleSessions, RoleStore
from embedded_aws.journal.journal import Journal
from embedded_aws.sagemaker import restart
from embedded_aws.sagemaker.control_plane import ControlPlane
from embedded_aws.sagemaker.ports import Credentials, Runtime
from embedded_aws.sagemaker_service import SageMakerService
from embedded_aws.scheduler.scheduling import Scheduler
from embedded_aws.scheduler.scheduling import Store as ScheduleStore
from embedded_aws.trail.recorder import Recorder
from embedded_aws.trail.store import Store


@dataclass(frozen=True)
class Place:
    """Where and as what the engine serves."""

    account: str
    region: str
    port: int
    state: Path
    environments: Path
    iam: bool

    @property
    def endpoint_url(self) -> str:
        """The address of everything."""
        return f"http://127.0.0.1:{self.port}"


@dataclass(frozen=True)
class Emulator:
    """What the adapter hands in: the emulator's roles and schedules."""

    roles: RoleStore
    schedules: ScheduleStore


MakeRuntime = Callable[[Place, RoleSessions, Clock], Runtime]


class Engine:
    """Everything the hooks lead to; `recognise` and `tell_refused` come from two of them.

    With a journal, what it holds outlives it.
    """

    recognise: Recognise
    tell_refused: Tell

    def __init__(
        self,
        place: Place,
        root: Credentials,
        emulator: Emulator,
        make_runtime: MakeRuntime,
        clock: Clock,
        journal: Journal | None = None,
    ) -> None:
        self.journal = journal
        self.stack_resources = UnderWay()
        self.place = place
        self.clock = clock
        self.faults = Faults()
        self.root = root
        self.clients = Clients(place.endpoint_url, place.region)
        self.sessions = RoleSessions(emulator.roles, place.account, clock)
        runtime = make_runtime(place, self.sessions, clock)
        self.plane = ControlPlane(
            account=place.account,
            region=place.region,
            runtime=runtime,
            roles=self.sessions,
            clock=clock,
            faults=self.faults,
        )
        self.sagemaker = SageMakerService(self.plane)
        self.scheduler = Scheduler(emulator.schedules, self.clients, self.sessions)
        self.trail = Recorder(Store(place.state / "trail.sqlite3"), place.account, place.region)
        self.sessions.on_new = self.trail.record_session

    def adopt(self, journal: Journal) -> None:
        """Keep in the journal what is the engine's own.

        The trail has a file; faults, withheld capacity and speed end with the engine.
        """
        self.plane.store.adopt(lambda kind, records: journal.adopt(("engine", f"sagemaker {kind}"), records))
        self.plane.quotas.adopt(lambda limits: journal.adopt(("engine", "quotas"), limits))
        self.stack_resources.adopt(lambda entries: journal.adopt(("engine", "stack resources"), entries))
        self.stack_resources.flush = journal.flush
        self.scheduler.adopt(lambda name, entries: journal.adopt(("engine", f"scheduler {name}"), entries))

    def resume(self) -> None:
        """After a restart, once calls are answered: go on with what was running, or end it."""
        restart.resume(self.plane)

    def shutdown(self) -> None:
        """End whatever runs."""
        self.scheduler.stop()
        self.plane.shutdown()
        self.trail.store.close()
