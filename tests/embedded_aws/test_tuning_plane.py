"""Tuning jobs in the control plane: what is refused, what their training jobs are, and what they count."""

from __future__ import annotations

import pytest

from embedded_aws.iam import authorization
from embedded_aws.sagemaker import tuning as of_tuning
from embedded_aws.sagemaker.control_plane import Record
from embedded_aws.sagemaker.errors import AwsError
from embedded_aws.sagemaker.kinds import TRAINING_JOB, TUNING_JOB
from tests.embedded_aws.sagemaker_stubs import ACCOUNT, REGION, ROLE, Params, Stand, stand, training, tuning

ARN = f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:hyper-parameter-tuning-job/tune"
TAGS = [{"Key": "class", "Value": "x"}]
NAME = {"HyperParameterTuningJobName": "tune"}


@pytest.fixture
def at() -> Stand:
    return stand()


def error(at: Stand, action: str = "CreateHyperParameterTuningJob", **params: object) -> tuple[str, str]:
    with pytest.raises(AwsError) as caught:
        at(action, **params)
    return caught.value.code, caught.value.message


def launched(at: Stand, **values: str) -> Record:
    return of_tuning.launch(at.plane, at.plane.record(TUNING_JOB, "tune"), values)


def end(at: Stand, child: Record, status: str = "Completed", value: float | None = None, reason: str = "") -> None:
    metrics = [{"MetricName": "loss", "Value": 9.0}]
    metrics += [{"MetricName": "auc", "Value": value}] if value is not None else []
    at.plane.transition(
        TRAINING_JOB, child, status, FinalMetricDataList=metrics, **({"FailureReason": reason} if reason else {})
    )


def described(at: Stand) -> Params:
    return at("DescribeHyperParameterTuningJob", **NAME)


def test_it_runs_and_is_described_and_listed(at: Stand) -> None:
    assert at("CreateHyperParameterTuningJob", **tuning()) == {"HyperParameterTuningJobArn": ARN}
    assert at.runtime.calls == [("started", "HyperParameterTuningJob", "tune")]
    job = described(at)
    assert job["HyperParameterTuningJobStatus"] == "InProgress"
    assert job["HyperParameterTuningJobConfig"]["TrainingJobEarlyStoppingType"] == "Off"
    assert job["TrainingJobDefinition"]["StaticHyperParameters"] == {"_tuning_objective_metric": "auc"}
    assert set(job["TrainingJobStatusCounters"].values()) == {0}
    assert "Strategy" not in job
    (summary,) = at("ListHyperParameterTuningJobs")["HyperParameterTuningJobSummaries"]
    assert (summary["Strategy"], summary["HyperParameterTuningJobArn"]) == ("Random", ARN)
    assert summary["ResourceLimits"] == {"MaxNumberOfTrainingJobs": 4, "MaxParallelTrainingJobs": 2}
    at.runtime.finish()
    assert described(at)["HyperParameterTuningJobStatus"] == "Completed"


def test_its_training_jobs_are_training_jobs(at: Stand) -> None:
    definition = {"StaticHyperParameters": {"depth": "4"}, "Environment": {"A": "b"}}
    at("CreateHyperParameterTuningJob", **tuning(definition=definition, Tags=TAGS))
    child = launched(at, eta="0.2")
    name = child["TrainingJobName"]
    assert name.startswith("tune-001-")
    assert len(name) == len("tune-001-") + 8
    job = at("DescribeTrainingJob", TrainingJobName=name)
    assert job["TuningJobArn"] == ARN
    assert job["HyperParameters"] == {"depth": "4", "eta": "0.2", "_tuning_objective_metric": "auc"}
    assert (job["RoleArn"], job["Environment"]) == (ROLE, {"A": "b"})
    assert at("ListTags", ResourceArn=job["TrainingJobArn"])["Tags"] == TAGS
    assert [one["TrainingJobName"] for one in at("ListTrainingJobs")["TrainingJobSummaries"]] == [name]
    assert at.runtime.calls[-1] == ("started", "TrainingJob", name)


def test_tags_that_come_later_are_on_later_training_jobs_only(at: Stand) -> None:
    at("CreateHyperParameterTuningJob", **tuning())
    early = launched(at, eta="0.2")
    at("AddTags", ResourceArn=ARN, Tags=TAGS)
    late = launched(at, eta="0.3")
    assert [at("ListTags", ResourceArn=child["TrainingJobArn"])["Tags"] for child in (early, late)] == [[], TAGS]


