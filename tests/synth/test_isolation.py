"""Who may reach what: ann reaches what is ann's, and nothing of ann-b, of anna, or of another class."""

import base64

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from classlab.contract import (
    ATTENDEE_MAX,
    ATTENDEE_PATTERN,
    CLASSROOM_MAX,
    TUNING_NAME_MAX,
    InstanceVariable,
    job_name,
    split_stack_name,
    tuning_prefix,
)
from tests.synth.conftest import Template
from tests.synth.resolving import ACCOUNT, CLASS_BUCKET, REGION, stack_uuid
from tests.synth.roles import SeatRoles, creating, sagemaker_arn

RUN = "0123456789ab"
KINDS = {
    "training-job": ("CreateTrainingJob", "DescribeTrainingJob", "StopTrainingJob"),
    "processing-job": ("CreateProcessingJob", "DescribeProcessingJob", "StopProcessingJob"),
    "transform-job": ("CreateTransformJob", "DescribeTransformJob", "StopTransformJob"),
    "model": ("CreateModel", "DescribeModel", "DeleteModel"),
    "endpoint-config": ("CreateEndpointConfig", "DescribeEndpointConfig", "DeleteEndpointConfig"),
    "endpoint": (
        *("CreateEndpoint", "DescribeEndpoint", "DeleteEndpoint", "UpdateEndpoint", "InvokeEndpoint"),
        "UpdateEndpointWeightsAndCapacities",
    ),
}
CALLS = [(kind, f"sagemaker:{action}") for kind, actions in KINDS.items() for action in actions]
IDS = st.from_regex(ATTENDEE_PATTERN, fullmatch=True)
PROPERTY = settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=60, derandomize=True
)


@pytest.fixture(scope="session")
def ann(attendee_template: Template, class_template: Template) -> SeatRoles:
    return SeatRoles("ann", attendee_template, class_template)


@pytest.mark.parametrize(("kind", "action"), CALLS)
def test_ann_uses_her_own_and_nobody_elses(ann: SeatRoles, kind: str, action: str) -> None:
    def may(owner: str) -> bool:
        return ann.execution.may(action, sagemaker_arn(kind, f"{owner}--mine-1"), creating())

    assert may("sample--ann")
    assert not any(
        may(owner) for owner in ("sample--ann-b", "sample--anna", "sample--an", "other--ann", "ann", "sample")
    )


@PROPERTY
@given(mine=IDS, theirs=IDS)
def test_no_name_reaches_another(attendee_template: Template, class_template: Template, mine: str, theirs: str) -> None:
    assume(mine != theirs)
    roles = SeatRoles(mine, attendee_template, class_template)
    name = job_name(f"sample--{theirs}", "train", RUN)
    for role in (roles.execution, roles.pipeline):
        assert not any(role.may(action, sagemaker_arn(kind, name), creating()) for kind, action in CALLS)
        assert not role.may("s3:GetObject", f"arn:aws:s3:::sample--{theirs}-seatbucket-1a2b3c4d5e6f/work/a")
        assert not role.may("iam:PassRole", f"arn:aws:iam::{ACCOUNT}:role/classlab/sample/sample--{theirs}-Role")


@pytest.mark.parametrize("kind", KINDS)
def test_whatever_is_created_carries_the_tag_of_the_class(ann: SeatRoles, kind: str) -> None:
    action, arn, whole = f"sagemaker:{KINDS[kind][0]}", sagemaker_arn(kind, "sample--ann--x"), creating()
    tag = "aws:requesttag/classlab:classroom"
    assert action.startswith("sagemaker:Create")
    assert ann.execution.may(action, arn, whole)
    assert not ann.execution.may(action, arn, {key: value for key, value in whole.items() if key != tag})
    assert not ann.execution.may(action, arn, whole | {tag: ["other"]})


@pytest.mark.parametrize("missing", ["aws:requesttag/classlab:classroom", "sagemaker:instancetypes"])
@pytest.mark.parametrize("action", ["CreateTrainingJob", "CreateProcessingJob", "CreateTransformJob"])
def test_a_job_states_its_class_and_instance(ann: SeatRoles, action: str, missing: str) -> None:
    kind = next(kind for kind, actions in KINDS.items() if action in actions)
    arn, whole = sagemaker_arn(kind, "sample--ann--x"), creating()
    without = {key: value for key, value in whole.items() if key != missing}
    assert ann.execution.may(f"sagemaker:{action}", arn, whole)
    assert not ann.execution.may(f"sagemaker:{action}", arn, without)


@pytest.mark.parametrize("action", ["CreateTrainingJob", "CreateProcessingJob"])
def test_a_job_states_how_long_it_may_take(ann: SeatRoles, action: str) -> None:
    arn = sagemaker_arn("training-job" if "Training" in action else "processing-job", "sample--ann--x")
    unlimited = {key: value for key, value in creating().items() if "maxruntime" not in key}
    too_long = creating(sagemaker__maxruntimeinseconds="3601")
    assert not ann.execution.may(f"sagemaker:{action}", arn, unlimited)
    assert not ann.execution.may(f"sagemaker:{action}", arn, too_long)


