"""The small archives of a build: a lab's source for its jobs, and the tools that run on a notebook instance."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from classlab.build.archives import write_tar_gz
from classlab.build.manifest import BuiltFile, BuiltPack
from classlab.errors import UserError
from classlab.labs import PROCESSING_STARTER, STEP_SCRIPTS, Lab

_STARTER = Path(__file__).resolve().parents[1] / "templates" / PROCESSING_STARTER
LIFECYCLE_FOLDER = Path(__file__).resolve().parents[2] / "lifecycle"
TOOLS_PATH = "tools.tar.gz"  # on-start.sh asks for this name
CONTENTS_NAME = "contents.tsv"
_ON_THE_INSTANCE_ONLY = {"on-create.sh", "on-start.sh"}  # are in the lifecycle configuration itself
_MIB = 1 << 20


def write_lab_files(lab: Lab, assets: Path) -> list[str]:
    """``labs/<lab>/…``: the code as files for processing jobs and as ``source.tar.gz`` for training and serving.

    Both hold a ``requirements.txt`` (which the images, or what starts a processing job, install) only where the lab's
    ``container.txt`` names a package. Returns the paths below ``assets``.
    """
    folder = f"labs/{lab.name}"
    code = {name: _read(lab.file(name)) for name in code_of(lab)}
    if lab.installs_in_jobs:
        code["requirements.txt"] = _read(lab.file("container.txt"))
    files = {**code, PROCESSING_STARTER: _read(_STARTER)}
    for name, content in files.items():
        (assets / folder / "code").mkdir(parents=True, exist_ok=True)
        (assets / folder / "code" / name).write_bytes(content)
    write_tar_gz(assets / folder / "source.tar.gz", code)
    return [*(f"{folder}/code/{name}" for name in files), f"{folder}/source.tar.gz"]


def code_of(lab: Lab) -> list[str]:
    """Names of the scripts and modules, the lab's own and those it borrows."""
    own = {path.name for path in lab.folder.glob("*.py")} | {name for name in lab.borrows if name.endswith(".py")}
    aside = {lab.data.generator, lab.data.download} if lab.data else set()  # run on the instructor's machine
    missing = [script for script in STEP_SCRIPTS.values() if script not in own]
    if missing:
        raise UserError(f"{lab.folder}: a lab needs {', '.join(missing)}: write it, or name it under `borrows`")
    return sorted(own - aside - set(lab.notebook_sources.values()))


@dataclass(frozen=True)
class Kernel:
    """A kernel of the class: how attendees see it, its pack, and what it takes."""

    title: str
    pack: BuiltPack
    needs: int  # bytes on the volume while it is installed


def write_tools(assets: Path, bundle: BuiltFile, commit: str, kernels: Sequence[Kernel]) -> str:
    """The scripts of ``lifecycle/`` with a list of what they fetch; returns the path below ``assets``."""
    lines: list[tuple[str, ...]] = [("labs", bundle.path, bundle.sha256, commit)]
    for kernel in kernels:
        mib, file = str(-(-kernel.needs // _MIB)), kernel.pack.file
        lines.append(("pack", kernel.pack.kernel, file.path, file.sha256, mib, kernel.title))
    listing = "".join("\t".join(line) + "\n" for line in lines)
    scripts = {path.name: path.read_bytes() for path in LIFECYCLE_FOLDER.iterdir() if _is_tool(path)}
    write_tar_gz(assets / TOOLS_PATH, {**scripts, CONTENTS_NAME: listing.encode()})
    return TOOLS_PATH


def _is_tool(path: Path) -> bool:
    return path.suffix in {".sh", ".py"} and path.name not in _ON_THE_INSTANCE_ONLY


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise UserError(f"{path}: a lab needs this file: {error.strerror}") from error
