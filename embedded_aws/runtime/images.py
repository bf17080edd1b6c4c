"""The images the engine knows, and the Python environments that stand for them. Standard library only.

An environment is made with uv from a hash lock (`images/<name>.txt`) into `<environments>/<name>-<12 of the lock's
SHA-256>`; a marker written last says that it is whole. `python -m embedded_aws.runtime.images --environments DIR`
prepares them all.
"""

from __future__ import annotations

import argparse
import fcntl
import hashlib
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

LOCKS = Path(__file__).parent / "images"
MARKER = ".complete"
PYTHON = "3.12"
_URI = re.compile(r"^\d{12}\.dkr\.ecr\.[a-z0-9-]+\.amazonaws\.com(?:\.cn)?/(?P<repository_tag>[^/@]+:[^/@]+)$")
_LINES_OF_FAILURE = 15
Report = Callable[[str], None]


class UnknownImageError(ValueError):
    """An image that the engine has no environment for; the text lists those it has."""


class EnvironmentMissingError(RuntimeError):
    """An image's environment has not been made; the text says how to."""


class InstallError(RuntimeError):
    """An environment could not be made; the text holds the last lines of uv, or says that there is none."""


@dataclass(frozen=True, kw_only=True)
class Image:
    """A container image (or another fixed set of software) and what stands for it here.

    `uri` is AWS's address in us-east-1, empty for what is no container image; `framework` whose toolkit it has;
    `download_mb` what its lock downloads (an upper bound: packages shared with another lock come once);
    `differences` what a user of it might miss.
    """

    name: str
    download_mb: int
    uri: str = ""
    framework: str = ""
    differences: tuple[str, ...] = ()

    @property
    def lock(self) -> Path:
        """Its packages, with hashes."""
        return LOCKS / f"{self.name}.txt"


_TOOLKITS = "the toolkits, web and model servers (training and serving follow the same contract with the engine's code)"
XGBOOST = Image(
    name="sagemaker-xgboost-3.2-0",
    uri="683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-xgboost:3.2-0",
    download_mb=155,
    framework="xgboost",
    differences=(
        "xgboost-cpu stands for xgboost",
        f"not here: {_TOOLKITS}, dask, dask-cuda, cuda-python, pynvml, numba, matplotlib, cryptography, retrying",
        "the built-in algorithm (training without a script) is not here",
    ),
)
SCIKIT_LEARN = Image(
    name="sagemaker-scikit-learn-1.9-0",
    uri="683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-scikit-learn:1.9-0-cpu-py3",
    framework="scikit-learn",
    download_mb=145,
    differences=(f"not here: {_TOOLKITS}, cryptography, protobuf",),
)
NOTEBOOK = Image(
    name="notebook-al2023-v1",
    download_mb=90,
    differences=(
        "JupyterLab with one plain Python 3.12 kernel stands for AWS's conda kernels (Python 3.10), R and Spark",
        "AWS CLI 1 stands for AWS CLI 2; yum, Docker, sudo and systemd are not here",
    ),
)
LAMBDA = Image(name="lambda-python3.12", download_mb=20)
IMAGES = {image.name: image for image in (XGBOOST, SCIKIT_LEARN, NOTEBOOK, LAMBDA)}


def resolve(uri: str) -> Image:
    """The image behind an ECR address; the account and the region in it are not looked at."""
    match = _URI.match(uri)
    for image in IMAGES.values():
        if match and image.uri.endswith(f"/{match['repository_tag']}"):
            return image
    known = ", ".join(image.uri for image in IMAGES.values() if image.uri)
    raise UnknownImageError(f"The embedded AWS cannot run the image {uri}; it has: {known}")


