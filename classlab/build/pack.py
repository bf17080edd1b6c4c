"""A kernel pack: interpreter, uv and wheels of one lock in one archive, from which a seat installs without an index.

Made once per lock and kept in the cache by the hash of everything that goes into it. A pack counts when its
description lies beside it; that is written last. One build at a time is in the cache, and removes what a killed one
left there.
"""

import fcntl
import os
import shutil
import tempfile
import zipfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from pydantic import Field

from classlab.build.archives import file_sha256, write_tar
from classlab.build.interpreter import place_interpreter
from classlab.build.lambdas import PROJECT
from classlab.build.tools import Report, pip
from classlab.errors import UserError
from classlab.labs import Lab
from classlab.settings import Strict

CACHE = PROJECT / ".cache/packs"
UV_LOCK = PROJECT / "requirements-bootstrap.txt"
# Notebook instances (notebook-al2023-v1) run on x86_64 with glibc 2.34.
_PLATFORMS = [f"manylinux_2_{minor}_x86_64" for minor in range(34, 4, -1)]
_PLATFORMS += ["manylinux2014_x86_64", "manylinux2010_x86_64", "manylinux1_x86_64"]
# PyTorch publishes its builds without GPU code on its own site alone; who has them elsewhere tells pip so.
_TORCH_WITHOUT_GPU = "https://download.pytorch.org/whl/cpu"
_PLACES_OF_PIP = ("PIP_FIND_LINKS", "PIP_EXTRA_INDEX_URL")
_MAKING = ".making-"
_RECIPE = 1  # raised when the same lock makes another pack


class CachedPack(Strict):
    """The description beside a pack in the cache."""

    sha256: str
    size: int = Field(description="bytes of the archive")
    needs: int = Field(description="bytes on the volume while it is installed")
    interpreter: str
    portable: bool


def make_pack(lab: Lab, report: Report, cache: Path = CACHE) -> tuple[Path, CachedPack]:
    """The archive of a lab's kernel and its description, from the cache or made now."""
    archive, description = _places(lab, cache)
    with _alone(cache, report):
        _sweep(cache)
        if description.exists():
            report(f"the pack of the kernel {lab.kernel} is in the cache")
            return archive, CachedPack.model_validate_json(description.read_bytes())
        report(f"the pack of the kernel {lab.kernel}: downloading about {lab.kernel_download_mb} MB")
        with tempfile.TemporaryDirectory(dir=cache, prefix=_MAKING) as scratch:
            folder, draft, draft_description = (Path(scratch) / name for name in ("pack", "pack.tar", "pack.json"))
            pack = _fill(folder, lab, report)
            write_tar(draft, folder)
            size = draft.stat().st_size
            made = CachedPack(**pack, sha256=file_sha256(draft), size=size, needs=size + _unpacked(folder / "wheels"))
            draft_description.write_text(made.model_dump_json(), encoding="utf-8")
            draft.replace(archive)
            draft_description.replace(description)
    return archive, made


def download_mb(labs: Iterable[Lab], cache: Path = CACHE) -> int:
    """How many MB the packs of these labs download that are not in the cache."""
    packs = {description: lab.kernel_download_mb for lab in labs for _, description in [_places(lab, cache)]}
    return sum(size for description, size in packs.items() if not description.exists())


def recipe_of(lab: Lab) -> str:
    """Names all that decides what a pack holds; labs that agree in it have one pack."""
    locks = [file_sha256(lock_of(lab))[:16], file_sha256(UV_LOCK)[:16]]
    return "-".join([f"python{lab.kernel_python}", str(_RECIPE), *locks])


def lock_of(lab: Lab) -> Path:
    """The lab's hash-locked requirements."""
    path = lab.file("requirements.txt")
    if not path.is_file():
        raise UserError(f"{path}: a lab needs the lock of its kernel; `make lock` makes it from requirements.in")
    return path


