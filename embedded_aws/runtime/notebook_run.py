"""A notebook instance between a start and a stop: its sandbox, its lifecycle scripts, its JupyterLab.

Scripts run as root with AWS's PATH and nothing else that AWS does not promise, five minutes each. A script has ended
when it has exited and nobody holds its output any more, so a background process counts unless it redirects all its
streams.
"""

from __future__ import annotations

import os
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from embedded_aws.clock import SCRIPT_SECONDS
from embedded_aws.runtime import engine_code, images, notebook_files, sudo
from embedded_aws.runtime.container import grant, interpreter_mounts
from embedded_aws.runtime.host import Host
from embedded_aws.runtime.images import NOTEBOOK
from embedded_aws.runtime.jupyter import Jupyter
from embedded_aws.runtime.logs import LogStream
from embedded_aws.runtime.notebook_files import SCRIPTS, USER, VOLUME, owner
from embedded_aws.runtime.sandbox import File, Isolation, Mount, Sandbox, SandboxError, SandboxSpec
from embedded_aws.sagemaker.ports import Record

LOG_GROUP = "/aws/sagemaker/NotebookInstances"
SCRIPT_PATH = "/sbin:/bin:/usr/sbin:/usr/bin"
PHASES = {"OnCreate": "on-create", "OnStart": "on-start"}


class ScriptFailed(Exception):  # noqa: N818 # it is an outcome, told apart from errors of the engine
    """A lifecycle script failed or took too long; AWS's reason."""


class NotebookRun:
    """One run of an instance; it ends with `end`."""

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
        self._owner = owner(single_user=single_user)
        files = notebook_files.files(record, host.region, self._variables, single_user=single_user)
        files += [File(path=_script_path(phase), text=text, mode=0o700) for phase, text in scripts.items()]
        self.sandbox = self._make_sandbox(mounts, files)

    def _make_sandbox(self, mounts: list[Mount], files: list[File]) -> Sandbox:
        spec = SandboxSpec(
            nursery=self._host.nursery,
            isolation=self._host.isolation,
            hostname=_hostname(self._record),
            mounts=[*interpreter_mounts(self._environment, "read-only"), *engine_code.mounts(), *mounts],
            files=files,
            links=notebook_files.commands(self._environment),
        )
        try:
            sandbox = Sandbox(spec)
            if self._record["RootAccess"] == "Enabled":
                sudo.give_root(sandbox)
        except SandboxError:
            self._grant.close()
            raise
        return sandbox

    def run_script(self, phase: str, config_arn: str) -> None:
        """One lifecycle script, as root; ScriptFailed with AWS's reason."""
        log = self._open_log(f"LifecycleConfig{phase}")
        path = _script_path(phase)
        reading, writing = os.pipe()
        seconds = self._host.clock.limit(SCRIPT_SECONDS)
        deadline = time.monotonic() + seconds
        process = self.sandbox.spawn(
            _command(path), env={"PATH": SCRIPT_PATH, **self._variables}, output=writing, cwd="/"
        )
        os.close(writing)
        pump = log.pump(reading)
        code = process.wait(seconds)
        pump.join(max(0.0, deadline - time.monotonic()))
        late = code is None or pump.is_alive()
        if late:
            self.sandbox.stop()
            pump.join()
        log.close()
        if late or code:
            raise ScriptFailed(self._reason(phase, config_arn, late=late))

    def start_jupyter(self, home: Path, notes: Sequence[str]) -> None:
        """JupyterLab, as ec2-user, when somebody first connects; its log begins with what differs from AWS."""
        self._jupyter_log = log = self._open_log("jupyter.log")
        for note in [*NOTEBOOK.differences, *notes]:
            log.write(f"[embedded AWS] {note}")
        self.jupyter = Jupyter(self._environment, home, self._owner)
        reading, writing = os.pipe()
        with self.jupyter.listener as listener:
            self.jupyter.process = self.sandbox.spawn(
                self.jupyter.argv,
                env={"PATH": SCRIPT_PATH, **self._variables, **self.jupyter.variables},
                output=writing,
                cwd=VOLUME,
                user=USER,
                listener=listener,
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
