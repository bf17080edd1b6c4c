"""The asset resource: copies, empties, and answers CloudFormation whatever happens."""

import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import Any

import pytest

from lambdas.assets import handler as assets
from lambdas.assets.model import REASON_MAX
from tests.unit.lambdas.account import Account
from tests.unit.lambdas.function_context import FunctionContext
from tests.unit.lambdas.seats import make_bucket

STAGING, BUCKET, PREFIX = "cdk-staging", "demo-classbucket-1a2b3c", "assets/0123456789abcdef/"


class CloudFormation(HTTPServer):
    """Where the answers go: a server on loopback that keeps what is put there."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Answers)
        self.answers: list[dict[str, Any]] = []
        self.statuses = [200]
        self.content_types: list[str | None] = []

    @property
    def url(self) -> str:
        """A ResponseURL."""
        return f"http://127.0.0.1:{self.server_port}/answer?signature=x"


class _Answers(BaseHTTPRequestHandler):
    server: CloudFormation

    def do_PUT(self) -> None:
        """Under the name that http.server looks for."""
        status = self.server.statuses.pop(0) if len(self.server.statuses) > 1 else self.server.statuses[0]
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if status == 200:
            self.server.answers.append(json.loads(body))
            self.server.content_types.append(self.headers["Content-Type"])
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Not on the console."""


@pytest.fixture
def cloudformation() -> Iterator[CloudFormation]:
    """A stack that waits."""
    server = CloudFormation()
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def staged(account: Account, monkeypatch: pytest.MonkeyPatch) -> Account:
    """Two staged assets and an empty class bucket."""
    monkeypatch.setattr(assets, "_CLIENTS", account.clients)
    account.own.s3.create_bucket(Bucket=STAGING)
    for key in ("aaa.zip", "bbb.gz"):
        account.own.s3.put_object(Bucket=STAGING, Key=key, Body=key.encode())
    make_bucket(account, BUCKET, [], work=0)
    return account


def event(url: str, request: str = "Create", **more: Any) -> dict[str, Any]:  # noqa: ANN401 # members of the event
    """What CloudFormation sends."""
    files = [
        {"SourceBucket": STAGING, "SourceKey": "aaa.zip", "Path": "labs.bundle", "Sha256": "aaa"},
        {"SourceBucket": STAGING, "SourceKey": "bbb.gz", "Path": "labs/churn/source.tar.gz", "Sha256": "bbb"},
    ]
    properties = {"ServiceToken": "arn", "ClassBucket": BUCKET, "Prefix": PREFIX, "Files": files}
    return {
        "RequestType": request,
        "ResponseURL": url,
        "StackId": "arn:stack",
        "RequestId": "r-1",
        "LogicalResourceId": "Assets",
        "ResourceProperties": properties,
        **more,
    }


def held(account: Account) -> dict[str, bytes]:
    """What the class bucket holds."""
    s3 = account.own.s3
    keys = [item["Key"] for item in s3.list_objects_v2(Bucket=BUCKET).get("Contents", [])]
    return {key: s3.get_object(Bucket=BUCKET, Key=key)["Body"].read() for key in keys}


def test_create_copies_every_file_below_the_prefix(staged: Account, cloudformation: CloudFormation) -> None:
    assets.handler(event(cloudformation.url), FunctionContext())

    assert held(staged) == {f"{PREFIX}labs.bundle": b"aaa.zip", f"{PREFIX}labs/churn/source.tar.gz": b"bbb.gz"}
    assert cloudformation.answers == [
        {
            "Status": "SUCCESS",
            "Reason": "",
            "PhysicalResourceId": BUCKET,
            "StackId": "arn:stack",
            "RequestId": "r-1",
            "LogicalResourceId": "Assets",
            "Data": {},
        }
    ]
    assert cloudformation.content_types == [""]


def test_update_keeps_the_physical_id_and_the_older_build(staged: Account, cloudformation: CloudFormation) -> None:
    assets.handler(event(cloudformation.url), FunctionContext())
    newer = event(cloudformation.url, "Update", PhysicalResourceId=BUCKET)
    newer["ResourceProperties"] = {**newer["ResourceProperties"], "Prefix": "assets/fedcba9876543210/"}

    assets.handler(newer, FunctionContext())

    assert {answer["PhysicalResourceId"] for answer in cloudformation.answers} == {BUCKET}
    assert len(held(staged)) == 4


