"""Kernel packs: complete, cached by what goes into them, and never half made."""

import fcntl
import json
import subprocess
import tarfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from classlab.build import interpreter, pack
from classlab.build.interpreter import Interpreter, place_interpreter
from classlab.build.tools import Report, run
from classlab.errors import UserError
from classlab.labs import Lab
from tests.unit.build.conftest import make_wheel

Make = Callable[[], tuple[Path, pack.CachedPack]]


@pytest.fixture
def said() -> list[str]:
    """What was reported."""
    return []


@pytest.fixture
def make(lab: Lab, tmp_path: Path, said: list[str], monkeypatch: pytest.MonkeyPatch) -> Make:
    """Make the pack of the tiny lab from wheels of our own, with a file for an interpreter."""

    def place(target: Path, _version: str, _report: Report) -> Interpreter:
        (target / "bin").mkdir(parents=True)
        (target / "bin/python3").write_text("an interpreter")
        return Interpreter("3.12.9 managed", portable=True)

    wheels = tmp_path / "index"
    (tmp_path / "uv.txt").write_text(make_wheel(wheels, "uv", {"uv-1.0.data/scripts/uv": "a program"}))
    (lab.folder / "requirements.txt").write_text(make_wheel(wheels, "dep", {"dep.py": "x" * 1000}))
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(wheels))
    monkeypatch.setattr(pack, "UV_LOCK", tmp_path / "uv.txt")
    monkeypatch.setattr(pack, "place_interpreter", place)
    return lambda: pack.make_pack(lab, said.append, tmp_path / "cache")


def test_a_pack_holds_interpreter_uv_wheels_and_lock(make: Make) -> None:
    archive, made = make()
    with tarfile.open(archive) as tar:
        members = {member.name: member for member in tar}
    assert set(members) == {"python/bin/python3", "uv", "wheels/dep-1.0-py3-none-any.whl", "requirements.txt"}
    assert members["uv"].mode == 0o755
    assert {(member.uid, member.mtime, member.uname) for member in members.values()} == {(0, 0, "")}
    assert (made.interpreter, made.portable) == ("3.12.9 managed", True)
    assert made.size == archive.stat().st_size
    assert made.needs > made.size + 1000


