"""Managed spot training and checkpoints: developer guide, "Managed Spot Training in Amazon SageMaker AI"."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any, cast

import pytest

from embedded_aws.runtime.checkpoints import Checkpoints, vet
from embedded_aws.runtime.host import Principal
from embedded_aws.sagemaker.errors import AwsError
from tests.embedded_aws.account import Account, allow, polls
from tests.embedded_aws.bench import LOGS, SCIKIT_LEARN, Bench, bench
from tests.embedded_aws.sagemaker_stubs import Params, Stand, stand, training, tuning

ONLY_SPOT = "Invalid MaxWaitTimeInSeconds. It is only supported when EnableManagedSpotTraining is set to true"
TOO_SHORT = "Invalid MaxWaitTimeInSeconds. It must be present and be greater than or equal to MaxRuntimeInSeconds"
IMAGE = {"TrainingImage": SCIKIT_LEARN, "TrainingInputMode": "File"}


def limits(longest: int = 60, wait: int | None = None) -> dict[str, Any]:
    return {"MaxRuntimeInSeconds": longest} | ({} if wait is None else {"MaxWaitTimeInSeconds": wait})


def spot(name: str = "job", wait: int | None = 60, longest: int = 60) -> Params:
    return training(name, EnableManagedSpotTraining=True, StoppingCondition=limits(longest, wait))


def refusal(at: Stand, action: str, params: Params, code: str = "ValidationException") -> str:
    with pytest.raises(AwsError) as caught:
        at(action, **params)
    assert caught.value.code == code
    return caught.value.message


def test_only_spot_training_waits() -> None:
    """Sagify's issue 111 and amazon-sagemaker-examples' 869 quote the text, the second one for tuning jobs."""
    at = stand()
    assert refusal(at, "CreateTrainingJob", training(StoppingCondition=limits(wait=60))) == ONLY_SPOT
    waiting = tuning(definition={"StoppingCondition": limits(wait=60)})
    assert refusal(at, "CreateHyperParameterTuningJob", waiting) == ONLY_SPOT


@pytest.mark.parametrize("wait", [None, 59])
def test_the_wait_includes_the_run(wait: int | None) -> None:
    """API_StoppingCondition: MaxWaitTimeInSeconds must be equal to or greater than MaxRuntimeInSeconds."""
    at = stand()
    assert refusal(at, "CreateTrainingJob", spot(wait=wait)) == TOO_SHORT
    at("CreateTrainingJob", **spot(wait=60))
    shown = at("DescribeTrainingJob", TrainingJobName="job")
    assert (shown["EnableManagedSpotTraining"], shown["StoppingCondition"]) == (True, limits(60, 60))


def test_the_default_of_the_run_counts_too() -> None:
    """As above, with MaxRuntimeInSeconds at its default of a day."""
    asked = training(EnableManagedSpotTraining=True, StoppingCondition={"MaxWaitTimeInSeconds": 60})
    assert refusal(stand(), "CreateTrainingJob", asked) == TOO_SHORT


def test_spot_instances_have_quotas_of_their_own() -> None:
    """Service Quotas of SageMaker: `ml.m5.large for spot training job usage`."""
    at = stand(quotas={"ml.m5.large for training job usage": 0, "ml.m5.large for spot training job usage": 1})
    at("CreateTrainingJob", **spot("one"))
    message = refusal(at, "CreateTrainingJob", spot("two"), "ResourceLimitExceeded")
    assert "'ml.m5.large for spot training job usage' is 1 Instances" in message
    refusal(at, "CreateTrainingJob", training("plain"), "ResourceLimitExceeded")
    many = tuning(definition={"EnableManagedSpotTraining": True, "StoppingCondition": limits(60, 60)})
    message = refusal(at, "CreateHyperParameterTuningJob", many, "ResourceLimitExceeded")
    assert "with current utilization of 1 Instances and a request delta of 2 Instances" in message


def test_who_finds_no_spot_instance_waits_and_then_stops() -> None:
    """API_DescribeTrainingJob, SecondaryStatus: MaxWaitTimeExceeded, of Stopped."""
    at = stand()
    at.plane.capacity.withhold("ml.m5.large", 1)
    at("CreateTrainingJob", **spot(wait=1, longest=1))
    time.sleep(0.2)
    assert at("DescribeTrainingJob", TrainingJobName="job")["TrainingJobStatus"] == "InProgress"
    for _ in polls(5):
        shown = at("DescribeTrainingJob", TrainingJobName="job")
        if shown["TrainingJobStatus"] != "InProgress":
            break
    assert (shown["TrainingJobStatus"], shown["SecondaryStatus"]) == ("Stopped", "MaxWaitTimeExceeded")
    assert "FailureReason" not in shown


def test_who_waits_can_be_stopped() -> None:
    at = stand()
    at.plane.capacity.withhold("ml.m5.large", 1)
    at("CreateTrainingJob", **spot(wait=86400))
    at("StopTrainingJob", TrainingJobName="job")
    for _ in polls(5):
        if at("DescribeTrainingJob", TrainingJobName="job")["TrainingJobStatus"] == "Stopped":
            break
    assert at.runtime.calls == []


# --- checkpoints -------------------------------------------------------------------------------------------

RESUMES = """
    from pathlib import Path
    folder = Path("/opt/ml/checkpoints")
    done = int((folder / "step").read_text()) if (folder / "step").exists() else 0
    print("resumed at", done, sorted(str(file.relative_to(folder)) for file in folder.rglob("*") if file.is_file()))
    (folder / "step").write_text(str(done + 1))
    (folder / "deep").mkdir(exist_ok=True)
    (folder / "deep" / f"model-{done}").write_text("weights")