def link(archive: Path, target: Path) -> None:
    """Put a cached archive into a build, without a copy where the disk allows it."""
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        os.link(archive, target)
    except OSError:
        shutil.copyfile(archive, target)


def _places(lab: Lab, cache: Path) -> tuple[Path, Path]:
    """Where the archive and the description of a lab's pack are, or will be."""
    recipe = recipe_of(lab)
    return cache / f"{recipe}.tar", cache / f"{recipe}.json"


@contextmanager
def _alone(cache: Path, report: Report) -> Iterator[None]:
    """Hold the cache for one build; the kernel lets go of it however that ends."""
    cache.mkdir(parents=True, exist_ok=True)
    with (cache / ".lock").open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            report("another build is at work on the packs: waiting for it")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _sweep(cache: Path) -> None:
    """Remove what builds that were killed left: half a pack, or an archive that was never described."""
    for folder in cache.glob(f"{_MAKING}*"):
        shutil.rmtree(folder)
    for archive in cache.glob("*.tar"):
        if not archive.with_suffix(".json").exists():
            archive.unlink()
    for description in cache.glob("*.json"):
        if not description.with_suffix(".tar").exists():
            description.unlink()


def _fill(folder: Path, lab: Lab, report: Report) -> dict[str, str | bool]:
    python = lab.kernel_python
    interpreter = place_interpreter(folder / "python", python, report)
    _download(UV_LOCK, python, folder / "uv-wheel", "downloading uv", report)
    _extract_uv(folder / "uv-wheel", folder / "uv")
    _download(lock_of(lab), python, folder / "wheels", f"downloading the wheels of {lab.kernel}", report)
    shutil.copyfile(lock_of(lab), folder / "requirements.txt")
    return {"interpreter": interpreter.description, "portable": interpreter.portable}


def _download(lock: Path, python: str, target: Path, purpose: str, report: Report) -> None:
    """All wheels of a lock for a notebook instance, their hashes checked."""
    total = sum(line.rstrip().endswith("\\") and "==" in line for line in lock.read_text(encoding="utf-8").splitlines())
    done = 0

    def heard(line: str) -> None:
        nonlocal done
        if line.startswith(("Collecting ", "Processing ")):  # the latter of wheels that lie on this machine
            done += 1
            report(f"{purpose}: {done} of {total}, {Path(line.split()[1]).name}")

    platforms = [word for name in _PLATFORMS for word in ("--platform", name)]
    target_python = ["--implementation", "cp", "--python-version", python]
    pip(
        "download", "--no-deps", "--require-hashes", "--only-binary", ":all:", "--progress-bar", "off",
        *_further_index(lock), *platforms, *target_python, "--dest", str(target), "--requirement", str(lock),
        purpose=purpose, heard=heard,
    )  # fmt: skip


def _further_index(lock: Path) -> list[str]:
    """Where else than in the package index the wheels of a lock are; the hashes say that they are the right ones."""
    has_torch = any(line.startswith("torch==") for line in lock.read_text(encoding="utf-8").splitlines())
    told = any(os.environ.get(variable) for variable in _PLACES_OF_PIP)
    return ["--extra-index-url", _TORCH_WITHOUT_GPU] if has_torch and not told else []


def _extract_uv(wheels: Path, target: Path) -> None:
    """Take the program out of uv's wheel."""
    (wheel,) = wheels.glob("uv-*.whl")
    with zipfile.ZipFile(wheel) as archive:
        (name,) = [name for name in archive.namelist() if name.endswith(".data/scripts/uv")]
        target.write_bytes(archive.read(name))
    target.chmod(0o755)
    shutil.rmtree(wheels)


def _unpacked(wheels: Path) -> int:
    """Bytes that the wheels' files take once they are installed."""
    total = 0
    for wheel in wheels.glob("*.whl"):
        with zipfile.ZipFile(wheel) as archive:
            total += sum(member.file_size for member in archive.infolist())
    return total
