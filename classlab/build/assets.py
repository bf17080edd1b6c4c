"""The small archives of a build: a lab's source for its jobs, and the tools that run on a notebook instance."""

from collections.abc import Sequence
from pathlib import Path

from classlab.build.archives import write_tar_gz
from classlab.build.bundle import NOTEBOOK_SOURCE
from classlab.build.manifest import BuiltFile, BuiltPack
from classlab.errors import UserError
from classlab.labs import STEP_SCRIPTS, Lab

LIFECYCLE_FOLDER = Path(__file__).resolve().parents[2] / "lifecycle"
TOOLS_PATH = "tools.tar.gz"  # on-start.sh asks for this name
CONTENTS_NAME = "contents.tsv"
_ON_THE_INSTANCE_ONLY = {"on-create.sh", "on-start.sh"}  # are in the lifecycle configuration itself
# Beside the code of the jobs stand files that no job runs.
_NO_CODE = {NOTEBOOK_SOURCE, "download.py"}
_MIB = 1 << 20


def write_lab_files(lab: Lab, assets: Path) -> list[str]:
    """``labs/<lab>/…``: the code as files for processing jobs and as ``source.tar.gz`` for training and serving.

    Both hold a ``requirements.txt`` (which the images, or the entrypoints, install) only where the lab's
    ``container.txt`` names a package. Returns the paths below ``assets``.
    """
    folder = f"labs/{lab.name}"
    code = {name: _read(lab.file(name)) for name in _code_of(lab)}
    if lab.installs_in_jobs:
        code["requirements.txt"] = _read(lab.file("container.txt"))
    for name, content in code.items():
        (assets / folder / "code").mkdir(parents=True, exist_ok=True)
        (assets / folder / "code" / name).write_bytes(content)
    write_tar_gz(assets / folder / "source.tar.gz", code)
    return [*(f"{folder}/code/{name}" for name in code), f"{folder}/source.tar.gz"]


def _code_of(lab: Lab) -> list[str]:
    """Names of the scripts and modules, the lab's own and those it borrows."""
    own = {path.name for path in lab.folder.glob("*.py")} | {name for name in lab.borrows if name.endswith(".py")}
    aside = {lab.data.generator} if lab.data else set()
    missing = [script for script in STEP_SCRIPTS.values() if script not in own]
    if missing:
        raise UserError(f"{lab.folder}: a lab needs {', '.join(missing)}: write it, or name it under `borrows`")
    return sorted(own - _NO_CODE - aside - set(lab.notebooks.values()))


def write_tools(assets: Path, bundle: BuiltFile, commit: str, packs: Sequence[tuple[Lab, BuiltPack, int]]) -> str:
    """The scripts of ``lifecycle/`` with a list of what they fetch; returns the path below ``assets``.

    A pack comes with the bytes it needs on the volume while it is installed.
    """
    lines: list[tuple[str, ...]] = [("labs", bundle.path, bundle.sha256, commit)]
    for lab, pack, needs in packs:
        mib = str(-(-needs // _MIB))
        lines.append(("pack", pack.kernel, pack.file.path, pack.file.sha256, mib, lab.title))
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
