"""Packages that hold the same file: found by what was installed, in an order that is the same everywhere."""

from pathlib import Path

from lifecycle.overlaps import overlapping


def _install(packages: Path, name: str, *files: str) -> None:
    record = packages / f"{name}-1.0.dist-info" / "RECORD"
    record.parent.mkdir(parents=True)
    record.write_text("".join(f"{file},sha256=x,1\n" for file in (*files, f"{record.parent.name}/RECORD")))


def test_only_those_that_share_a_file_are_named(tmp_path: Path) -> None:
    _install(tmp_path, "sagemaker_train", "sagemaker/__init__.py", "sagemaker/train.py")
    _install(tmp_path, "sagemaker_core", "sagemaker/__init__.py", '"sagemaker/a, b.py"')
    _install(tmp_path, "pandas", "pandas/__init__.py")
    assert overlapping(tmp_path) == ["sagemaker-core", "sagemaker-train"]


def test_an_environment_without_packages_has_none(tmp_path: Path) -> None:
    assert overlapping(tmp_path) == []
