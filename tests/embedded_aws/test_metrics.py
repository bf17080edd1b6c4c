"""Metrics from MetricDefinitions: the last value in Describe, every value in CloudWatch."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, cast

import pytest

from embedded_aws.runtime.host import Principal
from embedded_aws.runtime.metrics import Metrics
from embedded_aws.runtime.outbox import BATCH
from embedded_aws.sagemaker.errors import AwsError
from tests.embedded_aws.account import Account, allow, code_of
from tests.embedded_aws.bench import LOGS, SCIKIT_LEARN, Bench, Described, bench
from tests.embedded_aws.sagemaker_stubs import IMAGE, stand, training, tuning

SCRIPT = "print('loss=0.5 auc=0.6'); print('loss=0.25'); print('loss=oops'); print('auc=0.75')"
DEFINITIONS = [
    {"Name": "loss", "Regex": r"loss=(\S+)"},
    {"Name": "auc", "Regex": r"auc=([0-9.]+)"},
    {"Name": "never", "Regex": r"never=([0-9.]+)"},
]
OWN_NAMESPACE = {"StringLike": {"cloudwatch:namespace": "/aws/sagemaker/*"}}
AT = {"TrainingImage": SCIKIT_LEARN, "TrainingInputMode": "File", "MetricDefinitions": DEFINITIONS}


@pytest.fixture(scope="module")
def desk(account: Account) -> Bench:
    return bench(account)


def final(job: Described) -> dict[str, float]:
    return {item["MetricName"]: item["Value"] for item in job.get("FinalMetricDataList", [])}


def values(desk: Bench, job: str, metric: str) -> list[dict[str, Any]]:
    """As the SageMaker Python SDK's TrainingJobAnalytics asks."""
    now = datetime.now(UTC)
    answer = desk.account.client("cloudwatch").get_metric_statistics(
        Namespace="/aws/sagemaker/TrainingJobs",
        MetricName=metric,
        Dimensions=[{"Name": "TrainingJobName", "Value": job}],
        StartTime=now - timedelta(hours=1),
        EndTime=now + timedelta(hours=1),
        Period=86400,
        Statistics=["SampleCount", "Minimum", "Maximum"],
    )
    points: list[dict[str, Any]] = answer["Datapoints"]
    return points


def test_metrics_are_in_describe_and_in_cloudwatch(account: Account, desk: Bench) -> None:
    """API_MetricData and API_AlgorithmSpecification: SageMaker publishes each metric to CloudWatch.

    The right may be limited by cloudwatch:namespace: Service Authorization Reference, Amazon CloudWatch.
    """
    source = [f"arn:aws:s3:::{desk.bucket}", f"arn:aws:s3:::{desk.bucket}/*"]
    role = account.role(
        allow("s3:*", resource=source), allow(*LOGS), allow("cloudwatch:PutMetricData", when=OWN_NAMESPACE)
    )
    job = desk.train(SCRIPT, AlgorithmSpecification=AT, RoleArn=role)
    assert final(job) == {"loss": 0.25, "auc": 0.75}
    (point,) = values(desk, job["TrainingJobName"], "loss")
    assert (point["SampleCount"], point["Minimum"], point["Maximum"]) == (2, 0.25, 0.5)
    assert values(desk, job["TrainingJobName"], "never") == []


def test_a_namespace_can_be_forbidden(account: Account) -> None:
    """As above, for whoever puts metrics."""
    cloudwatch = account.client("cloudwatch", account.user(allow("cloudwatch:PutMetricData", when=OWN_NAMESPACE)))
    cloudwatch.put_metric_data(Namespace="/aws/sagemaker/Own", MetricData=[{"MetricName": "a", "Value": 1.0}])
    with pytest.raises(cloudwatch.exceptions.ClientError) as caught:
        cloudwatch.put_metric_data(Namespace="Own", MetricData=[{"MetricName": "a", "Value": 1.0}])
    assert code_of(caught.value) == "AccessDeniedException"


def test_a_role_that_may_not_put_them_loses_them(desk: Bench) -> None:
    """Developer guide, "SageMaker AI Roles": cloudwatch:PutMetricData is among the execution role's permissions."""
    job = desk.train(SCRIPT, AlgorithmSpecification=AT)
    assert (job["TrainingJobStatus"], final(job)) == ("Completed", {"loss": 0.25, "auc": 0.75})
    assert values(desk, job["TrainingJobName"], "loss") == []


def test_a_job_that_fails_has_its_metrics_too(desk: Bench) -> None:
    job = desk.train(f"{SCRIPT}; raise SystemExit(3)", AlgorithmSpecification=AT)
    assert (job["TrainingJobStatus"], final(job)) == ("Failed", {"loss": 0.25, "auc": 0.75})


@pytest.mark.parametrize(
    ("definitions", "text"),
    [
        ([{"Name": "loss", "Regex": "loss=("}], "not valid"),
        ([{"Name": "loss", "Regex": "a"}, {"Name": "loss", "Regex": "b"}], "more than once"),
    ],
)
def test_definitions_must_make_sense(definitions: list[dict[str, str]], text: str) -> None:
    specification = {"TrainingImage": IMAGE, "TrainingInputMode": "File", "MetricDefinitions": definitions}
    at = stand()
    for action, params in (
        ("CreateTrainingJob", training(AlgorithmSpecification=specification)),
        ("CreateHyperParameterTuningJob", tuning(definition={"AlgorithmSpecification": specification})),
    ):
        with pytest.raises(AwsError, match=text) as refused:
            at(action, **params)
        assert refused.value.code == "ValidationException"


class Counts:
    """A CloudWatch that notes how many values come at once."""

    def __init__(self) -> None:
        self.sizes: list[int] = []

    def call(self, service: str, operation: str, **params: Any) -> dict[str, Any]:  # noqa: ANN401 # parameters of any call
        """PutMetricData."""
        self.sizes.append(len(params["MetricData"]))
        return {}


def test_no_request_has_more_than_a_thousand_values() -> None:
    """API_PutMetricData: 1000 metrics a request at the most."""
    cloudwatch = Counts()
    metrics = Metrics(cast("Principal", cloudwatch), "job", [{"Name": "a", "Regex": "a=([0-9]+)"}])
    for number in range(2 * BATCH + 5):
        metrics.watch(f"a={number}")
    metrics.close()
    assert sum(cloudwatch.sizes) == 2 * BATCH + 5
    assert max(cloudwatch.sizes) <= BATCH
    assert metrics.final()["FinalMetricDataList"][0]["Value"] == 2 * BATCH + 4


@pytest.mark.parametrize(
    ("regex", "line"),
    [("loss", "loss"), ("loss=(a)?", "loss="), *(("loss=(.*)", f"loss={value}") for value in ("a", "nan", "-inf"))],
)
def test_what_is_no_number_is_no_value(regex: str, line: str) -> None:
    """API_MetricDatum, Value: "NaN, +Infinity, -Infinity" are not supported."""
    metrics = Metrics(cast("Principal", Counts()), "job", [{"Name": "loss", "Regex": regex}])
    metrics.watch(line)
    metrics.close()
    assert metrics.final() == {}