def test_training_jobs_do_not_share_what_their_definition_says(at: Stand) -> None:
    at("CreateHyperParameterTuningJob", **tuning())
    one, two = launched(at, eta="0.2"), launched(at, eta="0.3")
    one["ResourceConfig"]["InstanceType"] = "ml.m5.4xlarge"
    assert two["ResourceConfig"]["InstanceType"] == "ml.m5.large"
    assert described(at)["TrainingJobDefinition"]["ResourceConfig"]["InstanceType"] == "ml.m5.large"


@pytest.mark.parametrize(("goal", "best"), [("Maximize", "0.9"), ("Minimize", "0.1")])
def test_what_its_training_jobs_came_to(at: Stand, goal: str, best: str) -> None:
    config = {"HyperParameterTuningJobObjective": {"Type": goal, "MetricName": "auc"}}
    at("CreateHyperParameterTuningJob", **tuning(jobs=8, config=config))
    children = [launched(at, eta=f"0.{number}") for number in range(1, 8)]
    assert described(at)["ObjectiveStatusCounters"] == {"Succeeded": 0, "Pending": 7, "Failed": 0}
    end(at, children[0], value=0.1)
    end(at, children[1], value=0.9)
    end(at, children[2])  # no value of the objective
    end(at, children[3], "Failed", value=2.0, reason="AlgorithmError: x")
    end(at, children[4], "Failed", reason="InternalServerError: y")
    end(at, children[5], "Stopped", value=0.5)
    job = described(at)
    assert job["TrainingJobStatusCounters"] == {
        "Completed": 3,
        "InProgress": 1,
        "RetryableError": 1,
        "NonRetryableError": 1,
        "Stopped": 1,
    }
    assert job["ObjectiveStatusCounters"] == {"Succeeded": 3, "Pending": 1, "Failed": 3}
    value = job["BestTrainingJob"]["FinalHyperParameterTuningJobObjectiveMetric"]
    assert value == {"MetricName": "auc", "Value": float(best)}
    index = 1 if goal == "Maximize" else 0
    assert job["BestTrainingJob"]["TunedHyperParameters"] == {"eta": f"0.{index + 1}"}
    assert job["BestTrainingJob"]["TrainingJobName"] == children[index]["TrainingJobName"]
    assert "OverallBestTrainingJob" not in job


def test_its_training_jobs_are_listed_in_order_and_in_pages(at: Stand) -> None:
    at("CreateHyperParameterTuningJob", **tuning(definition={"DefinitionName": "deep"}))
    children = [launched(at, eta=f"0.{number}") for number in range(1, 5)]
    for child, value in zip(children, (0.3, 0.9, None, 0.6), strict=True):
        end(at, child, value=value)

    def values(**params: object) -> list[str]:
        found = at("ListTrainingJobsForHyperParameterTuningJob", **NAME, **params)["TrainingJobSummaries"]
        assert {one["TrainingJobDefinitionName"] for one in found} <= {"deep"}
        return [one["TunedHyperParameters"]["eta"] for one in found]

    assert values() == ["0.1", "0.2", "0.3", "0.4"]
    assert values(SortBy="CreationTime", SortOrder="Descending") == ["0.4", "0.3", "0.2", "0.1"]
    assert values(SortBy="FinalObjectiveMetricValue", SortOrder="Descending") == ["0.2", "0.4", "0.1"]
    assert values(StatusEquals="Failed") == []
    page = at("ListTrainingJobsForHyperParameterTuningJob", **NAME, MaxResults=3)
    assert values(MaxResults=3, NextToken=page["NextToken"]) == ["0.4"]
    missing = error(at, "ListTrainingJobsForHyperParameterTuningJob", HyperParameterTuningJobName="none")
    assert missing[0] == "ResourceNotFound"


def test_a_deleted_training_job_still_counts(at: Stand) -> None:
    at("CreateHyperParameterTuningJob", **tuning())
    child = launched(at, eta="0.2")
    end(at, child, value=0.5)
    at("DeleteTrainingJob", TrainingJobName=child["TrainingJobName"])
    assert described(at)["ObjectiveStatusCounters"]["Succeeded"] == 1
    assert len(at("ListTrainingJobsForHyperParameterTuningJob", **NAME)["TrainingJobSummaries"]) == 1