@pytest.mark.parametrize(
    "refused",
    [
        creating(sagemaker__instancetypes="ml.p4d.24xlarge"),
        creating(aws__requesttag__classroom="sample") | {"aws:requesttag/classlab:classroom": ["other"]},
        creating(sagemaker__keepaliveperiod="901"),
        creating() | {"sagemaker:instancetypes": ["ml.m5.large", "ml.p3.2xlarge"]},
    ],
)
def test_dear_or_foreign_jobs_are_refused(ann: SeatRoles, refused: dict[str, list[str]]) -> None:
    assert not ann.execution.may(
        "sagemaker:CreateTrainingJob", sagemaker_arn("training-job", "sample--ann--x"), refused
    )


def test_serverless_endpoints_are_refused(ann: SeatRoles) -> None:
    arn = sagemaker_arn("endpoint-config", "sample--ann--x")
    assert ann.execution.may("sagemaker:CreateEndpointConfig", arn, creating())
    serverless = creating(sagemaker__serverlessmaxconcurrency="5")
    assert not ann.execution.may("sagemaker:CreateEndpointConfig", arn, serverless)


def test_tags_are_set_at_creation_and_stay(ann: SeatRoles) -> None:
    arn = sagemaker_arn("model", "sample--ann--x")
    assert ann.execution.may("sagemaker:AddTags", arn, {"sagemaker:taggingaction": ["CreateModel"]})
    assert not ann.execution.may("sagemaker:AddTags", arn)
    assert not ann.execution.may("sagemaker:DeleteTags", arn, {"aws:tagkeys": ["classlab:classroom"]})
    denies = [statement for statement in ann.execution.boundary or () if statement["Effect"] == "Deny"]
    assert {statement["Sid"] for statement in denies} >= {"KeepTags", "TagAtCreationOnly"}


@pytest.mark.parametrize("role", ["execution", "pipeline"])
def test_only_the_own_execution_role_is_passed_and_only_to_sagemaker(ann: SeatRoles, role: str) -> None:
    principal = ann.execution if role == "execution" else ann.pipeline
    to_sagemaker = {"iam:passedtoservice": ["sagemaker.amazonaws.com"]}
    assert principal.may("iam:PassRole", ann.role_arn, to_sagemaker)
    assert not principal.may("iam:PassRole", ann.role_arn, {"iam:passedtoservice": ["lambda.amazonaws.com"]})
    assert not principal.may("iam:PassRole", ann.role_arn.replace("--ann-", "--ann-b-"), to_sagemaker)


def test_buckets(ann: SeatRoles) -> None:
    may = ann.execution.may
    own = f"arn:aws:s3:::{ann.bucket}"
    assert may("s3:PutObject", f"{own}/work/a.ipynb")
    assert may("s3:ListBucket", own)
    assert not may("s3:DeleteBucket", own)
    assert not may("s3:CreateBucket", "arn:aws:s3:::sagemaker-us-east-1-123456789012")
    shared = f"arn:aws:s3:::{CLASS_BUCKET}"
    assert may("s3:GetObject", f"{shared}/assets/0123456789abcdef/labs.bundle")
    assert may("s3:GetObject", f"{shared}/data/churn.csv")
    assert may("s3:GetObject", f"{shared}/shared/outputs/image-builtin.json")
    for prefix in ("assets/", "data/", "shared/runs/image-builtin/"):
        assert may("s3:ListBucket", shared, {"s3:prefix": [prefix]})
    for prefix in ("", "work/", "work/anna/"):
        assert not may("s3:ListBucket", shared, {"s3:prefix": [prefix]})
    for key in ("shared/outputs/image-builtin.json", "assets/0123456789abcdef/labs.bundle"):
        assert not may("s3:PutObject", f"{shared}/{key}")
        assert not may("s3:DeleteObject", f"{shared}/{key}")
    assert not may("s3:GetObject", f"{shared}/work/anna/secret.ipynb")
    assert not may("s3:PutObject", f"{shared}/data/churn.csv")


def test_log_streams(ann: SeatRoles) -> None:
    group = f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:/aws/sagemaker/TrainingJobs:log-stream:"
    assert ann.execution.may("logs:PutLogEvents", f"{group}sample--ann--train--{RUN}/algo-1-1")
    assert not ann.execution.may("logs:PutLogEvents", f"{group}sample--ann-b--train--{RUN}/algo-1-1")
    assert not ann.execution.may("logs:GetLogEvents", f"{group}someone-elses-job/algo-1-1")


