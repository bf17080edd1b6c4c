"""The code of the class's functions: our packages and their locked dependencies for the platform they run on."""

import shutil
from pathlib import Path
from typing import Literal

from classlab.build.archives import tree_sha256
from classlab.build.tools import Report, run, uv

PROJECT = Path(__file__).resolve().parents[2]
REQUIREMENTS = PROJECT / "lambdas/requirements.txt"
_PLATFORMS = {"x86_64": "x86_64-manylinux_2_28", "arm64": "aarch64-manylinux_2_28"}  # Lambda's has glibc 2.34
_OURS = ("lambdas/**/*.py", "classlab/__init__.py", "classlab/contract.py")
# Depend on the machine and the time of the installation, and no function reads them.
_UNSTABLE = ("RECORD", "INSTALLER", "REQUESTED", "direct_url.json", "uv_cache.json", "uv_build.json")


def make_lambdas(folder: Path, architecture: Literal["x86_64", "arm64"], report: Report) -> str:
    """Fill ``folder`` with one tree for all functions; returns its SHA-256, the same for the same sources and lock."""
    report(f"the functions' code for {architecture}")
    shutil.rmtree(folder, ignore_errors=True)
    run(
        [
            uv(), "pip", "install", "--quiet", "--target", str(folder), "--requirements", str(REQUIREMENTS),
            "--python-platform", _PLATFORMS[architecture], "--python-version", "3.12", "--only-binary", ":all:",
            "--require-hashes", "--no-deps", "--link-mode", "copy",
        ],
        purpose="installing the functions' packages",
    )  # fmt: skip
    _strip(folder)
    for pattern in _OURS:
        for source in PROJECT.glob(pattern):
            target = folder / source.relative_to(PROJECT)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, target)
    return tree_sha256(folder)


def _strip(folder: Path) -> None:
    """Remove what is not the same everywhere, and what no function needs."""
    shutil.rmtree(folder / "bin", ignore_errors=True)
    for name in (".lock", ".gitignore", "CACHEDIR.TAG"):
        (folder / name).unlink(missing_ok=True)
    for cache in list(folder.rglob("__pycache__")):
        shutil.rmtree(cache)
    for name in _UNSTABLE:
        for path in folder.glob(f"*.dist-info/{name}"):
            path.unlink()