def test_stop_and_delete(at: Stand) -> None:
    at("CreateHyperParameterTuningJob", **tuning())
    assert error(at, "DeleteHyperParameterTuningJob", **NAME)[0] == "ResourceInUse"
    child = launched(at, eta="0.2")
    at("StopHyperParameterTuningJob", **NAME)
    assert described(at)["HyperParameterTuningJobStatus"] == "Stopping"
    at.plane.transition(TUNING_JOB, at.plane.record(TUNING_JOB, "tune"), "Stopped")
    at("DeleteHyperParameterTuningJob", **NAME)
    assert error(at, "DescribeHyperParameterTuningJob", **NAME)[0] == "ResourceNotFound"
    assert at("DescribeTrainingJob", TrainingJobName=child["TrainingJobName"])["TuningJobArn"] == ARN
    end(at, child, value=0.5)  # a training job may outlive the record of its tuning job


def test_names_and_awss_words_about_them(at: Stand) -> None:
    at("CreateHyperParameterTuningJob", **tuning("Tune"))
    assert error(at, **tuning("tunE")) == (
        "ResourceInUse",
        "A hyperparameter tuning job with the name, tunE, already exists. Choose a different name.",
    )
    for verb in ("Describe", "Stop"):
        assert error(at, f"{verb}HyperParameterTuningJob", HyperParameterTuningJobName="none") == (
            "ResourceNotFound",
            "Amazon SageMaker can't find a tuning job called none. Type another name.",
        )
    assert "length less than or equal to 32" in error(at, **tuning("t" * 33))[1]


def test_a_role_or_an_image_that_its_training_jobs_cannot_have(at: Stand) -> None:
    at.roles.bad.add(ROLE)
    assert error(at, **tuning())[1] == f"Could not assume role {ROLE}."
    at.roles.bad.clear()
    unknown = tuning()
    unknown["TrainingJobDefinition"]["AlgorithmSpecification"]["TrainingImage"] = "own:1"
    assert error(at, **unknown)[1].startswith("Unknown image own:1")
    assert at("ListHyperParameterTuningJobs")["HyperParameterTuningJobSummaries"] == []


def test_a_quota_counts_what_can_run_at_once() -> None:
    at = stand(quotas={"ml.m5.large for training job usage": 3})
    at("CreateTrainingJob", **training())
    code, message = error(at, **tuning(parallel=3))
    assert code == "ResourceLimitExceeded"
    assert "current utilization of 1 Instances and a request delta of 3 Instances" in message
    at("CreateHyperParameterTuningJob", **tuning(parallel=2))
    for eta in ("0.2", "0.3"):
        launched(at, eta=eta)  # counted with the tuning job
    assert error(at, "CreateTrainingJob", **training("more"))[0] == "ResourceLimitExceeded"
    at.runtime.finish()
    at("CreateTrainingJob", **training("more"))


def numeric(**more: str) -> dict[str, str]:
    return {"Name": "eta", "MinValue": "0", "MaxValue": "1", **more}


@pytest.mark.parametrize(
    ("config", "text"),
    [
        ({"ParameterRanges": {}}, "has 0 ranges"),
        ({"ParameterRanges": {"ContinuousParameterRanges": [numeric(MinValue="low")]}}, "The range of eta"),
        ({"ParameterRanges": {"ContinuousParameterRanges": [numeric(MaxValue="nan")]}}, "they are 0.0 and nan"),
        ({"ParameterRanges": {"IntegerParameterRanges": [numeric(MinValue="3")]}}, "they are 3 and 1"),
        ({"ParameterRanges": {"IntegerParameterRanges": [numeric(MaxValue="1.5")]}}, "The range of eta"),
        ({"ParameterRanges": {"ContinuousParameterRanges": [numeric(ScalingType="Logarithmic")]}}, "greater than 0"),
        ({"ParameterRanges": {"ContinuousParameterRanges": [numeric(ScalingType="ReverseLogarithmic")]}}, "0 <= x < 1"),
        ({"ParameterRanges": {"ContinuousParameterRanges": [numeric(), numeric()]}}, "gives more to eta"),
        ({"Strategy": "Grid"}, "categorical ranges only; eta"),
        (
            {
                "Strategy": "Grid",
                "ParameterRanges": {"CategoricalParameterRanges": [{"Name": "eta", "Values": ["0.1", "0.2"]}]},
            },
            "MaxNumberOfTrainingJobs of this grid is 2",
        ),
        ({"ResourceLimits": {"MaxParallelTrainingJobs": 1}}, "MaxNumberOfTrainingJobs must be provided"),
        ({"HyperParameterTuningJobObjective": {"Type": "Minimize", "MetricName": "rmse"}}, "A metric is required"),
    ],
)
def test_what_cannot_be_searched(at: Stand, config: Params, text: str) -> None:
    code, message = error(at, **tuning(config=config))
    assert code == "ValidationException"
    assert text in message


