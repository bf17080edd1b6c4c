"""Notebook instances: a long-lived sandbox in which lifecycle scripts and JupyterLab run.

Only the volume (/home/ec2-user/SageMaker) outlives a stop. Scripts run as root with AWS's PATH and nothing else that
AWS does not promise; on-create once, on-start at every start, five minutes each. A script has ended when it has exited
and nobody holds its output any more, so a background process counts unless it redirects all its streams.
"""

from __future__ import annotations

import base64
import logging
import os
import shutil
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from embedded_aws.runtime import images, notebook_files, volume
from embedded_aws.runtime.container import grant, interpreter_mounts
from embedded_aws.runtime.host import Host
from embedded_aws.runtime.images import NOTEBOOK, EnvironmentMissingError
from embedded_aws.runtime.jupyter import Jupyter, JupyterError
from embedded_aws.runtime.logs import LogStream
from embedded_aws.runtime.notebook_files import HOME, SCRIPTS, USER, VOLUME
from embedded_aws.runtime.sandbox import File, Isolation, Mount, Sandbox, SandboxError, SandboxSpec
from embedded_aws.sagemaker.errors import AwsError, validation
from embedded_aws.sagemaker.kinds import LIFECYCLE_CONFIG, NOTEBOOK_INSTANCE
from embedded_aws.sagemaker.ports import Record

if TYPE_CHECKING:
    from embedded_aws.sagemaker.control_plane import ControlPlane

LOG_GROUP = "/aws/sagemaker/NotebookInstances"
SCRIPT_PATH = "/sbin:/bin:/usr/sbin:/usr/bin"
PHASES = {"OnCreate": "on-create", "OnStart": "on-start"}
GRACE_SECONDS = 10.0
LONGEST_REASON = 1024
_log = logging.getLogger(__name__)


class ScriptFailed(Exception):  # noqa: N818 # it is an outcome, told apart from errors of the engine
    """A lifecycle script failed or took too long; AWS's reason."""


class NotebookInstance:
    """One instance. Start, stop and deletion follow one another in the background; `gone` is called last."""

    def __init__(self, host: Host, plane: ControlPlane, record: Record, gone: Callable[[], None]) -> None:
        self._host = host
        self._plane = plane
        self._record = record
        self._gone = gone
        self._name: str = record["NotebookInstanceName"]
        self._single_user = host.isolation is Isolation.USER
        self._owner = 0 if self._single_user else USER.uid
        parent = host.state / "notebooks"
        parent.mkdir(parents=True, exist_ok=True)
        self._folder = Path(tempfile.mkdtemp(prefix=f"{self._name}-", dir=parent))
        self._folder.chmod(0o755)
        self._created = False
        self._running: Running | None = None
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
        scripts = self._scripts()
        self._running = running = Running(self._host, self._record, self._mounts(), scripts)
        for phase in PHASES:
            if phase in scripts and not (phase == "OnCreate" and self._created):
                running.run_script(phase, self._config_arn)
            self._created = True
        running.start_jupyter(self._folder / "home")

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
        os.chown(home, self._owner, self._owner)
        held = volume.Volume(
            self._folder, owner=self._owner, image=volume.images_work(self._host.state, self._host.isolation)
        )
        size = self._record["VolumeSizeInGB"] * volume.GIBIBYTE
        return [Mount(kind="bind", source=home, target=HOME), held.mount(VOLUME, size)]


class Running:
    """The sandbox of an instance between a start and a stop."""

    def __init__(self, host: Host, record: Record, mounts: list[Mount], scripts: Mapping[str, str]) -> None:
        self._host = host
        self._record = record
        self._principal = host.acting_as(record["RoleArn"])
        self._environment = images.environment(NOTEBOOK, host.environments)
        self._grant = grant(host, self._principal)
        self._variables = {
            "AWS_ENDPOINT_URL": host.endpoint_url,
            # There is no instance metadata service to ask, and asking takes seconds.
            "AWS_EC2_METADATA_DISABLED": "true",
            **self._grant.variables,
        }
        self.jupyter: Jupyter
        self._jupyter_log: LogStream | None = None
        single_user = host.isolation is Isolation.USER
        files = notebook_files.files(record, host.region, self._variables, single_user=single_user)
        files += [File(path=_script_path(phase), text=text, mode=0o700) for phase, text in scripts.items()]
        self.sandbox = Sandbox(
            SandboxSpec(
                state=host.state,
                isolation=host.isolation,
                hostname=_hostname(record),
                mounts=[*interpreter_mounts(self._environment, "read-only"), *mounts],
                files=files,
                links=notebook_files.commands(self._environment),
            )
        )

    def run_script(self, phase: str, config_arn: str) -> None:
        """One lifecycle script, as root; ScriptFailed with AWS's reason."""
        log = self._open_log(f"LifecycleConfig{phase}")
        path = _script_path(phase)
        reading, writing = os.pipe()
        deadline = time.monotonic() + self._host.script_seconds
        process = self.sandbox.spawn(
            _command(path), env={"PATH": SCRIPT_PATH, **self._variables}, output=writing, cwd="/"
        )
        os.close(writing)
        pump = log.pump(reading)
        code = process.wait(self._host.script_seconds)
        pump.join(max(0.0, deadline - time.monotonic()))
        late = code is None or pump.is_alive()
        if late:
            self.sandbox.stop()
            pump.join()
        log.close()
        if late or code:
            raise ScriptFailed(self._reason(phase, config_arn, late=late))

    def start_jupyter(self, home: Path) -> None:
        """JupyterLab, as ec2-user."""
        self._jupyter_log = log = self._open_log("jupyter.log")
        self.jupyter = Jupyter(self._environment, home)
        reading, writing = os.pipe()
        self.jupyter.process = self.sandbox.spawn(
            self.jupyter.argv,
            env={"PATH": SCRIPT_PATH, **self._variables, **self.jupyter.variables},
            output=writing,
            cwd=VOLUME,
            user=USER,
        )
        os.close(writing)
        log.pump(reading)

    def end(self, *, grace_seconds: float) -> None:
        """Everything; first asked for, when there is time."""
        if grace_seconds:
            self.sandbox.terminate(grace_seconds)
        self.sandbox.stop()
        if self._jupyter_log:
            self._jupyter_log.close()
        self._grant.close()

    def _open_log(self, name: str) -> LogStream:
        return LogStream(self._principal, LOG_GROUP, f"{self._record['NotebookInstanceName']}/{name}")

    def _reason(self, phase: str, config_arn: str, *, late: bool) -> str:
        """AWS's text for both cases."""
        what = "took longer than 5 minutes" if late else "failed"
        notebook = self._record["NotebookInstanceArn"]
        stream = f"{self._record['NotebookInstanceName']}/LifecycleConfig{phase}"
        return (
            f"Notebook Instance Lifecycle Config '{config_arn}' for Notebook Instance '{notebook}' {what}. Please "
            "check your CloudWatch logs for more details if your Notebook Instance has Internet access. "
            f"(Log group {LOG_GROUP}, log stream {stream})"
        )


def _script_path(phase: str) -> str:
    return f"{SCRIPTS}/{PHASES[phase]}.sh"


def _command(path: str) -> list[str]:
    """By the script's own first line; a script without one is run by bash."""
    choose = 'read -r first < "$0"; case $first in "#!"*) exec "$0" ;; esac; exec bash "$0"'
    return ["/bin/bash", "-c", choose, path]


def _hostname(record: Record) -> str:
    return f"{record['NotebookInstanceName'].lower()[:50]}.instance"
