"""A container of an image: a sandbox with the image's Python environment, `/opt/ml`, and its role's credentials."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from embedded_aws.runtime import images
from embedded_aws.runtime.doors import Grant
from embedded_aws.runtime.environments import Environment
from embedded_aws.runtime.host import Host, Principal
from embedded_aws.runtime.images import Image
from embedded_aws.runtime.logs import LogStream
from embedded_aws.runtime.sandbox import Isolation, Mount, Process, Sandbox, SandboxError, SandboxSpec

ML = "/opt/ml"
SYSTEM_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
GRACE_SECONDS = 120
POLL_SECONDS = 0.1
# What the images set for everything that runs in them.
IMAGE_VARIABLES = {
    "HOME": "/root",
    "LANG": "C.UTF-8",
    "LC_ALL": "C.UTF-8",
    "PYTHONUNBUFFERED": "1",
    "PYTHONDONTWRITEBYTECODE": "1",
    "PYTHONIOENCODING": "utf-8",
}


@dataclass(frozen=True)
class Ending:
    """How a command ended: its exit status, and what ended it."""

    code: int
    cause: Literal["itself", "stop", "time"]


@dataclass(frozen=True, kw_only=True)
class ContainerSpec:
    """What a container is made of. `ml` is the directory of this machine that appears as /opt/ml in it."""

    image: Image
    hostname: str
    ml: Path
    principal: Principal
    read_only: Mapping[str, Path] = field(default_factory=dict)


class Container:
    """A running container: commands run in it one after another or side by side; `close` ends them all."""

    def __init__(self, host: Host, spec: ContainerSpec) -> None:
        environment = images.environment(spec.image, host.environments)
        self._environment = environment
        self._spec = spec
        self._host = host
        self._grant = grant(host, spec.principal)
        self._pumps: list[threading.Thread] = []
        shown = [Mount(kind="read-only", source=source, target=target) for target, source in spec.read_only.items()]
        mounts = [
            *interpreter_mounts(environment, "overlay"),
            Mount(kind="bind", source=spec.ml, target=ML),
            *shown,
        ]
        self.sandbox = self._make_sandbox(mounts)

    def _make_sandbox(self, mounts: Sequence[Mount]) -> Sandbox:
        spec = SandboxSpec(
            nursery=self._host.nursery,
            isolation=self._host.isolation,
            hostname=self._spec.hostname,
            mounts=mounts,
        )
        try:
            return Sandbox(spec)
        except SandboxError:
            self._grant.close()
            raise

    def variables(self, more: Mapping[str, str]) -> dict[str, str]:
        """The environment of a command: the image's, the role's credentials, the engine's address, and `more`."""
        python = self._environment.python
        return {
            **IMAGE_VARIABLES,
            "PATH": f"{python.parent}:{SYSTEM_PATH}",
            "AWS_REGION": self._host.region,
            "AWS_ENDPOINT_URL": self._host.endpoint_url,
            # There is no instance metadata service to ask, and asking takes seconds.
            "AWS_EC2_METADATA_DISABLED": "true",
            **self._grant.variables,
            **{name: self.local(value) for name, value in more.items()},
        }

    def local(self, text: str) -> str:
        """A text in which /opt/ml is where this container really has it (without namespaces: elsewhere)."""
        if self._host.isolation is not Isolation.NONE:
            return text
        return text.replace(ML, self.sandbox.inside(ML))

    def spawn(self, argv: Sequence[str], log: LogStream, variables: Mapping[str, str], cwd: str = "/") -> Process:
        """Start a command whose output goes to the log."""
        reading, writing = os.pipe()
        command = [self.local(word) for word in argv]
        process = self.sandbox.spawn(command, env=self.variables(variables), output=writing, cwd=self.local(cwd))
        os.close(writing)
        self._pumps.append(log.pump(reading))
        return process

    def close(self) -> None:
        """End everything in it, read what it printed last, take its credentials back."""
        self.sandbox.stop()
        for pump in self._pumps:
            pump.join()
        self._grant.close()


class Stop:
    """Whether something is to end before it does so itself, and how long it may take to."""

    def __init__(self) -> None:
        self.grace_seconds = GRACE_SECONDS
        self._event = threading.Event()

    def ask(self) -> None:
        """Let it end within two minutes, as AWS does."""
        self._event.set()

    def force(self) -> None:
        """Let it end at once."""
        self.grace_seconds = 0
        self._event.set()

    def wait(self, seconds: float) -> bool:
        """Whether it is asked to end within so many seconds."""
        return self._event.wait(seconds)

    @property
    def asked(self) -> bool:
        """Whether it is to end."""
        return self._event.is_set()


def await_end(process: Process, stop: Stop, seconds: float) -> Ending:
    """Wait for a command; after `seconds` or on `stop` it gets SIGTERM and, when its grace is over, its end."""
    deadline = time.monotonic() + seconds
    while (code := process.wait(POLL_SECONDS)) is None:
        if stop.asked or time.monotonic() > deadline:
            cause: Literal["stop", "time"] = "stop" if stop.asked else "time"
            return Ending(_terminate(process, stop), cause)
    return Ending(code, "itself")


def _terminate(process: Process, stop: Stop) -> int:
    process.signal(signal.SIGTERM)
    asked = time.monotonic()
    while (code := process.wait(POLL_SECONDS)) is None:
        if time.monotonic() - asked > stop.grace_seconds:
            process.signal(signal.SIGKILL)
    return code


def grant(host: Host, principal: Principal) -> Grant:
    """The variables with which a sandbox gets the credentials of its role."""
    return host.doors.grant(principal.role_arn, lambda: principal.sessions.session(principal.role_arn))


def interpreter_mounts(environment: Environment, kind: Literal["overlay", "read-only"]) -> list[Mount]:
    """An environment and the interpreter it was made from, where they are on this machine."""
    python = environment.python
    installations = {environment.interpreter_home, python.resolve().parents[1]}
    shown = sorted(path for path in installations if not path.is_relative_to("/usr"))
    return [
        *(Mount(kind="read-only", source=path, target=str(path)) for path in shown),
        Mount(kind=kind, source=environment.folder, target=str(environment.folder)),
    ]