def test_a_value_that_is_static_is_not_searched(at: Stand) -> None:
    assert "gives more to eta" in error(at, **tuning(definition={"StaticHyperParameters": {"eta": "1"}}))[1]


def test_a_script_says_how_its_objective_is_printed_and_an_algorithm_need_not(at: Stand) -> None:
    request = tuning()
    del request["TrainingJobDefinition"]["AlgorithmSpecification"]["MetricDefinitions"]
    at("CreateHyperParameterTuningJob", **request)
    request["TrainingJobDefinition"]["StaticHyperParameters"] = {"sagemaker_program": "train.py"}
    assert error(at, **{**request, "HyperParameterTuningJobName": "script"})[1] == (
        "A metric is required for this hyperparameter tuning job objective. Provide a metric in the metric definitions."
    )


def test_a_grid_knows_its_size(at: Stand) -> None:
    ranges = {"CategoricalParameterRanges": [{"Name": "a", "Values": ["1", "2", "3"]}, {"Name": "b", "Values": ["x"]}]}
    at("CreateHyperParameterTuningJob", **tuning(jobs=0, strategy="Grid", config={"ParameterRanges": ranges}))
    assert described(at)["HyperParameterTuningJobConfig"]["ResourceLimits"]["MaxNumberOfTrainingJobs"] == 3


@pytest.mark.parametrize(
    ("params", "member"),
    [
        (tuning(strategy="Hyperband"), "HyperParameterTuningJobConfig.Strategy=Hyperband"),
        (tuning(config={"TrainingJobEarlyStoppingType": "Auto"}), "TrainingJobEarlyStoppingType=Auto"),
        (tuning(config={"TuningJobCompletionCriteria": {"TargetObjectiveMetricValue": 0.9}}), "CompletionCriteria"),
        (tuning(Autotune={"Mode": "Enabled"}), "Autotune"),
        (
            tuning(
                WarmStartConfig={
                    "ParentHyperParameterTuningJobs": [{"HyperParameterTuningJobName": "old"}],
                    "WarmStartType": "TransferLearning",
                }
            ),
            "WarmStartConfig",
        ),
        (
            tuning(definition={"CheckpointConfig": {"S3Uri": "s3://bucket/c"}}),
            "TrainingJobDefinition.CheckpointConfig",
        ),
        (
            tuning(
                definition={
                    "ResourceConfig": {
                        "InstanceType": "ml.m5.large",
                        "InstanceCount": 1,
                        "VolumeSizeInGB": 5,
                        "KeepAlivePeriodInSeconds": 60,
                    }
                }
            ),
            "TrainingJobDefinition.ResourceConfig.KeepAlivePeriodInSeconds=60",
        ),
    ],
)
def test_what_aws_has_and_the_engine_has_not(at: Stand, params: Params, member: str) -> None:
    code, message = error(at, **params)
    assert code == "UnknownOperationException"
    assert member in message


def test_iam_is_asked_about_the_job_and_its_role() -> None:
    prefix = ARN.rpartition(":")[0]
    params = tuning("Tune", Tags=TAGS)
    action = "CreateHyperParameterTuningJob"
    assert authorization.resource_arn(action, params, prefix) == ARN
    listing = "ListTrainingJobsForHyperParameterTuningJob"
    assert authorization.resource_arn(listing, NAME, prefix) == ARN
    asked = {(check.action, check.resource) for check in authorization.further_checks(action, params, prefix)}
    assert asked == {("iam:PassRole", ROLE), ("sagemaker:AddTags", ARN)}
