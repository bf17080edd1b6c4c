"""The small archives of a build: a lab's source for its jobs, and the tools that run on a notebook instance."""

from collections.abc import Sequence
from pathlib import Path

from classlab.build.archives import write_tar_gz
from classlab.build.manifest import BuiltFile, BuiltPack
from classlab.errors import UserError
from classlab.labs import STEP_SCRIPTS, Lab

LIFECYCLE_FOLDER = Path(__file__).resolve().parents[2] / "lifecycle"
TOOLS_PATH = "tools.tar.gz"  # on-start.sh asks for this name
CONTENTS_NAME = "contents.tsv"
_ON_THE_INSTANCE_ONLY = {"on-create.sh", "on-start.sh"}  # are in the lifecycle configuration itself
_PROCESSING_STEPS = ("prepare", "score")  # one script each; the other steps take the source archive
_MIB = 1 << 20


def write_lab_files(lab: Lab, assets: Path) -> list[str]:
    """``labs/<lab>/…``: scripts of the processing steps, and ``source.tar.gz``; returns the paths below ``assets``.

    The archive holds what training and serving need, with a ``requirements.txt`` (which the images install) only
    where the lab's ``container.txt`` names a package.
    """
    folder = f"labs/{lab.name}"
    paths = []
    for step in _PROCESSING_STEPS:
        path = f"{folder}/{STEP_SCRIPTS[step]}"
        (assets / path).parent.mkdir(parents=True, exist_ok=True)
        (assets / path).write_bytes(_read(lab.folder / STEP_SCRIPTS[step]))
        paths.append(path)
    source = {STEP_SCRIPTS[step]: _read(lab.folder / STEP_SCRIPTS[step]) for step in ("train", "infer")}
    container = _read(lab.folder / "container.txt")
    if any(line.strip() and not line.strip().startswith(b"#") for line in container.splitlines()):
        source["requirements.txt"] = container
    write_tar_gz(assets / folder / "source.tar.gz", source)
    return [*paths, f"{folder}/source.tar.gz"]


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
