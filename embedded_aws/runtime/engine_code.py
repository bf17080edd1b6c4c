"""The engine's own code inside containers: where it is put, and how it is started there."""

from __future__ import annotations

from pathlib import Path

from embedded_aws.runtime.sandbox import Mount, Sandbox

FOLDER = Path(__file__).with_name("container_code")
INSIDE = "/opt/engine/container_code"
MOUNTS = {INSIDE: FOLDER}
"""What a container that runs it has to show read-only."""


def mounts() -> list[Mount]:
    """The same for a sandbox that is no container."""
    return [Mount(kind="read-only", source=source, target=target) for target, source in MOUNTS.items()]


def command(sandbox: Sandbox, module: str, *arguments: str) -> list[str]:
    """Run a module of `container_code` with the image's Python."""
    return ["python", sandbox.inside(f"{INSIDE}/start.py"), module, *arguments]
