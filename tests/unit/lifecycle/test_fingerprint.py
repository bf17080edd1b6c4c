"""The fingerprint follows what is on the instance: equal for equal seats, another for each thing that is changed."""

import json
import subprocess
from pathlib import Path

import pytest

from classlab.environments import Seat
from tests.unit.lifecycle.conftest import Instance


def measure(instance: Instance) -> tuple[str, dict[str, dict[str, object]]]:
    """Fingerprint and parts, as the worker measures them."""
    kernelspecs = instance.home / ".local/share/jupyter/kernels"
    labs = instance.volume / "labs"
    script = str(instance.tools / "fingerprint.py")
    done = instance.run("python3", script, "--labs", str(labs), "--kernelspecs", str(kernelspecs))
    assert done.returncode == 0, done.stderr
    document = json.loads(done.stdout)
    return document["fingerprint"], document["parts"]


@pytest.fixture
def seat(instance: Instance) -> Instance:
    """A prepared seat."""
    done = instance.run("bash", str(instance.tools / "prepare_seat.sh"))
    assert done.returncode == 0, done.stderr
    return instance


def packages(seat: Instance) -> Path:
    """The packages of the seat's kernel."""
    return next(seat.volume.glob(".classlab/kernels/*/env/lib/python3*/site-packages"))


def test_measuring_twice_gives_the_same(seat: Instance) -> None:
    assert measure(seat) == measure(seat)


def test_running_a_package_changes_nothing(seat: Instance) -> None:
    before = measure(seat)
    spec = json.loads((seat.home / ".local/share/jupyter/kernels/tiny/kernel.json").read_text())
    subprocess.run([spec["argv"][0], "-c", "import tiny"], check=True, env={**seat.environment, "HOME": "/"})
    assert measure(seat) == before


def test_parts_name_versions_commit_and_files(seat: Instance) -> None:
    _, parts = measure(seat)
    kernel = parts["kernels"]["tiny"]
    assert isinstance(kernel, dict)
    assert kernel["packages"] == {"tiny": "1.0"}
    assert str(kernel["python"]).startswith("3.12.")
    assert len(str(parts["labs"]["head"])) == 40
    assert parts["labs"]["changes"] == {}
    assert set(parts["labs"]["files"] or ()) == {"tiny-lab/hello.py"}  # type: ignore[call-overload]  # a dict of paths


def test_of_an_attendees_files_those_count_that_git_would_keep(seat: Instance) -> None:
    labs = seat.volume / "labs"
    files = {".git/info/exclude": "data/\n", "tiny-lab/data/train.csv": "mine", "tiny-lab/mine.py": "mine"}
    for name, text in files.items():
        (labs / name).parent.mkdir(exist_ok=True)
        (labs / name).write_text(text)
    (labs / "tiny-lab/hello.py").write_text("changed")
    _, parts = measure(seat)
    assert set(parts["labs"]["files"] or ()) == {"tiny-lab/hello.py", "tiny-lab/mine.py"}  # type: ignore[call-overload]  # a dict of paths
    assert parts["labs"]["changes"] == {"tiny-lab/hello.py": "M", "tiny-lab/mine.py": "??"}
    (labs / "tiny-lab/hello.py").unlink()
    assert set(measure(seat)[1]["labs"]["files"] or ()) == {"tiny-lab/mine.py"}  # type: ignore[call-overload]  # as above


def test_another_version_of_one_package_is_seen(seat: Instance) -> None:
    before, _ = measure(seat)
    folder = packages(seat)
    (folder / "tiny-1.0.dist-info").rename(folder / "tiny-1.1.dist-info")
    metadata = folder / "tiny-1.1.dist-info/METADATA"
    metadata.write_text(metadata.read_text().replace("Version: 1.0", "Version: 1.1"))
    after, parts = measure(seat)
    assert after != before
    assert parts["kernels"]["tiny"]["packages"] == {"tiny": "1.1"}  # type: ignore[index]  # parts are nested


def test_an_edit_inside_a_package_is_seen(seat: Instance) -> None:
    before, _ = measure(seat)
    (packages(seat) / "tiny.py").write_text("VALUE = 1000\n")
    assert measure(seat)[0] != before


def test_a_changed_lab_file_is_seen_with_gits_word_for_it(seat: Instance) -> None:
    before, _ = measure(seat)
    (seat.volume / "labs/tiny-lab/hello.py").write_text("print('other')\n")
    (seat.volume / "labs/tiny-lab/new.py").write_text("")
    after, parts = measure(seat)
    assert after != before
    assert parts["labs"]["changes"] == {"tiny-lab/hello.py": "M", "tiny-lab/new.py": "??"}


def test_an_attendees_work_is_told_from_drift(seat: Instance) -> None:
    def as_seat() -> Seat:
        fingerprint, parts = measure(seat)
        return Seat("ann", "ready", fingerprint=fingerprint, parts=parts)

    before = as_seat()
    (seat.volume / "labs/tiny-lab/hello.py").write_text("print('mine')\n")
    (seat.volume / "labs/tiny-lab/new.py").write_text("")
    worked = as_seat()
    assert worked.changed_files == ["tiny-lab/hello.py", "tiny-lab/new.py"]
    assert worked.without_work() == before.without_work()
    (packages(seat) / "tiny.py").write_text("VALUE = 1000\n")
    assert as_seat().without_work() != before.without_work()


def test_a_missing_labs_folder_is_an_error(seat: Instance) -> None:
    (seat.volume / "labs").rename(seat.volume / "elsewhere")
    done = seat.run(
        "python3", str(seat.tools / "fingerprint.py"), "--labs", str(seat.volume / "labs"), "--kernelspecs", "/"
    )
    assert done.returncode != 0
