"""The request that starts prepare_spark.py on SageMaker, held against the service's own model and our names."""

import importlib.util
from types import ModuleType

import pytest
from botocore.session import get_session
from botocore.validate import ParamValidator

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