"""


@pytest.fixture(scope="module")
def desk(account: Account) -> Bench:
    return bench(account)


def test_a_job_resumes_where_the_last_one_was(desk: Bench) -> None:
    """Checkpoints in Amazon SageMaker AI: copied from the S3 path at the start, synchronised to it while it runs."""
    at = {"S3Uri": f"s3://{desk.bucket}/checkpoints/one"}
    lines = []
    for _ in range(2):
        job = desk.train(
            RESUMES,
            AlgorithmSpecification=IMAGE,
            CheckpointConfig=at,
            EnableManagedSpotTraining=True,
            StoppingCondition=limits(60, 60),
        )
        assert (job["TrainingJobStatus"], job["CheckpointConfig"]) == ("Completed", at)
        assert 0 < job["BillableTimeInSeconds"] <= job["TrainingTimeInSeconds"]
        lines += [line for line in desk.log("/aws/sagemaker/TrainingJobs", job["TrainingJobName"]) if "resumed" in line]
    assert lines == ["resumed at 0 []", "resumed at 1 ['deep/model-0', 'step']"]
    assert desk.get("checkpoints/one/step") == b"2"
    assert desk.get("checkpoints/one/deep/model-1") == b"weights"


def test_checkpoints_are_there_while_the_job_still_runs(desk: Bench) -> None:
    """As above: while the script goes on, and also when the job is then stopped."""
    script = """
        import time
        from pathlib import Path
        Path("/opt/ml/state").mkdir(exist_ok=True)
        Path("/opt/ml/state/first").write_text("1")
        time.sleep(60)
    """
    config = {"S3Uri": f"s3://{desk.bucket}/checkpoints/two/", "LocalPath": "/opt/ml/state"}
    name = desk.train(script, wait=False, AlgorithmSpecification=IMAGE, CheckpointConfig=config)["TrainingJobName"]
    for _ in polls(60):
        held = desk.account.client("s3").list_objects_v2(Bucket=desk.bucket, Prefix="checkpoints/two/")
        if [item["Key"] for item in held.get("Contents", [])] == ["checkpoints/two/first"]:
            break
    assert desk.sagemaker.describe_training_job(TrainingJobName=name)["TrainingJobStatus"] == "InProgress"
    desk.sagemaker.stop_training_job(TrainingJobName=name)
    assert desk.ended("training_job", "TrainingJob", name)["TrainingJobStatus"] == "Stopped"


@pytest.mark.parametrize(
    ("rights", "word"), [(["s3:PutObject"], "download"), (["s3:GetObject", "s3:ListBucket"], "upload")]
)
def test_checkpoints_need_the_roles_rights(account: Account, desk: Bench, rights: list[str], word: str) -> None:
    """Developer guide, "SageMaker AI Roles": s3:GetObject, PutObject and ListBucket of the execution role."""
    place = f"s3://{desk.bucket}/checkpoints/three"
    source = f"arn:aws:s3:::{desk.bucket}"
    job = desk.train(
        RESUMES,
        AlgorithmSpecification=IMAGE,
        CheckpointConfig={"S3Uri": place},
        RoleArn=account.role(
            allow(*LOGS),
            allow("s3:GetObject", resource=f"{source}/train-*"),
            allow(*rights, resource=[source, f"{source}/checkpoints/*"]),
        ),
    )
    assert job["TrainingJobStatus"] == "Failed"
    assert job["FailureReason"].startswith(f"ClientError: Checkpoint {word} failed:AccessDenied")
    assert place in job["FailureReason"]


@pytest.mark.parametrize("place", ["/tmp/checkpoints", "/opt/ml/../etc", "/opt/mlx"])  # noqa: S108 # it is refused
def test_another_directory_is_refused_by_name(place: str) -> None:
    with pytest.raises(AwsError, match=r"CheckpointConfig\.LocalPath=") as refused:
        vet({"S3Uri": "s3://bucket/c", "LocalPath": place})
    assert refused.value.code == "UnknownOperationException"


class Objects:
    """A bucket in memory that may be out of order."""

    def __init__(self) -> None:
        self.sent: list[str] = []
        self.broken = False

    def call(self, service: str, operation: str, **params: Any) -> dict[str, Any]:  # noqa: ANN401 # parameters of any call
        """ListObjectsV2 and PutObject."""
        if operation == "PutObject" and self.broken:
            raise AwsError("SlowDown", "Please reduce your request rate.", 503)
        if operation == "PutObject":
            self.sent.append(params["Key"])
        return {}


def test_what_could_not_be_sent_is_sent_again_and_the_same_file_only_once(tmp_path: Path) -> None:
    objects = Objects()
    kept = Checkpoints(cast("Principal", objects), {"S3Uri": "s3://b/c"}, tmp_path)
    kept.start()
    (tmp_path / "checkpoints/a").write_text("1")
    objects.broken = True
    time.sleep(1.2)
    assert objects.sent == []
    objects.broken = False
    for _ in polls(5):
        if objects.sent:
            break
    kept.close()
    assert objects.sent == ["c/a"]


class Replaced(Objects):
    """While one file is sent, the script makes a directory of the next one."""

    def __init__(self, file: Path) -> None:
        super().__init__()
        self._file = file

    def call(self, service: str, operation: str, **params: Any) -> dict[str, Any]:  # noqa: ANN401 # as above
        """As above, once with the script's work."""
        if operation == "PutObject" and self._file.is_file():
            self._file.unlink()
            self._file.mkdir()
            (self._file / "last").write_text("3")
        return super().call(service, operation, **params)


def test_what_a_script_replaces_meanwhile_keeps_nothing_from_being_sent(tmp_path: Path) -> None:
    folder = tmp_path / "checkpoints"
    objects = Replaced(folder / "b")
    kept = Checkpoints(cast("Principal", objects), {"S3Uri": "s3://b/c"}, tmp_path)
    kept.start()
    (folder / "b").write_text("2")
    (folder / "a").write_text("1")
    for _ in polls(5):
        if objects.sent:
            break
    kept.close()
    assert objects.sent == ["c/a", "c/b/last"]
