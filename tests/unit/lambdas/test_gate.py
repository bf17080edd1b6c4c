"""The quality gate: reads evaluation.json out of a training job's output, and says clearly what is wrong with it."""

import io
import json
import tarfile
from typing import Any

import pytest

from classlab.contract import GateRequest
from lambdas.pipeline import handler as pipeline
from lambdas.pipeline.logic import ARCHIVE_MAX, EVALUATION_MAX, BadEvaluation, judge
from tests.unit.lambdas.account import Account
from tests.unit.lambdas.function_context import FunctionContext

_REQUEST: GateRequest = {"bucket": "seat", "key": "runs/churn/0/train/output.tar.gz", "metric": "auc", "at_least": 0.96}


def packed(content: bytes, name: str = "evaluation.json") -> bytes:
    """A tar.gz with one file."""
    held = io.BytesIO()
    with tarfile.open(fileobj=held, mode="w:gz") as tar:
        member = tarfile.TarInfo(name)
        member.size = len(content)
        tar.addfile(member, io.BytesIO(content))
    return held.getvalue()


@pytest.fixture
def seat_bucket(account: Account) -> Account:
    """An attendee's bucket."""
    account.own.s3.create_bucket(Bucket="seat")
    return account


def put(account: Account, body: bytes) -> None:
    """The training job's output."""
    account.own.s3.put_object(Bucket="seat", Key=_REQUEST["key"], Body=body)


def evaluation(**metrics: Any) -> bytes:  # noqa: ANN401 # whatever a script may write
    """output.tar.gz with these metrics."""
    return packed(json.dumps(metrics).encode())


@pytest.mark.parametrize(("auc", "passed"), [(0.9599999, False), (0.96, True), (1, True)])
def test_the_threshold_itself_passes(auc: float, passed: bool, seat_bucket: Account) -> None:  # noqa: FBT001 # a row of the table
    put(seat_bucket, evaluation(auc=auc, accuracy=0.94))
    assert judge(_REQUEST, s3=seat_bucket.clients.s3) == {
        "gate": {"metric": "auc", "value": auc, "at_least": 0.96, "passed": passed},
        "validation": {"auc": auc, "accuracy": 0.94},
    }


def test_everything_numeric_is_told_and_nothing_else(seat_bucket: Account) -> None:
    put(seat_bucket, evaluation(auc=0.97, rounds=120, note="ok", early=True, nested={"a": 1}, none=None))
    assert judge(_REQUEST, s3=seat_bucket.clients.s3)["validation"] == {"auc": 0.97, "rounds": 120.0}


def test_an_archive_made_by_tar_of_a_folder_is_read_too(seat_bucket: Account) -> None:
    put(seat_bucket, packed(b'{"auc": 0.97}', "./evaluation.json"))
    assert judge(_REQUEST, s3=seat_bucket.clients.s3)["gate"]["passed"]


BAD = {
    "no tar": (b"no archive at all", "is no readable tar.gz"),
    "truncated": (evaluation(auc=0.97)[:40], "is no readable tar.gz"),
    "damaged": (evaluation(auc=0.97)[:12] + b"\xff\xff" + evaluation(auc=0.97)[14:], "is no readable tar.gz"),
    "empty": (b"", "is no readable tar.gz"),
    "another file": (packed(b"{}", "metrics.json"), "holds no evaluation.json"),
    "a folder below": (packed(b'{"auc": 1}', "data/evaluation.json"), "holds no evaluation.json"),
    "no JSON": (packed(b"{auc: 1}"), "evaluation.json is not JSON"),
    "not UTF-8": (packed(b"\xff\xfe\xfa"), "evaluation.json is not JSON"),
    "a list": (packed(b"[0.97]"), "is not an object of metrics"),
    "no such metric": (evaluation(accuracy=0.9), "holds no number 'auc', but accuracy"),
    "no numbers": (evaluation(auc="0.97"), "holds no number 'auc', but no numbers at all"),
    "NaN": (packed(b'{"auc": NaN}'), "auc is nan"),
    "another NaN": (packed(b'{"auc": 0.97, "loss": Infinity}'), "loss is inf"),
    "too large": (packed(b" " * (EVALUATION_MAX + 1)), "more than 1,048,576"),
}


@pytest.mark.parametrize("case", BAD)
def test_a_bad_evaluation_is_named_with_its_object(case: str, seat_bucket: Account) -> None:
    body, what = BAD[case]
    put(seat_bucket, body)
    with pytest.raises(BadEvaluation) as caught:
        judge(_REQUEST, s3=seat_bucket.clients.s3)
    assert what in str(caught.value)
    assert str(caught.value).startswith(f"s3://seat/{_REQUEST['key']}")


def test_a_missing_output_is_told_as_what_it_means(seat_bucket: Account) -> None:
    with pytest.raises(BadEvaluation, match=r"NoSuchKey.*only if train.py wrote to SM_OUTPUT_DATA_DIR"):
        judge(_REQUEST, s3=seat_bucket.clients.s3)


def test_a_denied_output_may_be_a_missing_one(seat_bucket: Account) -> None:
    seat_bucket.faults.fail("s3.GetObject", "AccessDenied")
    with pytest.raises(BadEvaluation, match=r"AccessDenied.*only if train.py wrote"):
        judge(_REQUEST, s3=seat_bucket.clients.s3)


def test_an_archive_of_another_size_class_is_refused_unread(seat_bucket: Account) -> None:
    class Huge:
        def get_object(self, **_: object) -> dict[str, int]:
            return {"ContentLength": ARCHIVE_MAX + 1}

    with pytest.raises(BadEvaluation, match="more than 104,857,600"):
        judge(_REQUEST, s3=Huge())  # type: ignore[arg-type] # one call of the client is enough


def test_handler_answers(seat_bucket: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pipeline, "_CLIENTS", seat_bucket.clients)
    put(seat_bucket, evaluation(auc=0.99))
    assert pipeline.handler(dict(_REQUEST), FunctionContext())["gate"]["passed"]


def test_handler_refuses_a_wrong_call_under_the_name_that_pipelines_catch() -> None:
    with pytest.raises(BadEvaluation, match="called wrongly"):
        pipeline.handler({"bucket": "seat"}, FunctionContext())
