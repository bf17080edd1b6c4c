"""The event history's file, and how requests are read, without an engine."""

from __future__ import annotations

import json
import time
import uuid
from pathlib import Path
from typing import Any

import pytest

from embedded_aws.sagemaker.errors import AwsError
from embedded_aws.trail import calls, events_shown, lookup, parameters
from embedded_aws.trail.calls import Call
from embedded_aws.trail.store import RETENTION_SECONDS, Question, Store


def call(service: str, path: str = "/", method: str = "POST", body: bytes = b"", **more: Any) -> Call:  # noqa: ANN401 # a call's fields
    """A signed call that was answered well."""
    scope = f"AWS4-HMAC-SHA256 Credential=AKIA/20260101/us-east-1/{service}/aws4_request, Signature=0"
    headers = {"authorization": scope, **more.pop("headers", {})}
    fields = {"query": {}, "status": 200, "reply_headers": {}, "reply": b"{}", "request_id": "1", **more}
    return Call(method, path, headers, body=body, **fields)


def add(store: Store, name: str, at: float) -> None:
    identity = {"accessKeyId": "AKIA"}
    event = {"eventID": str(uuid.uuid4()), "eventName": name, "eventSource": "x", "readOnly": False}
    store.add({**event, "userIdentity": identity}, at, "someone", [("AWS::IAM::Role", name)])


def names(store: Store, **question: str) -> list[str]:
    return [event["EventName"] for _, event in store.find(Question(**question), None, 50)]  # type: ignore[arg-type] # texts


def test_events_outlive_the_engine_that_wrote_them(tmp_path: Path) -> None:
    """A file that was never closed, as after kill -9, is read by the next."""
    first = Store(tmp_path / "trail.sqlite3")
    add(first, "Earlier", time.time())
    second = Store(tmp_path / "trail.sqlite3")
    add(second, "Later", time.time())
    assert names(second) == ["Later", "Earlier"]


def test_ninety_days_are_kept(tmp_path: Path) -> None:
    """AWS, "Working with CloudTrail event history": the past 90 days."""
    store = Store(tmp_path / "trail.sqlite3")
    add(store, "Old", time.time() - RETENTION_SECONDS - 60)
    add(store, "Kept", time.time() - RETENTION_SECONDS + 60)
    assert names(store) == ["Kept"]
    assert names(store, attribute="ResourceName", value="Old") == []
    store.close()
    again = Store(tmp_path / "trail.sqlite3")
    assert again._database.execute("SELECT EventName FROM events").fetchall() == [("Kept",)]
    assert again._database.execute("SELECT ResourceName FROM resources").fetchall() == [("Kept",)]


@pytest.mark.parametrize(
    "asked",
    [
        {"LookupAttributes": "text"},
        {"LookupAttributes": ["text"]},
        {"LookupAttributes": [{"AttributeKey": ["EventName"], "AttributeValue": "v"}]},
        {"StartTime": "yesterday"},
        {"StartTime": 1.0, "EndTime": "today"},
    ],
)
def test_members_of_another_type_are_refused(tmp_path: Path, asked: dict[str, Any]) -> None:
    """API reference, "LookupEvents": LookupAttributes is an array of objects of strings, the times are timestamps."""
    with pytest.raises(AwsError, match="SerializationException"):
        lookup.perform(Store(tmp_path / "trail"), "LookupEvents", asked)


def test_insights_are_none_and_other_categories_are_refused(tmp_path: Path) -> None:
    """AWS, "LookupEvents": EventCategory `insight` gives Insights events, which nobody has enabled here."""
    store = Store(tmp_path / "trail.sqlite3")
    add(store, "Some", time.time())
    assert lookup.perform(store, "LookupEvents", {"EventCategory": "insight"}) == {"Events": []}
    with pytest.raises(AwsError, match="InvalidEventCategoryException"):
        lookup.perform(store, "LookupEvents", {"EventCategory": "data"})