@dataclass(frozen=True)
class Environment:
    """The environment of a lock below a directory of environments."""

    name: str
    lock: Path
    environments: Path

    @property
    def folder(self) -> Path:
        """Where it is, or will be."""
        digest = hashlib.sha256(self.lock.read_bytes()).hexdigest()[:12]
        return self.environments.resolve() / f"{self.name}-{digest}"

    @property
    def ready(self) -> bool:
        """Whether it is whole."""
        return (self.folder / MARKER).exists()

    @property
    def python(self) -> Path:
        """Its interpreter; EnvironmentMissingError if it has not been made."""
        if not self.ready:
            command = f"python -m embedded_aws.runtime.images --environments {self.environments} {self.name}"
            raise EnvironmentMissingError(f"The environment of {self.name} has not been made; make it with: {command}")
        return self.folder / "bin" / "python"

    @property
    def interpreter_home(self) -> Path:
        """The installation its interpreter belongs to."""
        for line in (self.folder / "pyvenv.cfg").read_text().splitlines():
            key, _, value = line.partition("=")
            if key.strip() == "home":
                return Path(value.strip()).parent
        raise EnvironmentMissingError(f"{self.folder} is no Python environment: remove it and make it again")

    def make(self) -> None:
        """Make it unless it is whole; whoever comes second waits. Raises InstallError with uv's last words."""
        self.environments.mkdir(parents=True, exist_ok=True)
        with _alone(self.environments / f".{self.name}.lock"):
            if self.ready:
                return
            shutil.rmtree(self.folder, ignore_errors=True)
            uv, python = find_uv(), self.folder / "bin" / "python"
            _run([uv, "venv", "--quiet", "--python", find_python(), str(self.folder)], self.name)
            # Sandboxes see it read-only or throw their changes away, so the bytecode has to be there already.
            install = [uv, "pip", "install", "--quiet", "--compile-bytecode", "--require-hashes"]
            _run([*install, "--python", str(python), "--requirement", str(self.lock)], self.name)
            (self.folder / MARKER).touch()


def environment(image: Image, environments: Path) -> Environment:
    """The environment that stands for an image."""
    return Environment(image.name, image.lock, environments)


def missing(environments: Path, names: Sequence[str] = tuple(IMAGES)) -> list[Image]:
    """Those of these images whose environments have not been made."""
    return [IMAGES[name] for name in names if not environment(IMAGES[name], environments).ready]


def prepare(environments: Path, report: Report, names: Sequence[str] = tuple(IMAGES)) -> None:
    """Make the environments of these images, saying first how much that downloads, then each as it is done."""
    images = missing(environments, names)
    if not images:
        return
    size = sum(image.download_mb for image in images)
    report(f"making {len(images)} image environments; this downloads up to {size} MB")
    for image in images:
        report(f"making {image.name} (up to {image.download_mb} MB)")
        environment(image, environments).make()


def find_uv() -> str:
    """The uv beside this interpreter, else on the PATH."""
    beside = Path(sys.executable).parent / "uv"
    found = str(beside) if beside.exists() else shutil.which("uv")
    if not found:
        raise InstallError("uv was not found beside the interpreter or on the PATH; install it (pip install uv)")
    return found


def find_python() -> str:
    """A Python of the images' version that works: this one, one on the PATH, pyenv's, else uv fetches one."""
    if f"{sys.version_info.major}.{sys.version_info.minor}" == PYTHON:
        return getattr(sys, "_base_executable", sys.executable) or sys.executable
    candidates = [shutil.which(f"python{PYTHON}")]
    if pyenv := shutil.which("pyenv"):
        prefix = subprocess.run([pyenv, "prefix", PYTHON], capture_output=True, text=True, check=False)
        candidates.append(f"{prefix.stdout.strip()}/bin/python{PYTHON}")
    for candidate in candidates:
        if candidate and _works(candidate):
            return candidate
    return PYTHON


def _works(python: str) -> bool:
    """A pyenv shim stands on the PATH but runs nothing."""
    try:
        return subprocess.run([python, "-c", "import venv"], capture_output=True, check=False).returncode == 0
    except OSError:
        return False


def _run(command: Sequence[str], name: str) -> None:
    done = subprocess.run(
        command,
        check=False,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    )
    if done.returncode:
        lines = done.stdout.splitlines()[-_LINES_OF_FAILURE:]
        raise InstallError("\n".join([f"the environment {name} could not be made; uv says:", *lines]))


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """Hold a lock file; it goes with the process, however that ends."""
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def main() -> None:
    """The command line: progress goes to standard error."""
    parser = argparse.ArgumentParser(prog="python -m embedded_aws.runtime.images", description=__doc__)
    parser.add_argument("--environments", type=Path, required=True, help="directory to make them in")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(IMAGES)} (default: all)")
    arguments = parser.parse_args()
    if unknown := set(arguments.names) - set(IMAGES):
        parser.error(f"unknown: {', '.join(sorted(unknown))}; there are {', '.join(IMAGES)}")
    try:
        prepare(arguments.environments, lambda line: print(line, file=sys.stderr), arguments.names or tuple(IMAGES))  # noqa: T201 # a command line's progress
    except InstallError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
