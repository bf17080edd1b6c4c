"""The volume of a notebook instance: a file system of its own with its true size, or a directory where that cannot be.

A file system image is sparse, so it takes what is in it; it needs root, loop devices and mkfs.ext4. A full volume
then fails writes as on AWS. A directory has no limit; the instance's log says so.
"""

from __future__ import annotations

import functools
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from embedded_aws.runtime.nursery import Nursery
from embedded_aws.runtime.sandbox import Isolation, Mount, Sandbox, SandboxError, SandboxSpec

GIBIBYTE = 1 << 30
PROBE_BYTES = 4 << 20
_REPAIRED = (0, 1)


class Volume:
    """A volume below `folder`, owned by `owner`; it stays until the folder is removed."""

    def __init__(self, folder: Path, *, owner: int, image: bool) -> None:
        self._image = folder / "volume.ext4"
        self._directory = folder / "volume"
        self.owner = owner
        self.limited = image

    def mount(self, target: str, size_bytes: int) -> Mount:
        """Make it, or grow it to its size; how a sandbox gets it."""
        if not self.limited:
            if not self._directory.exists():
                self._directory.mkdir()
                os.chown(self._directory, self.owner, self.owner)
            return Mount(kind="bind", source=self._directory, target=target)
        if not self._image.exists():
            _make_image(self._image, size_bytes, self.owner)
        elif self._image.stat().st_size < size_bytes:
            _grow_image(self._image, size_bytes)
        return Mount(kind="volume", source=self._image, target=target)


@functools.cache
def images_work(nursery: Nursery, isolation: Isolation) -> bool:
    """Whether this machine can mount file system images, found by trying once."""
    if isolation is not Isolation.ROOT or not shutil.which("mkfs.ext4"):
        return False
    with tempfile.TemporaryDirectory(dir=nursery.state) as folder:
        image = Path(folder) / "probe.ext4"
        try:
            _make_image(image, PROBE_BYTES, 0)
            mount = Mount(kind="volume", source=image, target="/mnt/probe")
            Sandbox(SandboxSpec(nursery=nursery, isolation=isolation, mounts=[mount])).stop()
        except (SandboxError, subprocess.CalledProcessError):
            return False
    return True


def _make_image(image: Path, size_bytes: int, owner: int) -> None:
    with image.open("wb") as file:
        file.truncate(size_bytes)
    # No journal: what it guards against, a machine that loses power, takes the whole engine with it.
    options = ["-q", "-m", "0", "-O", "^has_journal", "-E", f"lazy_itable_init=1,nodiscard,root_owner={owner}:{owner}"]
    subprocess.run(["mkfs.ext4", *options, str(image)], check=True, capture_output=True)


def _grow_image(image: Path, size_bytes: int) -> None:
    os.truncate(image, size_bytes)
    checked = subprocess.run(["e2fsck", "-f", "-p", str(image)], check=False, capture_output=True)
    if checked.returncode not in _REPAIRED:
        raise SandboxError(f"the volume {image.name} is damaged: {checked.stdout.decode(errors='replace')}")
    subprocess.run(["resize2fs", str(image)], check=True, capture_output=True)