TUNING = "hyper-parameter-tuning-job"
TUNING_CALLS = [
    (TUNING, "CreateHyperParameterTuningJob"),
    (TUNING, "DescribeHyperParameterTuningJob"),
    (TUNING, "StopHyperParameterTuningJob"),
    (TUNING, "ListTrainingJobsForHyperParameterTuningJob"),
    ("training-job", "DescribeTrainingJob"),
    ("training-job", "StopTrainingJob"),
]


def prefix_of(attendee: str) -> str:
    """What the tuning jobs of a seat of this class are called."""
    return tuning_prefix("sample", stack_uuid(f"sample--{attendee}").partition("-")[0])


@pytest.mark.parametrize(("kind", "action"), TUNING_CALLS)
def test_ann_tunes_behind_her_own_prefix(ann: SeatRoles, kind: str, action: str) -> None:
    def may(name: str) -> bool:
        return ann.execution.may(f"sagemaker:{action}", sagemaker_arn(kind, name), creating())

    own = prefix_of("ann")
    assert may(f"{own}-tune-001-0123abcd")
    assert not may(own)
    assert not may(f"{prefix_of('ann-b')}-tune-001-0123abcd")
    assert not may(f"{own.replace('sample', 'other')}-tune-001-0123abcd")
    assert not ann.pipeline.may(f"sagemaker:{action}", sagemaker_arn(kind, f"{own}-tune"), creating())


def test_a_tuning_job_is_tagged_small_and_short_and_its_training_jobs_are_made_by_nobody_else(ann: SeatRoles) -> None:
    action, arn = "sagemaker:CreateHyperParameterTuningJob", sagemaker_arn(TUNING, f"{prefix_of('ann')}-tune")
    for missing in ("aws:requesttag/classlab:classroom", "sagemaker:instancetypes", "sagemaker:maxruntimeinseconds"):
        assert not ann.execution.may(action, arn, {key: value for key, value in creating().items() if key != missing})
    assert not ann.execution.may(action, arn, creating(sagemaker__instancetypes="ml.p4d.24xlarge"))
    assert not ann.execution.may(action, arn, creating(sagemaker__maxruntimeinseconds="3601"))
    made = sagemaker_arn("training-job", f"{prefix_of('ann')}-tune-001-0123abcd")
    assert not ann.execution.may("sagemaker:CreateTrainingJob", made, creating())
    tagging = {"sagemaker:taggingaction": ["CreateHyperParameterTuningJob"]}
    assert ann.execution.may("sagemaker:AddTags", arn, tagging)
    assert not ann.execution.may("sagemaker:AddTags", arn)


def test_tuned_training_jobs_write_their_own_log_streams(ann: SeatRoles) -> None:
    group = f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:/aws/sagemaker/TrainingJobs:log-stream:"
    assert ann.execution.may("logs:PutLogEvents", f"{group}{prefix_of('ann')}-tune-001-0123abcd/algo-1-1")
    assert not ann.execution.may("logs:PutLogEvents", f"{group}{prefix_of('ann-b')}-tune-001-0123abcd/algo-1-1")


def test_the_notebook_is_told_the_prefix_that_the_role_allows(ann: SeatRoles) -> None:
    (config,) = [
        ann.resolver.resource(name)
        for name, made in ann.resolver.template["Resources"].items()
        if made["Type"] == "AWS::SageMaker::NotebookInstanceLifecycleConfig"
    ]
    script = base64.b64decode(config["OnStart"][0]["Content"]).decode()
    assert f"export {InstanceVariable.TUNING_PREFIX}='{prefix_of('ann')}'" in script


def test_a_prefix_is_no_seats_name_and_leaves_room() -> None:
    prefix = tuning_prefix("c" * CLASSROOM_MAX, "0123abcd")
    assert len(f"{prefix}-") <= TUNING_NAME_MAX - 8
    assert split_stack_name(prefix) is None
    assert not any(f"{prefix}-x".startswith(f"{'c' * CLASSROOM_MAX}--{one}") for one in ("0", "a" * ATTENDEE_MAX))


def test_logs_of_the_own_endpoints_are_deleted_and_no_others(ann: SeatRoles) -> None:
    groups = f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:/aws/sagemaker/"
    assert ann.execution.may("logs:DeleteLogGroup", f"{groups}Endpoints/sample--ann--churn:*")
    for name in ("Endpoints/sample--ann-b--churn", "Endpoints/payroll", "TrainingJobs"):
        assert not ann.execution.may("logs:DeleteLogGroup", f"{groups}{name}:*")


def test_the_notebook(ann: SeatRoles) -> None:
    own = sagemaker_arn("notebook-instance", "sample--ann--notebook")
    assert ann.execution.may("sagemaker:StopNotebookInstance", own)
    assert not ann.execution.may("sagemaker:CreatePresignedNotebookInstanceUrl", own)
    assert not ann.execution.may("sagemaker:StopNotebookInstance", own.replace("ann", "ann-b"))
