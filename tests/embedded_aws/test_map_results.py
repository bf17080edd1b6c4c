"""Distributed Map: what is written of results, and with whose rights."""

from __future__ import annotations

import json
from typing import Any

import pytest

from embedded_aws.states.distributed_map_results import Writer
from tests.embedded_aws.account import Account
from tests.embedded_aws.map_runs import BAD_FAILS, ITEMS, map_run, mapped, run
from tests.embedded_aws.state_runs import ALL, output


def exported(bucket: str, **config: str) -> dict[str, Any]:
    given = {"Resource": "arn:aws:states:::s3:putObject", "Parameters": {"Bucket": bucket, "Prefix": "runs"}}
    return {"ResultWriter": {**given, **({"WriterConfig": config} if config else {})}}


def content(account: Account, bucket: str, key: str) -> str:
    return str(account.client("s3").get_object(Bucket=bucket, Key=key)["Body"].read().decode())


def test_results_are_written_with_a_manifest(account: Account) -> None:
    """Developer guide, "ResultWriter (Map)", "Exporting to Amazon S3": manifest.json, FAILED_0 and SUCCEEDED_0."""
    bucket = account.bucket()
    done = run(account, mapped(BAD_FAILS, ToleratedFailureCount=1, **exported(bucket)), ITEMS)
    given, shown = output(done), map_run(account, done)
    folder = f"runs/{shown['mapRunArn'].rsplit(':', 1)[-1]}"
    assert given["MapRunArn"] == shown["mapRunArn"]
    assert given["ResultWriterDetails"] == {"Bucket": bucket, "Key": f"{folder}/manifest.json"}
    manifest = json.loads(content(account, bucket, f"{folder}/manifest.json"))
    assert (manifest["DestinationBucket"], manifest["MapRunArn"]) == (bucket, shown["mapRunArn"])
    files = {status: [item["Key"] for item in held] for status, held in manifest["ResultFiles"].items()}
    assert files == {"FAILED": [f"{folder}/FAILED_0.json"], "PENDING": [], "SUCCEEDED": [f"{folder}/SUCCEEDED_0.json"]}
    [failed] = json.loads(content(account, bucket, f"{folder}/FAILED_0.json"))
    assert (failed["Status"], failed["Error"], failed["Cause"]) == ("FAILED", "Wrong", "it is bad")
    good = json.loads(content(account, bucket, f"{folder}/SUCCEEDED_0.json"))
    assert [child["Output"] for child in good] == ['{"done": 0}', '{"done": 1}', '{"done": 3}']
    assert shown["itemCounts"]["resultsWritten"] == 4


def test_results_of_a_failed_map_run_are_written_too(account: Account) -> None:
    """Developer guide, "ResultWriter (Map)", "Exporting to Amazon S3": failed children have a file of their own."""
    bucket = account.bucket()
    done = run(account, mapped(BAD_FAILS, **exported(bucket)), ITEMS)
    assert done["error"] == "States.ExceedToleratedFailureThreshold"
    keys = [item["Key"] for item in account.client("s3").list_objects_v2(Bucket=bucket)["Contents"]]
    assert any(key.endswith("/FAILED_0.json") for key in keys)


@pytest.mark.parametrize("missing", ["s3:PutObject", "s3:GetObject", "s3:AbortMultipartUpload"])
def test_writing_results_needs_the_roles_rights(account: Account, missing: str) -> None:
    """Developer guide, "IAM policies for ResultWriter": put and get objects, list and abort multipart uploads."""
    deny = {"Effect": "Deny", "Action": missing, "Resource": "*"}
    poor = run(account, mapped(**exported(account.bucket())), [1], role=account.role(ALL, deny))
    assert (poor["error"], missing in poor["cause"]) == ("States.ResultWriterFailed", True)


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        ({"Transformation": "FLATTEN", "OutputType": "JSON"}, [1, 2, 3]),
        ({"Transformation": "COMPACT", "OutputType": "JSON"}, [[1, 2], [3]]),
    ],
)
def test_results_are_transformed_without_a_bucket(account: Account, config: dict[str, str], expected: Any) -> None:  # noqa: ANN401 # any JSON value
    """Developer guide, "ResultWriter (Map)": WriterConfig alone shapes the state's output."""
    done = run(account, mapped(ResultWriter={"WriterConfig": config}), [[1, 2], [3]])
    assert output(done) == expected


def test_lines_of_transformed_results(account: Account) -> None:
    """Developer guide, "ResultWriter (Map)": OutputType JSONL writes a result a line."""
    bucket = account.bucket()
    given = output(
        run(account, mapped(**exported(bucket, Transformation="FLATTEN", OutputType="JSONL")), [[1, 2], [3]])
    )
    folder = given["ResultWriterDetails"]["Key"].removesuffix("manifest.json")
    assert content(account, bucket, f"{folder}SUCCEEDED_0.jsonl") == "1\n2\n3"


def test_failed_children_are_described_whole() -> None:
    """Developer guide, "ResultWriter (Map)": results of failed children are never transformed."""
    record = {
        "status": "FAILED",
        "executionArn": "e",
        "input": "1",
        "name": "n",
        "startDate": "s",
        "stateMachineArn": "m",
    }
    [result] = Writer(transformation="FLATTEN").results([{**record, "error": "E", "cause": "C"}])
    assert (result["Status"], result["Error"], result["Cause"], "Output" in result) == ("FAILED", "E", "C", False)