def test_delete_empties_the_bucket_of_every_version(staged: Account, cloudformation: CloudFormation) -> None:
    for _ in range(2):
        assets.handler(event(cloudformation.url), FunctionContext())
    staged.own.s3.delete_object(Bucket=BUCKET, Key=f"{PREFIX}labs.bundle")

    assets.handler(event(cloudformation.url, "Delete", PhysicalResourceId=BUCKET), FunctionContext())

    assert cloudformation.answers[-1]["Status"] == "SUCCESS"
    staged.own.s3.delete_bucket(Bucket=BUCKET)


def test_delete_of_a_bucket_that_is_gone_succeeds(staged: Account, cloudformation: CloudFormation) -> None:
    staged.own.s3.delete_bucket(Bucket=BUCKET)
    assets.handler(event(cloudformation.url, "Delete", PhysicalResourceId=BUCKET), FunctionContext())
    assert cloudformation.answers[0]["Status"] == "SUCCESS"


FAILURES = {
    "missing": ("s3.CopyObject", "NoSuchKey", "run `classlab build` and deploy again"),
    "denied": ("s3.CopyObject", "AccessDenied", "aaa.zip could not be copied to labs.bundle (CopyObject: AccessDenied"),
}


@pytest.mark.parametrize("case", FAILURES)
def test_a_copy_that_fails_is_answered_with_its_reason(
    case: str, staged: Account, cloudformation: CloudFormation
) -> None:
    call, code, reason = FAILURES[case]
    staged.faults.fail(call, code)

    assets.handler(event(cloudformation.url), FunctionContext())

    answer = cloudformation.answers[0]
    assert answer["Status"] == "FAILED"
    assert reason in answer["Reason"]
    assert answer["PhysicalResourceId"] == "Assets"


def test_a_delete_that_is_refused_is_answered(staged: Account, cloudformation: CloudFormation) -> None:
    staged.faults.fail("s3.ListObjectVersions", "AccessDenied")
    assets.handler(event(cloudformation.url, "Delete", PhysicalResourceId=BUCKET), FunctionContext())
    assert cloudformation.answers[0]["Status"] == "FAILED"
    assert cloudformation.answers[0]["PhysicalResourceId"] == BUCKET


def test_a_refused_object_is_named(staged: Account, cloudformation: CloudFormation) -> None:
    """DeleteObjects answers 200 and lists what it did not delete."""
    assets.handler(event(cloudformation.url), FunctionContext())
    staged.clients.s3.meta.events.register(
        "after-call.s3.DeleteObjects",
        lambda parsed, **_: parsed.update(Errors=[{"Key": "locked", "Code": "AccessDenied", "Message": "held"}]),
    )
    assets.handler(event(cloudformation.url, "Delete", PhysicalResourceId=BUCKET), FunctionContext())
    assert "locked: held" in cloudformation.answers[-1]["Reason"]


@pytest.mark.parametrize("request_type", ["Create", "Delete"])
def test_time_that_runs_out_is_answered_in_time(
    request_type: str, staged: Account, cloudformation: CloudFormation
) -> None:
    staged.own.s3.put_object(Bucket=BUCKET, Key="x", Body=b"x")
    assets.handler(event(cloudformation.url, request_type), FunctionContext(seconds=40))
    assert cloudformation.answers[0]["Status"] == "FAILED"
    assert "the time ended" in cloudformation.answers[0]["Reason"]


def test_wrong_properties_are_answered(staged: Account, cloudformation: CloudFormation) -> None:
    assets.handler(event(cloudformation.url, ResourceProperties={"ClassBucket": BUCKET}), FunctionContext())
    assert cloudformation.answers[0]["Status"] == "FAILED"
    assert "Prefix: Field required" in cloudformation.answers[0]["Reason"]


def test_what_nobody_thought_of_is_answered_shortly(
    staged: Account, cloudformation: CloudFormation, monkeypatch: pytest.MonkeyPatch
) -> None:
    def breaks(*_: object, **__: object) -> str:
        raise ZeroDivisionError("x" * 10_000)

    monkeypatch.setattr("lambdas.assets.logic.fulfil", breaks)
    assets.handler(event(cloudformation.url), FunctionContext())
    assert len(cloudformation.answers[0]["Reason"]) == REASON_MAX


def test_an_answer_is_sent_again_after_a_server_error(staged: Account, cloudformation: CloudFormation) -> None:
    cloudformation.statuses = [503, 500, 200]
    assets.handler(event(cloudformation.url), FunctionContext())
    assert [answer["Status"] for answer in cloudformation.answers] == ["SUCCESS"]


def test_an_answer_that_is_refused_fails_the_function_so_that_lambda_calls_it_again(
    staged: Account, cloudformation: CloudFormation
) -> None:
    cloudformation.statuses = [403]
    with pytest.raises(RuntimeError, match="status 403"):
        assets.handler(event(cloudformation.url), FunctionContext())
