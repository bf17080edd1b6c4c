"""A whole build: its id follows from its content, and one that did not end does not count."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from classlab.build import lambdas, make, pack
from classlab.build.archives import file_sha256
from classlab.build.make import build_class
from classlab.build.manifest import BuildManifest, read_build
from classlab.build.tools import Report
from classlab.errors import UserError
from classlab.labs import Lab
from classlab.settings import Budget, Classroom
from tests.unit.build.conftest import make_lab

CLASSROOM = Classroom(
    name="sample",
    labs=["tiny"],
    starts_at=datetime(2027, 1, 1, 9, tzinfo=UTC),
    ends_at=datetime(2027, 1, 1, 17, tzinfo=UTC),
    budget=Budget(amount=1, emails=["owner@example.com"]),
    owner="owner@example.com",
)


@pytest.fixture(autouse=True)
def quick(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A pack and functions that need no download."""
    archive = tmp_path / "pack.tar"
    archive.write_bytes(b"a pack")
    made = pack.CachedPack(sha256=file_sha256(archive), size=6, needs=1 << 20, interpreter="3.12.9", portable=True)

    def functions(folder: Path, _architecture: str, _report: Report) -> str:
        folder.mkdir(parents=True, exist_ok=True)
        return "f" * 64

    monkeypatch.setattr(pack, "make_pack", lambda _lab, _report: (archive, made))
    monkeypatch.setattr(make, "make_lambdas", functions)


def build(folder: Path, *labs: Lab) -> BuildManifest:
    """Build the sample class."""
    return build_class(CLASSROOM, labs, folder, print)


def test_the_manifest_describes_what_lies_there(lab: Lab, tmp_path: Path) -> None:
    made = build(tmp_path / "build", lab)
    assert read_build("sample", tmp_path / "build") == made
    for file in made.files:
        path = tmp_path / "build/assets" / file.path
        assert (file_sha256(path), path.stat().st_size) == (file.sha256, file.size)


def test_the_same_content_has_the_same_id_and_other_content_another(lab: Lab, tmp_path: Path) -> None:
    first = build(tmp_path / "one", lab)
    assert build(tmp_path / "two", lab) == first
    (lab.folder / "score.py").write_text("changed\n")
    assert build(tmp_path / "two", lab).build_id != first.build_id


def test_a_build_that_fails_does_not_count(lab: Lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    build(tmp_path / "build", lab)
    monkeypatch.setattr(make, "make_lambdas", lambda *_: (_ for _ in ()).throw(UserError("no network")))
    with pytest.raises(UserError, match="no network"):
        build(tmp_path / "build", lab)
    with pytest.raises(UserError, match="run `classlab build` first"):
        read_build("sample", tmp_path / "build")


def test_labs_of_one_name_are_refused(lab: Lab, tmp_path: Path) -> None:
    twin = make_lab(tmp_path / "copies")
    with pytest.raises(UserError, match=r"labs in .* have the same name, 'tiny'; rename one"):
        build(tmp_path / "build", lab, twin)


def test_labs_share_a_kernel_only_with_the_same_packages(lab: Lab, tmp_path: Path) -> None:
    other = make_lab(tmp_path / "more", "other").model_copy(update={"kernel": "tiny"})
    made = build(tmp_path / "build", lab, other)
    assert [pack.kernel for pack in made.packs] == ["tiny"]
    with pytest.raises(UserError, match=r"name their kernel 'tiny' and lock different packages for it"):
        build(tmp_path / "build", lab, other.model_copy(update={"kernel_python": "3.11"}))
    (other.folder / "requirements.txt").write_text("# another\n")
    with pytest.raises(UserError, match=r"name their kernel 'tiny' and lock different packages for it"):
        build(tmp_path / "build", lab, other)


def test_a_volume_too_small_for_the_kernels_is_refused(
    lab: Lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    build(tmp_path / "build", lab)
    archive, made = pack.make_pack(lab, print)
    large = made.model_copy(update={"needs": 20 << 30})
    monkeypatch.setattr(pack, "make_pack", lambda _lab, _report: (archive, large))
    with pytest.raises(UserError, match=r"volume_gib: the kernels \(tiny 20\.0\) .* need 22 GiB, the class has 20"):
        build(tmp_path / "build", lab)


def test_two_labs_make_two_folders(lab: Lab, tmp_path: Path) -> None:
    made = build(tmp_path / "build", lab, make_lab(tmp_path / "more", "other"))
    assert {file.path.split("/")[1] for file in made.lab_files} == {"tiny", "other"}


def test_the_functions_tree_is_reproducible_and_bundles_only_the_contract(tmp_path: Path) -> None:
    first = lambdas.make_lambdas(tmp_path / "one", "x86_64", print)
    assert lambdas.make_lambdas(tmp_path / "another/folder", "x86_64", print) == first
    ours = {path.name for path in (tmp_path / "one/classlab").iterdir()}
    assert ours == {"__init__.py", "contract.py"}
    assert (tmp_path / "one/lambdas/teardown").is_dir()
    assert (tmp_path / "one/pydantic_core").is_dir()
    assert not (tmp_path / "one/bin").exists()


def test_the_functions_can_be_built_for_the_other_architecture(tmp_path: Path) -> None:
    lambdas.make_lambdas(tmp_path, "arm64", print)
    (native,) = (tmp_path / "pydantic_core").glob("*.so")
    assert "aarch64" in native.name
