"""A notebook instance in a temporary folder: a home, buckets that are folders, and the tools as a build packs them."""

import hashlib
import json
import os
import shutil
import subprocess
import sys
import tarfile
import time
import zipfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from classlab.build.tools import uv

PROJECT = Path(__file__).resolve().parents[3]
LIFECYCLE = PROJECT / "lifecycle"
COMMIT_ENVIRONMENT = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}


def sha256(path: Path) -> str:
    """SHA-256 of a file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def wait_for(happened: Callable[[], object], seconds: float = 30) -> None:
    """Wait until something is true; fails with its name where it does not become so."""
    deadline = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < deadline, f"{happened} did not come true in {seconds} seconds"
        time.sleep(0.05)


@dataclass
class Instance:
    """Paths of the pretended instance, and its environment."""

    root: Path
    environment: dict[str, str] = field(default_factory=dict)
    processes: list[subprocess.Popen[bytes]] = field(default_factory=list)

    @property
    def home(self) -> Path:
        """The home of ec2-user."""
        return self.root / "home"

    @property
    def volume(self) -> Path:
        """What survives a stop."""
        return self.home / "SageMaker"

    @property
    def tools(self) -> Path:
        """Where the tools archive was unpacked."""
        return self.root / "tools"

    @property
    def class_bucket(self) -> Path:
        """The class's bucket."""
        return self.root / "s3/class"

    @property
    def bucket(self) -> Path:
        """The attendee's bucket."""
        return self.root / "s3/seat"

    def run(self, *command: str) -> subprocess.CompletedProcess[str]:
        """Run a command in the instance's environment."""
        return subprocess.run(
            command, env=self.environment, capture_output=True, text=True, timeout=120, check=False, cwd=self.home
        )

    def start(self, *command: str) -> subprocess.Popen[bytes]:
        """Start a command that goes on; ended with the test."""
        process = subprocess.Popen(command, env=self.environment, cwd=self.home, start_new_session=True)
        self.processes.append(process)
        return process

    def status(self) -> dict[str, object]:
        """The status object, empty while there is none."""
        try:
            loaded: dict[str, object] = json.loads((self.bucket / "status/environment.json").read_text())
        except (OSError, ValueError):
            return {}
        return loaded

    def calls(self) -> list[str]:
        """Every call of the AWS command line."""
        return (self.root / "s3/calls").read_text().splitlines()

    def stop(self) -> None:
        """End what was started, and all that it started."""
        for process in self.processes:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, 9)
            process.wait()


@pytest.fixture(scope="session")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A class bucket's assets: a lab bundle, a tiny kernel pack and the list of both."""
    folder = tmp_path_factory.mktemp("published")
    commit = make_bundle(folder)
    make_pack(folder)
    lines = [
        ("labs", "labs.bundle", sha256(folder / "labs.bundle"), commit),
        ("pack", "tiny", "packs/tiny.tar", sha256(folder / "packs/tiny.tar"), "10", 'A "tiny" kernel'),
    ]
    (folder / "contents.tsv").write_text("".join("\t".join(line) + "\n" for line in lines))
    return folder


def make_bundle(folder: Path) -> str:
    """A repository of one commit as a bundle; returns the commit."""
    repository = folder / "repository"
    (repository / "tiny-lab").mkdir(parents=True)
    (repository / "tiny-lab/hello.py").write_text("print('hello')\n")
    git = ["git", "-C", str(repository), "-c", "user.name=x", "-c", "user.email=x@example.com"]
    for arguments in (["init", "-q", "-b", "main"], ["add", "-A"], ["commit", "-q", "-m", "x"]):
        subprocess.run([*git, *arguments], check=True, env={**os.environ, **COMMIT_ENVIRONMENT})
    subprocess.run([*git, "bundle", "create", "-q", str(folder / "labs.bundle"), "HEAD", "main"], check=True)
    return subprocess.run([*git, "rev-parse", "HEAD"], check=True, capture_output=True, text=True).stdout.strip()


def make_pack(folder: Path) -> None:
    """A pack as `classlab build` makes it, with this machine's interpreter as a link and one package."""
    pack = folder / "pack"
    (pack / "wheels").mkdir(parents=True)
    (pack / "python/bin").mkdir(parents=True)
    (pack / "python/bin/python3").symlink_to(Path(sys.base_exec_prefix) / "bin/python3.12")
    shutil.copy(uv(), pack / "uv")
    wheel = pack / "wheels/tiny-1.0-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr("tiny.py", "VALUE = 1\n")
        archive.writestr("tinyfonts/fonts/tiny.ttf", "no font")
        archive.writestr("tiny-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: Tiny\nVersion: 1.0\n")
        archive.writestr("tiny-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        archive.writestr("tiny-1.0.dist-info/RECORD", "")
    (pack / "requirements.txt").write_text(f"tiny==1.0 --hash=sha256:{sha256(wheel)}\n")
    (folder / "packs").mkdir()
    with tarfile.open(folder / "packs/tiny.tar", "w") as tar:
        tar.add(pack, arcname=".")


@pytest.fixture
def instance(tmp_path: Path, published: Path) -> Iterator[Instance]:
    """An instance that was just made, its tools unpacked."""
    made = Instance(tmp_path)
    for path in (made.volume, made.bucket, made.class_bucket / "assets", tmp_path / "bin", tmp_path / "tmp"):
        path.mkdir(parents=True)
    shutil.copytree(published, made.class_bucket / "assets/1", ignore=shutil.ignore_patterns("repository", "pack"))
    ignored = shutil.ignore_patterns("on-*.sh", "__pycache__")
    shutil.copytree(LIFECYCLE, made.tools, ignore=ignored)
    shutil.copy(published / "contents.tsv", made.tools)
    (tmp_path / "s3/calls").touch()
    aws = tmp_path / "bin/aws"
    aws.write_text(f"#!{sys.executable}\n" + (Path(__file__).parent / "fake_aws.py").read_text())
    aws.chmod(0o755)
    made.environment = {
        "PATH": f"{tmp_path / 'bin'}:/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin",
        "HOME": str(made.home),
        "TMPDIR": str(tmp_path / "tmp"),
        "FAKE_S3": str(tmp_path / "s3"),
        "AWS_DEFAULT_REGION": "us-east-1",
        "CLASSLAB_STACK": "sample--ann",
        "CLASSLAB_BUCKET": "seat",
        "CLASSLAB_CLASS_BUCKET": "class",
        "CLASSLAB_ASSET_PREFIX": "assets/1/",
        "CLASSLAB_ROLE_ARN": "arn:aws:iam::123456789012:role/classlab/sample/ann",
        "CLASSLAB_CLASSROOM": "sample",
        "CLASSLAB_ATTENDEE": "ann",
        "CLASSLAB_NOTEBOOK_INSTANCE": "sample--ann--notebook",
        "CLASSLAB_TUNING_PREFIX": "sample---0123abcd",
        "CLASSLAB_IDLE_MINUTES": "60",
        "CLASSLAB_PERIOD_SECONDS": "1",
        **COMMIT_ENVIRONMENT,
    }
    yield made
    made.stop()