@pytest.mark.parametrize(
    ("asked", "operation"),
    [
        (call("sagemaker", headers={"x-amz-target": "SageMaker.ListModels"}), "ListModels"),
        (
            call(
                "iam", body=b"Action=GetRole&RoleName=a", headers={"content-type": "application/x-www-form-urlencoded"}
            ),
            "GetRole",
        ),
        (call("lambda", "/2015-03-31/functions/f/code", "PUT"), "UpdateFunctionCode"),
        (call("lambda", "/2015-03-31/functions", "POST"), "CreateFunction"),
        (call("scheduler", "/schedules/night", "DELETE"), "DeleteSchedule"),
        (call("s3", "/bucket", "PUT", query={"policy": [""]}), "PutBucketPolicy"),
        (call("s3", "/bucket", "PUT"), "CreateBucket"),
        (call("s3", "/", "GET", query={"x-id": ["ListBuckets"]}), "ListBuckets"),
        (call("s3", "/bucket", "GET", query={"list-type": ["2"]}), "ListObjectsV2"),
        (call("monitoring", "/service/GraniteServiceVersion20100801/operation/ListMetrics"), "ListMetrics"),
        (call("sagemaker", "/endpoints/e/invocations"), ""),
    ],
)
def test_operation_is_told_from_the_request(asked: Call, operation: str) -> None:
    """Botocore's models say by which method, path, query and headers an operation is asked for."""
    assert calls.operation_name(asked, calls.service_model(asked.service)) == operation


def test_lists_of_query_requests_are_read() -> None:
    """AWS, "Query requests": lists are numbered members."""
    second, first = "Tags.member.2.Key=b&Tags.member.2.Value=2", "Tags.member.1.Key=a&Tags.member.1.Value=1"
    body = f"Action=CreateRole&RoleName=a&{second}&{first}"
    asked = call("iam", body=body.encode(), headers={"content-type": "application/x-www-form-urlencoded"})
    known = calls.operation_model(calls.service_model("iam"), "CreateRole")
    assert known is not None
    tags = [{"key": "a", "value": "1"}, {"key": "b", "value": "2"}]
    assert parameters.request_parameters(asked, known) == {"roleName": "a", "tags": tags}


def test_parameters_above_100_kb_are_left_out() -> None:
    """AWS, "CloudTrail record contents": the content of requestParameters above 100 KB is omitted."""
    body = json.dumps({"ModelName": "a" * 110_000}).encode()
    asked = call("sagemaker", body=body, headers={"x-amz-target": "SageMaker.DescribeModel"})
    known = calls.operation_model(calls.service_model("sagemaker"), "DescribeModel")
    assert known is not None
    assert parameters.request_parameters(asked, known) == {"omitted": True}


@pytest.mark.parametrize(
    ("service", "operation", "path", "is_data"),
    [
        ("s3", "GetObject", "/bucket/key", True),
        ("s3", "DeleteObjects", "/bucket", True),
        ("s3", "DeleteBucket", "/bucket", False),
        ("lambda", "Invoke", "/", True),
        ("lambda", "GetFunction", "/", False),
        ("dynamodb", "PutItem", "/", True),
        ("dynamodb", "CreateTable", "/", False),
        ("states", "StartExecution", "/", False),
    ],
)
def test_data_events_are_told_apart(service: str, operation: str, path: str, *, is_data: bool) -> None:
    """AWS, "Logging data events"."""
    assert events_shown.is_data_event(service, operation, path) is is_data


def test_values_of_parameters_are_left_out_and_those_of_tags_are_not() -> None:
    """The value of a parameter may be a secret; what CloudTrail shows of a plain one is not known."""
    body = json.dumps({"Name": "/a", "Value": "s3cret", "Tags": [{"Key": "k", "Value": "shown"}]}).encode()
    asked = call("ssm", body=body, headers={"x-amz-target": "AmazonSSM.PutParameter"})
    known = calls.operation_model(calls.service_model("ssm"), "PutParameter")
    assert known is not None
    assert parameters.request_parameters(asked, known) == {"name": "/a", "tags": [{"key": "k", "value": "shown"}]}
