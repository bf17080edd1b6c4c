"""Outputs handed on: whole or not at all, nobody's own replaced, and clear about what is missing."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from classlab import sharing
from classlab.aws import Aws
from classlab.contract import AttendeeOutput, LabOutputs, outputs_key, run_prefix
from classlab.data_source import read_outputs
from classlab.errors import UserError
from classlab.labs import Lab, earlier, read_lab, read_too
from classlab.stacks import Stack

RUN = "0123456789ab"
CLASS = sharing.of_class("class-bucket")
FILES = {"prepare/train/train.csv": b"1,2\n", "train/job/output/model.tar.gz": b"model", "score/metrics.json": b"{}"}


@pytest.fixture
def lab() -> Lab:
    """A lab that starts from the churn lab."""
    return read_lab("churn_autogluon")


@pytest.fixture
def seats(aws: Aws) -> dict[str, Stack]:
    """Two seats and the class bucket."""
    for bucket in ("class-bucket", "ann-bucket", "bob-bucket"):
        aws.s3.create_bucket(Bucket=bucket)
    return {name: _stack(name) for name in ("ann", "bob")}


def _stack(attendee: str) -> Stack:
    outputs = {AttendeeOutput.BUCKET: f"{attendee}-bucket"}
    return Stack(f"c--{attendee}", "id", "CREATE_COMPLETE", "", datetime.now(UTC), outputs, {})


def _finish(aws: Aws, bucket: str, lab: str = "churn-xgboost", run: str = RUN, **changed: str) -> None:
    folder = run_prefix(lab, run)
    for name, content in FILES.items():
        aws.s3.put_object(Bucket=bucket, Key=folder + name, Body=content)
    uri = f"s3://{bucket}/{folder}"
    outputs = LabOutputs(
        lab=lab,
        run=run,
        made_by="pipeline",
        data={"source": "s3://class-bucket/data/churn.csv", "sha256": "ab" * 32, "generated": True},
        prepared=f"{uri}prepare/",
        scored=f"{uri}score/",
        artifact=f"{uri}train/job/output/model.tar.gz",
        hyperparameters={"seed": "1"},
        validation={},
        metrics={"auc": 0.9},
    )
    aws.s3.put_object(Bucket=bucket, Key=outputs_key(lab), Body=json.dumps({**outputs, **changed}).encode())


def _files(aws: Aws, bucket: str, prefix: str = "") -> dict[str, bytes]:
    listed = aws.s3.list_objects_v2(Bucket=bucket, Prefix=prefix).get("Contents", [])
    return {item["Key"]: aws.s3.get_object(Bucket=bucket, Key=item["Key"])["Body"].read() for item in listed}


def test_a_straggler_gets_what_a_neighbour_finished(aws: Aws, lab: Lab, seats: dict[str, Stack]) -> None:
    _finish(aws, "ann-bucket")
    (handed,) = sharing.jump(aws, earlier(lab), {"bob": seats["bob"]}, seats, CLASS)
    assert (handed.outcome, handed.objects, handed.size) == ("put in place", 3, sum(map(len, FILES.values())))
    folder = run_prefix("churn-xgboost", RUN)
    got = _files(aws, "bob-bucket")
    assert {name: got[folder + name] for name in FILES} == FILES
    outputs = read_outputs(aws, "bob-bucket", "churn-xgboost")
    assert outputs is not None
    assert outputs["made_by"] == "jump"
    assert outputs["prepared"] == f"s3://bob-bucket/{folder}prepare/"
    assert outputs["data"]["source"] == "s3://class-bucket/data/churn.csv"


def test_what_is_shared_serves_when_its_maker_is_gone(aws: Aws, lab: Lab, seats: dict[str, Stack]) -> None:
    _finish(aws, "ann-bucket")
    assert sharing.share(aws, earlier(lab)[0], seats, CLASS) == "ann"
    shared = read_outputs(aws, "class-bucket", "churn-xgboost", "shared/")
    assert shared is not None
    assert shared["artifact"].startswith("s3://class-bucket/shared/runs/churn-xgboost/")
    (handed,) = sharing.jump(aws, earlier(lab), {"bob": seats["bob"]}, {}, CLASS)
    assert handed.outcome == "put in place"


def test_what_attendees_made_themselves_stays(aws: Aws, lab: Lab, seats: dict[str, Stack]) -> None:
    _finish(aws, "ann-bucket")
    _finish(aws, "bob-bucket", run="ba9876543210")
    before = _files(aws, "bob-bucket")
    (handed,) = sharing.jump(aws, earlier(lab), {"bob": seats["bob"]}, {"ann": seats["ann"]}, CLASS)
    assert handed.outcome == "kept the attendee's own"
    assert _files(aws, "bob-bucket") == before
    sharing.jump(aws, earlier(lab), {"bob": seats["bob"]}, {"ann": seats["ann"]}, CLASS, force=True)
    outputs = read_outputs(aws, "bob-bucket", "churn-xgboost")
    assert outputs is not None
    assert outputs["run"] == RUN


def test_an_interrupted_jump_goes_on(
    aws: Aws, lab: Lab, seats: dict[str, Stack], monkeypatch: pytest.MonkeyPatch
) -> None:
    _finish(aws, "ann-bucket")
    sharing.share(aws, earlier(lab)[0], seats, CLASS)
    copied: list[str] = []
    copy = aws.s3.copy

    def breaking(origin: Any, *arguments: Any, **options: Any) -> None:  # noqa: ANN401 # passed through
        if len(copied) == 2:
            copied.append("broken")
            raise ConnectionError
        copied.append(origin["Key"])
        copy(origin, *arguments, **options)

    monkeypatch.setattr(aws.s3, "copy", breaking)
    monkeypatch.setattr(sharing, "_AT_ONCE", 1)
    with pytest.raises(ConnectionError):
        sharing.jump(aws, earlier(lab), {"bob": seats["bob"]}, {}, CLASS)
    assert read_outputs(aws, "bob-bucket", "churn-xgboost") is None
    sharing.jump(aws, earlier(lab), {"bob": seats["bob"]}, {}, CLASS)
    assert copied.count("broken") == 1
    assert len(copied) == len(FILES) + 1  # what had arrived was not copied again
    assert read_outputs(aws, "bob-bucket", "churn-xgboost") is not None


def test_nobody_has_finished(aws: Aws, lab: Lab, seats: dict[str, Stack]) -> None:
    with pytest.raises(UserError, match=r"no outputs of churn-xgboost .*ann, bob.*classlab run churn-xgboost"):
        sharing.jump(aws, earlier(lab), seats, seats, CLASS)


def test_outputs_made_by_hand_elsewhere_are_not_handed_on(aws: Aws, lab: Lab, seats: dict[str, Stack]) -> None:
    _finish(aws, "ann-bucket", made_by="notebook", prepared="s3://ann-bucket/churn/")
    with pytest.raises(UserError, match="no outputs of churn-xgboost"):
        sharing.share(aws, earlier(lab)[0], seats, CLASS)


def test_outputs_without_their_files_do_not_count(aws: Aws, lab: Lab, seats: dict[str, Stack]) -> None:
    _finish(aws, "ann-bucket")
    for key in _files(aws, "ann-bucket", "runs/"):
        aws.s3.delete_object(Bucket="ann-bucket", Key=key)
    with pytest.raises(UserError, match="did not arrive"):
        sharing.share(aws, earlier(lab)[0], seats, CLASS)
    assert read_outputs(aws, "class-bucket", "churn-xgboost", "shared/") is None


def test_what_is_only_compared_comes_along_from_whoever_finished_it(aws: Aws, seats: dict[str, Stack]) -> None:
    lab = read_lab("image_pytorch")
    compared = read_too(lab)
    assert [one.name for one in compared] == ["image-builtin", "image-tensorflow"]
    assert sharing.available(aws, compared, seats, CLASS) == []
    for finished in ("image-data", "image-tensorflow"):
        _finish(aws, "ann-bucket", lab=finished)
    there = sharing.available(aws, compared, seats, CLASS)
    assert [one.name for one in there] == ["image-tensorflow"]
    done = sharing.jump(aws, [*earlier(lab), *there], {"bob": seats["bob"]}, seats, CLASS)
    assert [(handed.lab, handed.outcome) for handed in done] == [
        ("image-data", "put in place"),
        ("image-tensorflow", "put in place"),
    ]
    assert read_outputs(aws, "bob-bucket", "image-tensorflow") is not None
    assert [one.name for one in sharing.available(aws, compared, {}, CLASS)] == ["image-tensorflow"]  # shared by now
