"""Where data comes from: the order, the refusals, and what is said of it."""

import hashlib
import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from classlab import data_source
from classlab.aws import Aws
from classlab.errors import UserError
from classlab.labs import LABS_FOLDER, Lab, read_lab

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
    return data_source.Places(folder=folder, environment=environment, keep_in=tmp_path / "kept").locate(lab, aws)


def _publish(aws: Aws, lab: Lab, text: str) -> None:
    bucket, _, key = lab.raw.public_source.removeprefix("s3://").partition("/")
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
    assert (file.path.read_text(), file.origin, file.generated) == ("public", lab.raw.public_source, False)


def test_the_generator_comes_last_and_is_said(aws: Aws, lab: Lab, tmp_path: Path) -> None:
    file = _locate(aws, lab, tmp_path)
    assert (file.path.read_text(), file.generated) == ("made up", True)
    assert "generated" in file.origin


def test_a_named_folder_without_the_file_is_no_reason_to_generate(aws: Aws, lab: Lab, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"the folder of --data must hold churn\.csv"):
        _locate(aws, lab, tmp_path, tmp_path)


def test_the_environments_folder_counts_only_where_it_holds_the_file(aws: Aws, lab: Lab, tmp_path: Path) -> None:
    assert _locate(aws, lab, tmp_path, CLASSLAB_DATA=str(tmp_path)).generated


def test_a_public_bucket_without_the_file_is_an_error(aws: Aws, lab: Lab, tmp_path: Path) -> None:
    aws.s3.create_bucket(Bucket="sagemaker-sample-files")
    with pytest.raises(UserError, match="cannot be read"):
        _locate(aws, lab, tmp_path)


def test_a_changed_public_file_names_both_checksums(aws: Aws, lab: Lab, tmp_path: Path) -> None:
    _publish(aws, lab, "public")
    strict = lab.model_copy(update={"data": lab.raw.model_copy(update={"sha256": "0" * 64})})
    with pytest.raises(UserError) as caught:
        _locate(aws, strict, tmp_path)
    assert "0" * 64 in str(caught.value)
    assert hashlib.sha256(b"public").hexdigest() in str(caught.value)


def test_a_generator_that_fails_says_why(aws: Aws, lab: Lab, tmp_path: Path) -> None:
    (lab.folder / "generate.py").write_text("raise SystemExit('no seed')")
    with pytest.raises(UserError, match="no seed"):
        _locate(aws, lab, tmp_path)


PACKED = "import sys, pathlib\npathlib.Path(sys.argv[1]).write_text('packed')\nprint('fetched')\n"


@pytest.fixture
def packed(lab: Lab) -> Lab:
    """A lab whose own script packs what is public, which nobody else has as one file."""
    (lab.folder / "download.py").write_text(PACKED)
    raw = lab.raw.model_copy(update={"public_source": "", "download": "download.py"})
    return lab.model_copy(update={"data": raw})


def test_a_download_script_runs_only_when_asked_for(aws: Aws, packed: Lab, tmp_path: Path) -> None:
    places = data_source.Places(folder=None, environment={}, keep_in=tmp_path / "kept")
    assert places.locate(packed, aws).generated
    file = replace(places, download=True).locate(packed, aws)
    assert (file.path.read_text(), file.generated) == ("packed", False)
    assert "download.py" in file.origin


def test_what_a_download_says_does_not_mix_with_the_commands_own_output(
    aws: Aws, packed: Lab, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    data_source.Places(folder=None, environment={}, keep_in=tmp_path, download=True).locate(packed, aws)
    said = capfd.readouterr()
    assert (said.out, said.err) == ("", "fetched\n")


def test_a_download_that_fails_points_at_what_it_said(aws: Aws, packed: Lab, tmp_path: Path) -> None:
    (packed.folder / "download.py").write_text("raise SystemExit('offline')")
    with pytest.raises(UserError, match=r"download\.py failed with status 1; what it said stands above"):
        data_source.Places(folder=None, environment={}, keep_in=tmp_path, download=True).locate(packed, aws)


def test_a_named_folder_need_not_hold_what_only_a_script_packs(aws: Aws, packed: Lab, tmp_path: Path) -> None:
    assert _locate(aws, packed, tmp_path, tmp_path).generated


@pytest.fixture
def later(lab: Lab) -> Lab:
    """A lab that starts from the churn lab."""
    folder = lab.folder.parent / "later"
    folder.mkdir()
    shutil.copy(LABS_FOLDER / "churn_xgboost" / "lab.yaml", lab.folder)
    return lab.model_copy(update={"name": "later", "data": None, "starts_from": lab.folder.name, "folder": folder})


def test_a_later_lab_reads_what_the_seats_earlier_one_prepared(aws: Aws, later: Lab) -> None:
    aws.s3.create_bucket(Bucket="seat")
    raw = {"source": "s3://class/data/churn.csv", "sha256": "ab" * 32, "generated": True}
    outputs = {"data": raw, "prepared": "s3://seat/runs/churn-xgboost/1/prepare/"}
    aws.s3.put_object(Bucket="seat", Key="outputs/churn-xgboost.json", Body=json.dumps(outputs).encode())
    data = data_source.of_seat(aws, later, class_bucket="class", seat_bucket="seat")
    assert data == {**raw, "source": outputs["prepared"]}


def test_a_later_lab_without_the_earlier_ones_outputs_names_both_ways(aws: Aws, later: Lab) -> None:
    aws.s3.create_bucket(Bucket="seat")
    with pytest.raises(UserError, match=r"`classlab run churn-xgboost` first, or `classlab jump later`"):
        data_source.of_seat(aws, later, class_bucket="class", seat_bucket="seat")


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
