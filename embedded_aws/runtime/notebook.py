"""Notebook instances: their states, what outlives a stop, and how they go.

Only the volume (/home/ec2-user/SageMaker) outlives a stop; on-create runs once, on-start at every start.
"""

from __future__ import annotations

import base64
import logging
import os
import shutil
import subprocess
import tempfile
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from embedded_aws.runtime import notebook_files, volume
from embedded_aws.runtime.environments import EnvironmentMissingError
from embedded_aws.runtime.host import Host
from embedded_aws.runtime.jupyter import JupyterError
from embedded_aws.runtime.notebook_files import HOME, VOLUME
from embedded_aws.runtime.notebook_run import PHASES, NotebookRun, ScriptFailed
from embedded_aws.runtime.sandbox import Isolation, Mount, SandboxError
from embedded_aws.sagemaker.errors import AwsError, validation
from embedded_aws.sagemaker.kinds import LIFECYCLE_CONFIG, NOTEBOOK_INSTANCE
from embedded_aws.sagemaker.ports import Record

if TYPE_CHECKING:
    from embedded_aws.sagemaker.control_plane import ControlPlane

GRACE_SECONDS = 20.0
"""How long processes may take to end when an instance stops. AWS promises nothing; systemd alone would give 90."""
LONGEST_REASON = 1024
_log = logging.getLogger(__name__)


class NotebookInstance:
    """One instance. Start, stop and deletion follow one another in the background; `gone` is called last."""

    def __init__(self, host: Host, plane: ControlPlane, record: Record, gone: Callable[[], None]) -> None:
        self._host = host
        self._plane = plane
        self._record = record
        self._gone = gone
        self._name: str = record["NotebookInstanceName"]
        parent = host.state / "notebooks"
        parent.mkdir(parents=True, exist_ok=True)
        # An engine that is started again finds the volume by the record.
        if "_folder" not in record:
            plane.note(record, _folder=tempfile.mkdtemp(prefix=f"{self._name}-", dir=parent))
        self._folder = Path(record["_folder"])
        self._folder.chmod(0o755)
        owner = notebook_files.owner(single_user=host.isolation is Isolation.USER)
        limited = volume.images_work(host.nursery, host.isolation)
        self._volume = volume.Volume(self._folder, owner=owner, image=limited)
        self._running: NotebookRun | None = None
        self._turn = threading.Lock()

    def start(self) -> None:
        """Bring it into service."""
        self._background(self._start)

    def stop(self) -> None:
        """End its processes; only the volume stays."""
        self._background(self._stop)

    def delete(self) -> None:
        """Remove all of it."""
        self._background(self._delete)

    def url(self) -> str:
        """A presigned URL of its JupyterLab."""
        running = self._running
        if running is None:
            raise validation(f"Notebook Instance ({self._record['NotebookInstanceArn']}) is not running.")
        try:
            return self._host.doors.invite(self._name, running.jupyter.url())
        except JupyterError as error:
            raise AwsError("InternalFailure", str(error), 500) from error

    def close(self) -> None:
        """End its processes at once."""
        running = self._running
        if running is not None:
            running.end(grace_seconds=0)
        with self._turn:
            self._end(grace_seconds=0)

    def _background(self, action: Callable[[], None]) -> None:
        threading.Thread(target=self._one_at_a_time, args=(action,), name=f"notebook {self._name}", daemon=True).start()

    def _one_at_a_time(self, action: Callable[[], None]) -> None:
        with self._turn:
            action()

    def _start(self) -> None:
        try:
            self._boot()
        except ScriptFailed as error:
            self._fail(str(error))
        except (SandboxError, EnvironmentMissingError, AwsError, subprocess.CalledProcessError) as error:
            self._fail(f"InternalServerError: {error}")
        except Exception as error:  # noqa: BLE001 # whatever happens, the instance must leave its state
            _log.exception("the engine failed to start %s", self._name)
            self._fail(f"InternalServerError: {error!r}")
        else:
            self._plane.transition(NOTEBOOK_INSTANCE, self._record, "InService")

    def _boot(self) -> None:
        shutil.rmtree(self._folder / "home", ignore_errors=True)  # of an engine that was killed
        scripts = self._scripts()
        self._running = running = NotebookRun(self._host, self._record, self._mounts(), scripts)
        for phase in PHASES:
            if phase in scripts and not (phase == "OnCreate" and "_created" in self._record):
                running.run_script(phase, self._config_arn)
            self._plane.note(self._record, _created=True)
        running.start_jupyter(self._folder / "home", list(self._notes()))

    def _notes(self) -> Iterator[str]:
        """What this machine cannot do as AWS does."""
        if not self._volume.limited:
            yield "the volume has no limit on this machine"
        if self._host.isolation is Isolation.USER and self._record["RootAccess"] == "Disabled":
            yield "ec2-user has root's rights on this machine: a sandbox of an ordinary user has one user only"

    def _fail(self, reason: str) -> None:
        self._end(grace_seconds=0)
        self._plane.transition(NOTEBOOK_INSTANCE, self._record, "Failed", FailureReason=reason[:LONGEST_REASON])

    def _stop(self) -> None:
        self._end(grace_seconds=GRACE_SECONDS)
        self._plane.transition(NOTEBOOK_INSTANCE, self._record, "Stopped")

    def _delete(self) -> None:
        self._end(grace_seconds=0)
        shutil.rmtree(self._folder, ignore_errors=True)
        self._plane.remove(NOTEBOOK_INSTANCE, self._record)
        self._gone()

    def _end(self, *, grace_seconds: float) -> None:
        """No process, no home."""
        if self._running:
            self._running.end(grace_seconds=grace_seconds)
            self._running = None
        shutil.rmtree(self._folder / "home", ignore_errors=True)

    @property
    def _config_arn(self) -> str:
        return self._plane.arn(LIFECYCLE_CONFIG, self._record["NotebookInstanceLifecycleConfigName"])

    def _scripts(self) -> dict[str, str]:
        """The scripts of the lifecycle configuration as it is now, by phase."""
        name = self._record.get("NotebookInstanceLifecycleConfigName")
        if name is None:
            return {}
        with self._plane.lock:
            held = self._plane.record(LIFECYCLE_CONFIG, name)
            contents = {phase: held[phase][0]["Content"] for phase in PHASES if held.get(phase)}
        return {phase: base64.b64decode(content).decode(errors="replace") for phase, content in contents.items()}

    def _mounts(self) -> list[Mount]:
        """A fresh home, and the volume in it."""
        home = self._folder / "home"
        home.mkdir()
        os.chown(home, self._volume.owner, self._volume.owner)
        size = self._record["VolumeSizeInGB"] * volume.GIBIBYTE
        return [Mount(kind="bind", source=home, target=HOME), self._volume.mount(VOLUME, size)]