def test_the_same_lock_is_packed_once(make: Make, said: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    first = make()
    monkeypatch.setenv("PIP_FIND_LINKS", "/nowhere")
    assert make() == first
    assert said[-1] == "the pack of the kernel tiny is in the cache"


def test_what_is_in_the_cache_is_not_downloaded(make: Make, lab: Lab, tmp_path: Path) -> None:
    large = lab.model_copy(update={"kernel_download_mb": 280})
    assert pack.download_mb([large], tmp_path / "cache") == 280
    make()
    assert pack.download_mb([large], tmp_path / "cache") == 0


def test_another_lock_makes_another_pack(make: Make, lab: Lab, tmp_path: Path) -> None:
    first, _ = make()
    line = make_wheel(tmp_path / "index", "other", {"other.py": ""})
    (lab.folder / "requirements.txt").write_text(line)
    second, _ = make()
    assert first != second


def test_labs_with_the_same_lock_and_python_have_one_pack(make: Make, lab: Lab, tmp_path: Path) -> None:
    (lab.folder.parent / "copy").mkdir()
    (lab.folder.parent / "copy/requirements.txt").write_bytes((lab.folder / "requirements.txt").read_bytes())
    twin = lab.model_copy(update={"folder": lab.folder.parent / "copy", "kernel": "twin", "kernel_download_mb": 9})
    assert pack.download_mb([twin, twin], tmp_path / "cache") == 9
    assert pack.make_pack(twin, print, tmp_path / "cache") == make()
    assert pack.download_mb([twin], tmp_path / "cache") == 0


def test_wheels_are_those_of_the_kernels_python(make: Make, lab: Lab, tmp_path: Path) -> None:
    wheels = tmp_path / "index"
    line = make_wheel(wheels, "native", {"native.py": ""}, tag="cp311-cp311-manylinux_2_28_x86_64")
    (lab.folder / "requirements.txt").write_text(line)
    with pytest.raises(UserError, match="downloading the wheels of tiny failed"):
        make()
    older = lab.model_copy(update={"kernel_python": "3.11"})
    archive, _ = pack.make_pack(older, print, tmp_path / "cache")
    assert archive.name.startswith("python3.11-")


@pytest.mark.parametrize(
    ("lock", "variables", "asked"),
    [
        ("torch==2.13.0 \\\n", {}, [False, True]),
        ("torchmetrics==1.0 \\\n", {}, [False, False]),
        ("torch==2.13.0 \\\n", {"PIP_FIND_LINKS": "/wheels"}, [False, False]),
        ("torch==2.13.0 \\\n", {"PIP_EXTRA_INDEX_URL": "https://mirror.example"}, [False, False]),
    ],
)
def test_torch_is_looked_for_where_it_has_no_gpu_code_unless_pip_is_told(
    lock: str, variables: dict[str, str], asked: list[bool], lab: Lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    commands: list[tuple[str, ...]] = []

    def refuse(*arguments: str, **_words: object) -> None:
        commands.append(arguments)
        if len(commands) == 2:
            raise UserError("enough")

    for variable in ("PIP_FIND_LINKS", "PIP_EXTRA_INDEX_URL"):
        monkeypatch.delenv(variable, raising=False)
    for variable, value in variables.items():
        monkeypatch.setenv(variable, value)
    (lab.folder / "requirements.txt").write_text(lock)
    monkeypatch.setattr(pack, "pip", refuse)
    monkeypatch.setattr(pack, "_extract_uv", lambda *_: None)
    monkeypatch.setattr(pack, "place_interpreter", lambda *_: Interpreter("3.12.9 managed", portable=True))
    with pytest.raises(UserError, match="enough"):
        pack.make_pack(lab, print, tmp_path / "cache")
    assert ["--extra-index-url" in command for command in commands] == asked


def test_uv_looks_for_wheels_where_pip_does(monkeypatch: pytest.MonkeyPatch) -> None:
    heard: list[str] = []
    monkeypatch.setenv("PIP_FIND_LINKS", "/one /two")
    monkeypatch.delenv("UV_FIND_LINKS", raising=False)
    run(["sh", "-c", "echo $UV_FIND_LINKS"], purpose="asking", heard=heard.append)
    monkeypatch.setenv("UV_FIND_LINKS", "/its/own")
    run(["sh", "-c", "echo $UV_FIND_LINKS"], purpose="asking", heard=heard.append)
    assert heard == ["/one,/two", "/its/own"]


def test_a_failed_download_leaves_nothing_that_counts(make: Make, lab: Lab, tmp_path: Path) -> None:
    lock = lab.folder / "requirements.txt"
    good = lock.read_text()
    lock.write_text(good[:-65] + "0" * 64 + "\n")
    with pytest.raises(UserError, match="downloading the wheels of tiny failed"):
        make()
    assert {path.name for path in (tmp_path / "cache").iterdir()} == {".lock"}
    lock.write_text(good)
    make()


def test_an_archive_without_its_description_does_not_count(make: Make) -> None:
    archive, made = make()
    archive.with_suffix(".json").unlink()
    archive.write_bytes(b"half")
    assert make() == (archive, made)


@pytest.mark.parametrize("left", [".making-x/pack/wheels/half.whl", "old-lock.tar", "old-lock.json"])
def test_what_a_killed_build_left_is_removed_though_the_pack_is_there(make: Make, left: str) -> None:
    archive, _ = make()
    stale = archive.parent / left
    stale.parent.mkdir(parents=True, exist_ok=True)
    stale.write_bytes(b"half")
    make()
    assert {path.name for path in archive.parent.iterdir()} == {".lock", archive.name, archive.stem + ".json"}


def test_a_second_build_waits_for_the_first(make: Make, said: list[str], tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    (cache / ".making-by-another").mkdir(parents=True)
    with ThreadPoolExecutor() as pool, (cache / ".lock").open("a") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        second = pool.submit(make)
        while not said:
            assert not second.done()
            time.sleep(0.01)
        assert said == ["another build is at work on the packs: waiting for it"]
        assert (cache / ".making-by-another").exists()
        fcntl.flock(other, fcntl.LOCK_UN)
        assert second.result()[0].exists()
    assert not (cache / ".making-by-another").exists()


def test_a_lab_without_a_lock_is_named(lab: Lab) -> None:
    (lab.folder / "requirements.txt").unlink()
    with pytest.raises(UserError, match=r"requirements\.txt: a lab needs the lock"):
        pack.make_pack(lab, print)


def test_a_managed_python_is_taken_where_one_can_be_had(
    tmp_path: Path, said: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def download(command: list[str], **_words: object) -> None:
        folder = Path(command[command.index("--install-dir") + 1])
        real = folder / "cpython-3.12.99-linux-x86_64-gnu"
        for path in (real / "bin/python3", real / "lib/python3.12/os.py", real / "lib/python3.12/test/big"):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch()
        (folder / "cpython-3.12-linux-x86_64-gnu").symlink_to(real)  # as uv does

    monkeypatch.setattr(interpreter, "run", download)
    placed = place_interpreter(tmp_path / "python", "3.12", said.append)
    assert placed == Interpreter("3.12.99 managed", portable=True)
    assert not said
    files = {str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*") if path.is_file()}
    assert files == {"python/bin/python3", "python/lib/python3.12/os.py"}


def no_network(*_arguments: object, **_words: object) -> None:
    """What uv's download of an interpreter does offline."""
    raise UserError("no network")


def test_another_version_is_copied_from_pyenv(tmp_path: Path, said: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    prefix = tmp_path / "pyenv/versions/3.7.99"
    about = {"version": "3.7.99", "prefix": str(prefix), "library": str(prefix / "lib/python3.7")}
    for path in (prefix / "bin/python3.7", prefix / "lib/python3.7/os.py", prefix / "lib/python3.7/test/big"):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    program = prefix / "bin/python3.7"
    program.write_text(f"#!/bin/sh\necho '{json.dumps({**about, 'LIBDIR': '/lib', 'INSTSONAME': 'libpython.a'})}'\n")
    program.chmod(0o755)
    monkeypatch.setattr(interpreter, "run", no_network)
    monkeypatch.setenv("PYENV_ROOT", str(tmp_path / "pyenv"))
    placed = place_interpreter(tmp_path / "python", "3.7", said.append)
    assert placed == Interpreter("3.7.99 this machine", portable=False)
    assert (tmp_path / "python/bin/python3").resolve().name == "python3.7"
    assert not (tmp_path / "python/lib/python3.7/test").exists()


def test_a_version_that_is_nowhere_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(interpreter, "run", no_network)
    with pytest.raises(UserError, match=r"needs Python 3\.99 .*`uv python install cpython-3\.99-linux-x86_64-gnu`"):
        place_interpreter(tmp_path / "python", "3.99", print)


def test_this_machines_python_runs_from_another_place(
    tmp_path: Path, said: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(interpreter, "run", no_network)
    placed = place_interpreter(tmp_path / "first", "3.12", said.append)
    assert not placed.portable
    assert "runs only where the same libraries are" in said[-1]
    moved = (tmp_path / "first").rename(tmp_path / "second")
    code = "import ssl, sqlite3, ctypes, sys; print(sys.prefix)"
    done = subprocess.run(
        [moved / "bin/python3", "-c", code], capture_output=True, text=True, check=True, env={"HOME": "/"}
    )
    assert done.stdout.strip() == str(moved)
    assert not list(moved.glob("lib/python3*/site-packages"))
