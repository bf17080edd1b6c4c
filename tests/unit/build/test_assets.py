"""Source archives and tools: reproducible, and holding exactly what their readers ask for."""

import tarfile
from pathlib import Path

import pytest

from classlab.build.archives import built_file
from classlab.build.assets import Kernel, write_lab_files, write_tools
from classlab.build.manifest import BuiltFile, BuiltPack
from classlab.errors import UserError
from classlab.labs import PROCESSING_STARTER, Lab


def names(archive: Path) -> set[str]:
    """Members of an archive."""
    with tarfile.open(archive) as tar:
        return set(tar.getnames())


CODE = {f"{step}.py" for step in ("prepare", "train", "infer", "score")}


def test_lab_files_lie_where_the_pipeline_reads_them(lab: Lab, tmp_path: Path) -> None:
    paths = write_lab_files(lab, tmp_path)
    processing = {*CODE, PROCESSING_STARTER}
    assert set(paths) == {*(f"labs/tiny/code/{name}" for name in processing), "labs/tiny/source.tar.gz"}
    assert all((tmp_path / path).is_file() for path in paths)
    assert names(tmp_path / "labs/tiny/source.tar.gz") == CODE


def test_what_is_borrowed_and_every_module_beside_the_scripts_comes_along(lab: Lab, tmp_path: Path) -> None:
    (lab.folder / "score.py").rename(lab.folder.parent / "score.py")
    (lab.folder / "model.py").touch()
    borrowing = lab.model_copy(update={"borrows": {"score.py": "score.py", "matplotlibrc": "x"}})
    write_lab_files(borrowing, tmp_path)
    assert names(tmp_path / "labs/tiny/source.tar.gz") == {*CODE, "model.py"}


def test_requirements_come_along_only_where_a_job_lacks_something(lab: Lab, tmp_path: Path) -> None:
    (lab.folder / "container.txt").write_text("# comment\nsomething==1.0\n")
    write_lab_files(lab, tmp_path)
    assert names(tmp_path / "labs/tiny/source.tar.gz") == {*CODE, "requirements.txt"}
    assert (tmp_path / "labs/tiny/code/requirements.txt").is_file()


def test_the_same_sources_make_the_same_archive(lab: Lab, tmp_path: Path) -> None:
    hashes = set()
    for name in ("one", "two"):
        write_lab_files(lab, tmp_path / name)
        hashes.add(built_file(tmp_path / name, "labs/tiny/source.tar.gz").sha256)
    assert len(hashes) == 1


def test_a_missing_script_is_named(lab: Lab, tmp_path: Path) -> None:
    (lab.folder / "infer.py").unlink()
    with pytest.raises(UserError, match=r"a lab needs infer\.py: write it, or name it under `borrows`"):
        write_lab_files(lab, tmp_path)


def test_the_tools_bring_the_list_of_what_they_fetch(lab: Lab, tmp_path: Path) -> None:
    bundle = BuiltFile(path="labs.bundle", sha256="b" * 64, size=1)
    file = BuiltFile(path="packs/tiny.tar", sha256="a" * 64, size=1)
    pack = BuiltPack(kernel="tiny", file=file, requirements_sha256="", interpreter="3.12", portable=True)
    kernel = Kernel(title=lab.titled("ko"), pack=pack, needs=(5 << 20) + 1)
    path = tmp_path / write_tools(tmp_path, bundle, "c" * 40, [kernel])
    inside = names(path)
    assert {"worker.sh", "common.sh", "prepare_seat.sh", "sync_work.sh", "fingerprint.py", "contents.tsv"} <= inside
    assert not {"on-create.sh", "on-start.sh"} & inside
    with tarfile.open(path) as tar:
        member = tar.extractfile("contents.tsv")
        assert member is not None
        lines = member.read().decode().splitlines()
    assert lines[0].split("\t") == ["labs", "labs.bundle", "b" * 64, "c" * 40]
    assert lines[1].split("\t") == ["pack", "tiny", "packs/tiny.tar", "a" * 64, "6", "작은 실습"]
