"""Where data comes from: the order, the refusals, and what is said of it."""

import hashlib
from pathlib import Path

import pytest

from classlab import data_source
from classlab.aws import Aws
from classlab.errors import UserError
from classlab.labs import Lab, read_lab

GENERATOR = "import sys, pathlib\npathlib.Path(sys.argv[1]).write_text('made up')\n"


@pytest.fixture
def lab(tmp_path: Path) -> Lab:
    """The churn lab, with a generator that needs no time."""
    folder = tmp_path / "lab"
    folder.mkdir()
    (folder / "generate.py").write_text(GENERATOR)
    return read_lab("churn_xgboost").model_copy(update={"folder": folder})


def _folder(path: Path, text: str) -> Path:
    path.mkdir()
    (path / "churn.csv").write_text(text)
    return path


def _locate(aws: Aws, lab: Lab, tmp_path: Path, folder: Path | None = None, **environment: str) -> data_source.DataFile:
    return data_source.locate(lab, folder=folder, environment=environment, aws=aws, keep_in=tmp_path / "kept")


def _publish(aws: Aws, lab: Lab, text: str) -> None:
    bucket, _, key = lab.data.public_source.removeprefix("s3://").partition("/")
    aws.s3.create_bucket(Bucket=bucket)
    aws.s3.put_object(Bucket=bucket, Key=key, Body=text.encode())


def test_the_named_folder_comes_first(aws: Aws, lab: Lab, tmp_path: Path) -> None:
    named, other = _folder(tmp_path / "named", "named"), _folder(tmp_path / "other", "other")
    file = _locate(aws, lab, tmp_path, named, CLASSLAB_DATA=str(other))
    assert (file.path.read_text(), file.generated) == ("named", False)


def test_the_environments_folder_comes_second(aws: Aws, lab: Lab, tmp_path: Path) -> None:
    _publish(aws, lab, "public")
    file = _locate(aws, lab, tmp_path, CLASSLAB_DATA=str(_folder(tmp_path / "other", "other")))
    assert file.path.read_text() == "other"
    assert "CLASSLAB_DATA" in file.origin


def test_the_public_place_comes_third(aws: Aws, lab: Lab, tmp_path: Path) -> None:
    _publish(aws, lab, "public")
    file = _locate(aws, lab, tmp_path)
    assert (file.path.read_text(), file.origin, file.generated) == ("public", lab.data.public_source, False)


def test_the_generator_comes_last_and_is_said(aws: Aws, lab: Lab, tmp_path: Path) -> None:
    file = _locate(aws, lab, tmp_path)
    assert (file.path.read_text(), file.generated) == ("made up", True)
    assert "generated" in file.origin


def test_a_folder_without_the_file_is_no_reason_to_generate(aws: Aws, lab: Lab, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"the folder of CLASSLAB_DATA must hold churn\.csv"):
        _locate(aws, lab, tmp_path, CLASSLAB_DATA=str(tmp_path))


def test_a_public_bucket_without_the_file_is_an_error(aws: Aws, lab: Lab, tmp_path: Path) -> None:
    aws.s3.create_bucket(Bucket="sagemaker-sample-files")
    with pytest.raises(UserError, match="cannot be read"):
        _locate(aws, lab, tmp_path)


def test_a_changed_public_file_names_both_checksums(aws: Aws, lab: Lab, tmp_path: Path) -> None:
    _publish(aws, lab, "public")
    strict = lab.model_copy(update={"data": lab.data.model_copy(update={"sha256": "0" * 64})})
    with pytest.raises(UserError) as caught:
        _locate(aws, strict, tmp_path)
    assert "0" * 64 in str(caught.value)
    assert hashlib.sha256(b"public").hexdigest() in str(caught.value)


def test_a_generator_that_fails_says_why(aws: Aws, lab: Lab, tmp_path: Path) -> None:
    (lab.folder / "generate.py").write_text("raise SystemExit('no seed')")
    with pytest.raises(UserError, match="no seed"):
        _locate(aws, lab, tmp_path)


def test_what_was_put_is_what_a_pipeline_is_told(aws: Aws, lab: Lab, tmp_path: Path) -> None:
    aws.s3.create_bucket(Bucket="class-bucket")
    put = data_source.put(aws, "class-bucket", lab, _locate(aws, lab, tmp_path))
    assert put == {
        "source": "s3://class-bucket/data/churn.csv",
        "sha256": hashlib.sha256(b"made up").hexdigest(),
        "generated": True,
    }
    assert data_source.uploaded(aws, "class-bucket", lab) == put


def test_data_that_somebody_else_put_is_refused(aws: Aws, lab: Lab) -> None:
    aws.s3.create_bucket(Bucket="class-bucket")
    with pytest.raises(UserError, match="run `classlab data put`"):
        data_source.uploaded(aws, "class-bucket", lab)
    aws.s3.put_object(Bucket="class-bucket", Key="data/churn.csv", Body=b"?")
    with pytest.raises(UserError, match="was not uploaded by"):
        data_source.uploaded(aws, "class-bucket", lab)
