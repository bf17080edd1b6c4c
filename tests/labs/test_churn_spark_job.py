"""The request that starts prepare_spark.py on SageMaker, held against the service's own model and our names."""

import importlib.util
import json
from pathlib import Path
from types import ModuleType
from typing import Any

import boto3
import pytest
from botocore.session import get_session
from botocore.stub import ANY, Stubber
from botocore.validate import ParamValidator
from moto import mock_aws

from classlab.build.description import describe
from classlab.contract import JOB_NAME_MAX, attendee_stack_name
from classlab.labs import Lab

SEAT = {
    "stack": attendee_stack_name("c" * 12, "a" * 20),
    "bucket": "seat",
    "class_bucket": "class",
    "role_arn": "arn:aws:iam::000000000000:role/classlab/c/role",
    "tags": [{"Key": "classlab:classroom", "Value": "c"}],
}

_RESOURCES = {"ClusterConfig": {"InstanceCount": 3, "InstanceType": "ml.m5.large", "VolumeSizeInGB": 30}}
_DESCRIBED: dict[str, Any] = {  # what the service's model asks of every description
    "ProcessingJobName": "x",
    "ProcessingJobArn": "arn:aws:sagemaker:us-east-1:000000000000:processing-job/x",
    "ProcessingResources": _RESOURCES,
    "AppSpecification": {"ImageUri": "x"},
    "CreationTime": 0,
}


@pytest.fixture(scope="module")
def spark_job(churn: Lab) -> ModuleType:
    """The script, as a module."""
    spec = importlib.util.spec_from_file_location("spark_job", churn.folder / "spark_job.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_request_is_valid_and_named_after_the_seat(spark_job: ModuleType) -> None:
    cluster = spark_job.Cluster("ml.m5.xlarge", instances=4, minutes=30)
    uri = "000000000000.dkr.ecr.us-east-1.amazonaws.com/sagemaker-spark-processing:3.5-cpu-py312-v1.4"
    asked = spark_job.request(
        SEAT, image=uri, cluster=cluster, data="s3://class/data/churn.csv", sha256="", run="0" * 12
    )
    shape = get_session().get_service_model("sagemaker").operation_model("CreateProcessingJob").input_shape
    assert shape
    assert not ParamValidator().validate(asked, shape).has_errors()
    name = asked["ProcessingJobName"]
    assert name.startswith(f"{SEAT['stack']}--")
    assert len(name) <= JOB_NAME_MAX
    assert asked["Tags"] == SEAT["tags"]


def test_attendees_are_told_the_image_of_spark(churn: Lab) -> None:
    assert b"/sagemaker-spark-processing:3.5-cpu-py312" in describe(churn, language="en", region="ap-northeast-2")


def _seat(spark_job: ModuleType, churn: Lab, folder: Path, patch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Put the script into a seat's folder with what lies beside it there; returns the clients that it will make."""
    (folder / "lab.json").write_bytes(describe(churn, language="en", region="us-east-1"))
    (folder / "seat.json").write_text(json.dumps(SEAT))
    for name in spark_job.SCRIPTS:
        (folder / name).write_bytes((churn.folder / name).read_bytes())
    clients: dict[str, Any] = {name: boto3.client(name, region_name="us-east-1") for name in ("s3", "sagemaker")}
    clients["s3"].create_bucket(Bucket=SEAT["bucket"])
    patch.chdir(folder)
    patch.setattr(spark_job, "SEAT", folder / "seat.json")
    patch.setattr(spark_job, "POLL_SECONDS", 0)
    patch.setattr("sys.argv", ["spark_job.py", "--instances", "3"])
    patch.setattr(spark_job.boto3, "client", clients.__getitem__)
    return clients


def _goes_through(stubber: Stubber, spark_job: ModuleType, *descriptions: dict[str, str]) -> None:
    """The job is asked for once, and then described until it has ended."""
    cluster = spark_job.Cluster("", 1, 1)
    asked = dict.fromkeys(spark_job.request(SEAT, image="", cluster=cluster, data="", sha256="", run=""), ANY)
    made = {"ProcessingJobArn": _DESCRIBED["ProcessingJobArn"]}
    stubber.add_response("create_processing_job", made, {**asked, "ProcessingResources": _RESOURCES})
    for description in descriptions:
        stubber.add_response("describe_processing_job", {**_DESCRIBED, **description}, {"ProcessingJobName": ANY})


def _uploaded(s3: Any) -> dict[str, str]:  # noqa: ANN401 - a client
    keys = [item["Key"] for item in s3.list_objects_v2(Bucket=SEAT["bucket"])["Contents"]]
    return {key: s3.get_object(Bucket=SEAT["bucket"], Key=key)["Body"].read().decode() for key in keys}


@pytest.fixture
def seat(monkeypatch: pytest.MonkeyPatch) -> Any:  # noqa: ANN401 - moto's context
    """An empty account."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    with mock_aws():
        yield


@pytest.mark.usefixtures("seat")
def test_it_uploads_the_scripts_and_waits_until_the_job_has_ended(
    spark_job: ModuleType,
    churn: Lab,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    going = {"ProcessingJobStatus": "InProgress"}
    clients = _seat(spark_job, churn, tmp_path, monkeypatch)
    with Stubber(clients["sagemaker"]) as stubber:
        _goes_through(stubber, spark_job, going, going, {"ProcessingJobStatus": "Completed"})
        spark_job.main()
        stubber.assert_no_pending_responses()
    assert _uploaded(clients["s3"]) == {
        f"churn/spark-code/{name}": (churn.folder / name).read_text() for name in spark_job.SCRIPTS
    }
    said = [line.rpartition(": ")[2] for line in capsys.readouterr().out.splitlines()]
    assert said == ["InProgress", "Completed", "s3://seat/churn/spark/"]


@pytest.mark.usefixtures("seat")
@pytest.mark.parametrize(
    ("ended", "told"),
    [
        ({"ExitMessage": "DataError: row 3", "FailureReason": "AlgorithmError"}, "DataError: row 3"),
        ({"FailureReason": "InternalServerError: try again"}, "InternalServerError: try again"),
        ({"ProcessingJobStatus": "Stopped"}, "the job was stopped"),
    ],
)
def test_a_job_that_failed_ends_it_with_the_reason(
    spark_job: ModuleType,
    churn: Lab,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    ended: dict[str, str],
    told: str,
) -> None:
    clients = _seat(spark_job, churn, tmp_path, monkeypatch)
    with Stubber(clients["sagemaker"]) as stubber:
        _goes_through(stubber, spark_job, {"ProcessingJobStatus": "Failed", **ended})
        with pytest.raises(SystemExit) as stopped:
            spark_job.main()
    assert stopped.value.code == told
