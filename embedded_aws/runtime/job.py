"""What every job has: a thread, a directory, a role, a way to be stopped, and an end that is told to the plane."""

from __future__ import annotations

import logging
import shutil
import tempfile
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from embedded_aws.runtime.container import POLL_SECONDS, Stop
from embedded_aws.runtime.environments import EnvironmentMissingError
from embedded_aws.runtime.host import Host
from embedded_aws.runtime.logs import LogStream
from embedded_aws.runtime.sandbox import SandboxError
from embedded_aws.runtime.storage import BadLocationError
from embedded_aws.sagemaker.errors import AwsError
from embedded_aws.sagemaker.ports import Record

if TYPE_CHECKING:
    from embedded_aws.sagemaker.control_plane import ControlPlane
    from embedded_aws.sagemaker.kinds import Kind

LONGEST_REASON = 1024
_log = logging.getLogger(__name__)


class JobFailed(Exception):  # noqa: N818 # it is an outcome, told apart from errors of the engine
    """The job's own failure, with the FailureReason that AWS would give."""


class Job(ABC):
    """One run of a job; `work` does it and returns the members of its final state."""

    log_group: str

    def __init__(self, host: Host, plane: ControlPlane, kind: Kind, record: Record) -> None:
        self.host = host
        self.plane = plane
        self.kind = kind
        self.record = record
        self.name: str = record[kind.id_member]
        self.stop = Stop()
        parent = host.state / "jobs" / kind.name
        parent.mkdir(parents=True, exist_ok=True)
        self.folder = Path(tempfile.mkdtemp(prefix=f"{self.name}-", dir=parent))
        self._thread = threading.Thread(target=self._run, name=f"{kind.name} {self.name}", daemon=True)

    def start(self) -> None:
        """Run in the background."""
        self._thread.start()

    def cancel(self) -> None:
        """End it early, with AWS's grace; its final state is Stopped."""
        self.stop.ask()

    def kill(self) -> None:
        """End it at once."""
        self.stop.force()

    @property
    def running(self) -> bool:
        """Whether it has not ended yet."""
        return self._thread.is_alive()

    def join(self) -> None:
        """Wait until it has ended."""
        self._thread.join()

    @abstractmethod
    def work(self) -> dict[str, Any]:
        """Do the job; raises JobFailed. The members to show with the final status."""

    def failed_members(self) -> dict[str, Any]:
        """Members to show of a job that failed."""
        return {}

    def open_log(self, role_arn: str, watch: Callable[[str], None] | None = None) -> LogStream:
        """The job's log stream, written as its role."""
        stream = f"{self.name}/algo-1-{int(time.time())}"
        return LogStream(self.host.acting_as(role_arn), self.log_group, stream, watch)

    def _run(self) -> None:
        try:
            self._await_instances()
            members = self.work()
        except JobFailed as error:
            self._fail(str(error))
        except (AwsError, BadLocationError) as error:
            self._fail(f"ClientError: {error}")
        except (SandboxError, EnvironmentMissingError) as error:
            self._fail(f"InternalServerError: {error}")
        except Exception as error:  # noqa: BLE001 # whatever happens, the job must reach an end
            _log.exception("%s %s ended by an error of the engine", self.kind.name, self.name)
            self._fail(f"InternalServerError: {error!r}")
        else:
            self._end("Stopped" if self.stop.asked else "Completed", members)
        finally:
            shutil.rmtree(self.folder, ignore_errors=True)

    def _await_instances(self) -> None:
        """As long as that is to last, unless they are a warm pool's; JobFailed if the job is stopped meanwhile."""
        began, warm = time.monotonic(), "WarmPoolStatus" in self.record
        while not warm and (left := began + self.host.clock.state(self.kind.name, "Starting") - time.monotonic()) > 0:
            if self.stop.wait(min(left, POLL_SECONDS)):
                raise JobFailed("stopped before it began")

    def _fail(self, reason: str) -> None:
        if self.stop.asked:
            self._end("Stopped", self.failed_members())
        else:
            self._end("Failed", {"FailureReason": reason[:LONGEST_REASON], **self.failed_members()})

    def _end(self, status: str, members: dict[str, Any]) -> None:
        self.plane.transition(self.kind, self.record, members.pop("_status", status), **members)
