"""Training, processing and transform jobs: states, defaults, names, stop and delete, as AWS has them."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import pytest

from embedded_aws.sagemaker.control_plane import ControlPlane
from embedded_aws.sagemaker.errors import AwsError
from embedded_aws.sagemaker.kinds import KINDS, TRAINING_JOB
from tests.embedded_aws.sagemaker_stubs import (
    ACCOUNT,
    REGION,
    ROLE,
    Params,
    Stand,
    a_model,
    processing,
    stand,
    training,
    transform,
)

JOBS: list[tuple[str, Callable[..., Params]]] = [
    ("TrainingJob", training),
    ("ProcessingJob", processing),
    ("TransformJob", transform),
]
ARN_TYPES = {"TrainingJob": "training-job", "ProcessingJob": "processing-job", "TransformJob": "transform-job"}
MISSING = {
    "TrainingJob": "Requested resource not found.",
    "ProcessingJob": "Could not find requested job with name: none",
    "TransformJob": "Requested resource not found.",
}
every_job = pytest.mark.parametrize(("noun", "params"), JOBS)


@pytest.fixture
def at() -> Stand:
    made = stand()
    made("CreateModel", **a_model())
    return made


def error(at: Stand, action: str, **params: object) -> tuple[str, str]:
    with pytest.raises(AwsError) as caught:
        at(action, **params)
    return caught.value.code, caught.value.message


@every_job
def test_a_job_runs_and_completes(at: Stand, noun: str, params: Callable[..., Params]) -> None:
    answer = at(f"Create{noun}", **params("Job-1"))
    arn = f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:{ARN_TYPES[noun]}/job-1"
    assert answer == {f"{noun}Arn": arn}
    assert at.runtime.calls == [("started", noun, "Job-1")]
    assert at(f"Describe{noun}", **{f"{noun}Name": "Job-1"})[f"{noun}Status"] == "InProgress"
    at.runtime.finish()
    described = at(f"Describe{noun}", **{f"{noun}Name": "Job-1"})
    assert (described[f"{noun}Name"], described[f"{noun}Arn"]) == ("Job-1", arn)
    assert described[f"{noun}Status"] == "Completed"


@every_job
def test_a_name_is_taken_whatever_its_case(at: Stand, noun: str, params: Callable[..., Params]) -> None:
    at(f"Create{noun}", **params("job"))
    code, message = error(at, f"Create{noun}", **params("JOB"))
    assert code == "ResourceInUse"
    assert message.endswith(
        f"names must be unique within an AWS account and region, and a {KINDS[noun].words} with this name already "
        f"exists (arn:aws:sagemaker:{REGION}:{ACCOUNT}:{ARN_TYPES[noun]}/job)"
    )


@every_job
def test_a_job_that_is_not_there(at: Stand, noun: str, params: Callable[..., Params]) -> None:
    for verb in ("Describe", "Stop"):
        assert error(at, f"{verb}{noun}", **{f"{noun}Name": "none"}) == ("ValidationException", MISSING[noun])


@every_job
def test_stop(at: Stand, noun: str, params: Callable[..., Params]) -> None:
    name = {f"{noun}Name": "job"}
    at(f"Create{noun}", **params("job"))
    at(f"Stop{noun}", **name)
    assert at(f"Describe{noun}", **name)[f"{noun}Status"] == "Stopping"
    at(f"Stop{noun}", **name)
    assert [call[0] for call in at.runtime.calls] == ["started", "stopping"]
    at.plane.transition(KINDS[noun], at.plane.record(KINDS[noun], "job"), "Stopped")
    words = KINDS[noun].words
    assert error(at, f"Stop{noun}", **name) == (
        "ValidationException",
        f"The request was rejected because the {words} is in status Stopped.",
    )


@pytest.mark.parametrize(("noun", "params"), JOBS[:2])
def test_delete_only_once_it_has_ended(at: Stand, noun: str, params: Callable[..., Params]) -> None:
    name = {f"{noun}Name": "job"}
    at(f"Create{noun}", **params("job"))
    assert error(at, f"Delete{noun}", **name)[0] == "ResourceInUse"
    at(f"Stop{noun}", **name)
    assert error(at, f"Delete{noun}", **name)[0] == "ResourceInUse"
    at.runtime.finish()
    at(f"Delete{noun}", **name)
    assert error(at, f"Delete{noun}", **name)[0] == "ResourceNotFound"
    assert error(at, f"Describe{noun}", **name) == ("ValidationException", MISSING[noun].replace("none", "job"))
    at(f"Create{noun}", **params("job"))


def test_transform_jobs_cannot_be_deleted(at: Stand) -> None:
    assert error(at, "DeleteTransformJob", TransformJobName="job")[0] == "UnknownOperationException"


def test_a_transform_job_needs_its_model(at: Stand) -> None:
    code, message = error(at, "CreateTransformJob", **transform(model="none"))
    arn = f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:model/none"
    assert (code, message) == ("ValidationException", f'Could not find model "{arn}".')


def test_a_role_that_sagemaker_cannot_assume(at: Stand) -> None:
    at.roles.bad.add(ROLE)
    assert error(at, "CreateTrainingJob", **training())[1] == f"Could not assume role {ROLE}."
    assert at("ListTrainingJobs")["TrainingJobSummaries"] == []


def test_an_unknown_image_is_refused_with_the_known_ones(at: Stand) -> None:
    algorithm = {"TrainingImage": f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/own:1", "TrainingInputMode": "File"}
    code, message = error(at, "CreateTrainingJob", **training(AlgorithmSpecification=algorithm))
    assert code == "ValidationException"
    assert "known: 683313688378" in message
    assert at.runtime.calls == []


def test_the_defaults_of_a_training_job(at: Stand) -> None:
    source = {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": "s3://bucket/in"}}
    channels = [{"ChannelName": "train", "DataSource": source}]
    params = training(InputDataConfig=channels)
    del params["StoppingCondition"]
    at("CreateTrainingJob", **params)
    job = at("DescribeTrainingJob", TrainingJobName="job")
    assert job["StoppingCondition"] == {"MaxRuntimeInSeconds": 86400}
    assert job["OutputDataConfig"] == {"KmsKeyId": "", "CompressionType": "GZIP", "S3OutputPath": "s3://bucket/out"}
    assert job["InputDataConfig"][0]["CompressionType"] == "None"
    assert job["InputDataConfig"][0]["DataSource"]["S3DataSource"]["S3DataDistributionType"] == "FullyReplicated"
    assert (job["EnableNetworkIsolation"], job["EnableManagedSpotTraining"]) == (False, False)


def test_what_was_given_is_shown_and_not_shared(at: Stand) -> None:
    params = training(HyperParameters={"depth": "4"}, Environment={"A": "b"}, Tags=[{"Key": "class", "Value": "x"}])
    at("CreateTrainingJob", **params)
    params["HyperParameters"]["depth"] = "5"
    shown = at("DescribeTrainingJob", TrainingJobName="job")
    assert (shown["HyperParameters"], shown["Environment"]) == ({"depth": "4"}, {"A": "b"})
    assert "Tags" not in shown
    shown["HyperParameters"]["depth"] = "6"
    assert at("DescribeTrainingJob", TrainingJobName="job")["HyperParameters"] == {"depth": "4"}


def test_secondary_states(at: Stand) -> None:
    at("CreateTrainingJob", **training())
    record = at.plane.record(TRAINING_JOB, "job")
    for secondary in ("Downloading", "Training", "Training", "Uploading"):
        at.plane.transition(TRAINING_JOB, record, "InProgress", SecondaryStatus=secondary)
    at.plane.transition(TRAINING_JOB, record, "Completed")
    job = at("DescribeTrainingJob", TrainingJobName="job")
    passed = job["SecondaryStatusTransitions"]
    assert [step["Status"] for step in passed] == [
        "Starting",
        "Pending",
        "Downloading",
        "Training",
        "Uploading",
        "Completed",
    ]
    assert all(step["StatusMessage"] and step["StartTime"] <= step["EndTime"] for step in passed)
    assert job["SecondaryStatus"] == "Completed"
    assert job["LastModifiedTime"] >= job["CreationTime"]


def test_a_job_that_ran_too_long(at: Stand) -> None:
    at("CreateTrainingJob", **training())
    record = at.plane.record(TRAINING_JOB, "job")
    at.plane.transition(TRAINING_JOB, record, "Stopped", SecondaryStatus="MaxRuntimeExceeded", message="too long")
    job = at("DescribeTrainingJob", TrainingJobName="job")
    assert (job["TrainingJobStatus"], job["SecondaryStatus"]) == ("Stopped", "MaxRuntimeExceeded")
    assert job["SecondaryStatusTransitions"][-1]["StatusMessage"] == "too long"


@every_job
def test_a_stop_that_comes_before_the_start_ends_the_job(at: Stand, noun: str, params: Callable[..., Params]) -> None:
    """Another thread may know the name before CreateX is answered."""
    missing = at.plane.capacity.missing

    def overtaken(instance_types: Iterable[str]) -> bool:
        at(f"Stop{noun}", **{f"{noun}Name": "job"})
        return missing(instance_types)

    at.plane.capacity.missing = overtaken  # type: ignore[method-assign] # what comes between keeping and starting
    at(f"Create{noun}", **params("job"))
    assert at.runtime.calls[-2:] == [("started", noun, "job"), ("stopping", noun, "job")]


@every_job
def test_a_stop_is_not_undone_by_a_late_report(at: Stand, noun: str, params: Callable[..., Params]) -> None:
    at(f"Create{noun}", **params("job"))
    kind, record = KINDS[noun], at.plane.record(KINDS[noun], "job")
    at(f"Stop{noun}", **{f"{noun}Name": "job"})
    for report, shown in (("InProgress", "Stopping"), ("Completed", "Completed"), ("Stopped", "Completed")):
        at.plane.transition(kind, record, report)
        assert record[kind.status] == shown


def test_the_runtime_cannot_invent_states(at: Stand) -> None:
    at("CreateTrainingJob", **training())
    with pytest.raises(ValueError, match="Done is no status of TrainingJob"):
        at.plane.transition(TRAINING_JOB, at.plane.record(TRAINING_JOB, "job"), "Done")


@pytest.mark.parametrize(
    ("action", "params", "text"),
    [
        ("CreateTrainingJob", {**training(), "ResourceConfig": {"VolumeSizeInGB": 5}}, "InstanceType"),
        ("CreateTrainingJob", {**training(), "AlgorithmSpecification": {"TrainingInputMode": "File"}}, "TrainingImage"),
        ("CreateTrainingJob", training(InputDataConfig=[{"ChannelName": "a", "DataSource": {}}]), "channel 'a'"),
        ("CreateProcessingJob", processing(ProcessingInputs=[{"InputName": "in"}]), "S3Input with a LocalPath"),
        (
            "CreateProcessingJob",
            processing(ProcessingResources={"ClusterConfig": {"InstanceCount": 1, "VolumeSizeInGB": 5}}),
            "InstanceType",
        ),
    ],
)
def test_what_a_job_cannot_do_without(at: Stand, action: str, params: Params, text: str) -> None:
    code, message = error(at, action, **params)
    assert code == "ValidationException"
    assert text in message


def test_processing_names_must_differ(at: Stand) -> None:
    place = {"S3Uri": "s3://bucket/in", "LocalPath": "/opt/ml/processing/in", "S3DataType": "S3Prefix"}
    inputs = [{"InputName": "in", "S3Input": {**place, "S3InputMode": "File"}}] * 2
    assert "input names must be unique" in error(at, "CreateProcessingJob", **processing(ProcessingInputs=inputs))[1]


def test_channel_names_must_differ(at: Stand) -> None:
    """API_Channel: a channel is a named input source, and its name its directory: two would share it."""
    source = {"DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": "s3://bucket/in"}}}
    twice = training(InputDataConfig=[{"ChannelName": "train", **source}] * 2)
    assert error(at, "CreateTrainingJob", **twice) == (
        "ValidationException",
        "Channel names must be unique: train, train",
    )


def test_quotas() -> None:
    at = stand(quotas={"ml.m5.large for training job usage": 1})
    at("CreateTrainingJob", **training("one"))
    code, message = error(at, "CreateTrainingJob", **training("two"))
    assert code == "ResourceLimitExceeded"
    assert message.startswith(
        "The account-level service limit 'ml.m5.large for training job usage' is 1 Instances, "
        "with current utilization of 1 Instances and a request delta of 1 Instances."
    )
    at("CreateProcessingJob", **processing("other-kind"))
    at.runtime.finish()
    at("CreateTrainingJob", **training("two"))


def test_a_name_taken_while_the_role_is_checked(at: Stand) -> None:
    """Two calls at once: the second finds the name free, and then taken."""
    first = stand()
    vet = first.runtime.vet

    def slow(plane: ControlPlane, kind: object, record: object) -> None:
        first.runtime.vet = vet  # type: ignore[method-assign] # the second call is checked as usual
        first("CreateTrainingJob", **training())

    first.runtime.vet = slow  # type: ignore[method-assign] # the first call is overtaken here
    assert error(first, "CreateTrainingJob", **training())[0] == "ResourceInUse"
    assert first.runtime.calls == [("started", "TrainingJob", "job")]
