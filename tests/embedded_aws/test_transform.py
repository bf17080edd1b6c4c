"""Batch transform: objects, lines, batches, and what a model's refusal does."""

from __future__ import annotations

import hashlib
import json

import pytest
from botocore.exceptions import ClientError

from tests.embedded_aws.account import Account
from tests.embedded_aws.bench import Bench, bench

COUNTS = """
    def model_fn(folder):
        return 0

    def transform_fn(model, body, content_type, accept):
        if "bad" in body:
            raise ValueError("a bad row")
        return f"{len(body.split())} rows", accept
"""
GROUP = "/aws/sagemaker/TransformJobs"


@pytest.fixture(scope="module")
def at(account: Account) -> Bench:
    return bench(account)


@pytest.fixture(scope="module")
def model(at: Bench) -> str:
    return at.model(COUNTS)


def results(at: Bench, job: dict[str, object], *names: str) -> list[str]:
    return [at.get(f"{job['TransformJobName']}/{name}.out").decode() for name in names]


def test_every_object_has_its_answer(at: Bench, model: str) -> None:
    at.put("whole/a.csv", "1\n2\n")
    at.put("whole/sub/b.csv", "3\n")
    job = at.transform(model, f"s3://{at.bucket}/whole/", output={"Accept": "text/csv"})
    assert job["TransformJobStatus"] == "Completed"
    assert results(at, job, "a.csv", "sub/b.csv") == ["2 rows", "1 rows"]
    assert job["TransformStartTime"] <= job["TransformEndTime"]
    assert any("/invocations" in line for line in at.log(GROUP, job["TransformJobName"]))


def test_lines_go_together_or_one_by_one(at: Bench, model: str) -> None:
    uri = at.put("lines/rows.csv", "1\n2\n3\n")
    split = {"SplitType": "Line"}
    together = at.transform(model, uri, given=split, output={"AssembleWith": "Line"})
    assert results(at, together, "rows.csv") == ["3 rows\n"]
    single = at.transform(model, uri, given=split, output={"AssembleWith": "Line"}, BatchStrategy="SingleRecord")
    assert results(at, single, "rows.csv") == ["1 rows\n1 rows\n1 rows\n"]


def test_batches_keep_to_the_payload(at: Bench, model: str) -> None:
    uri = at.put("large/rows.csv", ("x" * 1023 + "\n") * 1500)
    job = at.transform(model, uri, given={"SplitType": "Line"}, output={"AssembleWith": "Line"}, MaxPayloadInMB=1)
    assert results(at, job, "rows.csv") == ["1024 rows\n476 rows\n"]
    unsplit = at.transform(model, uri, MaxPayloadInMB=1)
    assert "larger than MaxPayloadInMB" in unsplit["FailureReason"]


def test_pictures_go_as_they_are_several_at_once(at: Bench) -> None:
    script = """
        import hashlib, json, time

        AT_WORK, MET = [], []

        def model_fn(folder):
            return 0

        def transform_fn(model, body, content_type, accept):
            AT_WORK.append(body)
            deadline = time.time() + 20
            while len(AT_WORK) < 2 and not MET and time.time() < deadline:
                time.sleep(0.01)
            together = len(AT_WORK)
            if together > 1:
                MET.append(True)
            AT_WORK.pop()
            return json.dumps([hashlib.sha256(body).hexdigest(), content_type, together]), accept
    """
    files = {f"{number}.jpg": bytes([0xFF, 0xD8, number, 0x0A, 0x0D]) * 1000 for number in range(4)}
    for name, data in files.items():
        at.put(f"pictures/{name}", data)
    job = at.transform(
        at.model(script),
        f"s3://{at.bucket}/pictures/",
        given={"ContentType": "application/x-image", "SplitType": "None"},
        output={"Accept": "application/json"},
        MaxConcurrentTransforms=4,
    )
    assert job["TransformJobStatus"] == "Completed"
    answers = [json.loads(text) for text in results(at, job, *files)]
    assert [(digest, kind) for digest, kind, _ in answers] == [
        (hashlib.sha256(data).hexdigest(), "application/x-image") for data in files.values()
    ]
    assert max(together for *_, together in answers) > 1


def test_payloads_at_once_are_bounded(at: Bench, model: str) -> None:
    with pytest.raises(ClientError, match="must not exceed 100 MB"):
        at.transform(model, f"s3://{at.bucket}/whole/", MaxConcurrentTransforms=11, MaxPayloadInMB=10)


def test_a_models_refusal_fails_the_job(at: Bench, model: str) -> None:
    job = at.transform(model, at.put("bad/rows.csv", "bad\n"))
    assert job["TransformJobStatus"] == "Failed"
    assert "500: ValueError: a bad row" in job["FailureReason"]


def test_a_model_that_does_not_load_fails_the_job(at: Bench) -> None:
    job = at.transform(at.model("raise SystemExit(3)"), at.put("some/rows.csv", "1\n"))
    assert "did not pass the ping health check" in job["FailureReason"]


def test_missing_input_fails_the_job(at: Bench, model: str) -> None:
    job = at.transform(model, f"s3://{at.bucket}/nothing/")
    assert job["FailureReason"].startswith("ClientError: No S3 objects found under S3 URL")
