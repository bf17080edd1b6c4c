"""The instructor: the written policy is the one the class stack's role holds, and it reaches no further."""

import json
from typing import Any

import pytest

from classlab.labs import lab_folders, read_lab
from infra.arns import ANY
from infra.constructs.seat_policy import public_keys
from infra.inputs import PROJECT, ClassInputs
from infra.instructor import InstructorRights, policy_document
from tests.synth.access import Principal
from tests.synth.conftest import Template
from tests.synth.resolving import ACCOUNT, CLASS_BUCKET, REGION, Resolver, only
from tests.synth.roles import principal, sagemaker_arn

MANAGED_CHARACTERS = 6_144
OF_A_CLASS = {"aws:resourcetag/classlab:classroom": ["sample"]}


def _written() -> Any:  # noqa: ANN401 # any JSON
    return json.loads((PROJECT / "docs" / "instructor-policy.json").read_text(encoding="utf-8"))


@pytest.fixture(params=["written policy", "instructor role"])
def instructor(request: pytest.FixtureRequest, class_template: Template) -> Principal:
    if request.param == "written policy":
        return Principal(tuple(_written()["Statement"]))
    return principal(Resolver("sample", class_template), only(class_template, "AWS::IAM::Role", "Instructor"))


def test_the_written_policy_is_up_to_date() -> None:
    assert _written() == policy_document(), "run: python -m infra.instructor > docs/instructor-policy.json"


def test_it_fits_a_managed_policy() -> None:
    assert len(json.dumps(_written(), separators=(",", ":"))) <= MANAGED_CHARACTERS


@pytest.mark.parametrize(
    ("action", "resource"),
    [
        ("cloudformation:DescribeStacks", "*"),
        ("s3:ListBucket", f"arn:aws:s3:::{CLASS_BUCKET}"),
        ("s3:PutObject", f"arn:aws:s3:::{CLASS_BUCKET}/data/churn.csv"),
        ("s3:GetObject", f"arn:aws:s3:::{CLASS_BUCKET}/teardown/report.json"),
        ("s3:GetObject", f"arn:aws:s3:::{CLASS_BUCKET}/work/ann/notebook.ipynb"),
        ("s3:ListBucket", "arn:aws:s3:::sample--ann-seatbucket-1a2b3c4d5e6f"),
        ("s3:GetObject", "arn:aws:s3:::sample--ann-seatbucket-1a2b3c4d5e6f/status/environment.json"),
        ("s3:GetObject", "arn:aws:s3:::sample--ann-seatbucket-1a2b3c4d5e6f/runs/churn-xgboost/x/result.json"),
        ("s3:GetObject", "arn:aws:s3:::sample--ann-seatbucket-1a2b3c4d5e6f/outputs/image-data.json"),
        ("s3:PutObject", "arn:aws:s3:::sample--ann-seatbucket-1a2b3c4d5e6f/outputs/image-data.json"),
        ("s3:PutObject", "arn:aws:s3:::sample--ann-seatbucket-1a2b3c4d5e6f/runs/image-data/x/prepare/labels/test.csv"),
        ("s3:PutObject", f"arn:aws:s3:::{CLASS_BUCKET}/shared/outputs/image-data.json"),
        ("s3:GetObject", f"arn:aws:s3:::{CLASS_BUCKET}/shared/outputs/image-data.json"),
        ("states:StartExecution", f"arn:aws:states:{REGION}:{ACCOUNT}:stateMachine:sample--ann--churn-xgboost"),
        ("states:StartExecution", f"arn:aws:states:{REGION}:{ACCOUNT}:stateMachine:sample-teardown"),
        ("states:DescribeExecution", f"arn:aws:states:{REGION}:{ACCOUNT}:execution:sample--ann--churn-xgboost:x"),
        ("states:GetExecutionHistory", f"arn:aws:states:{REGION}:{ACCOUNT}:execution:sample-teardown:x"),
        ("scheduler:UpdateSchedule", f"arn:aws:scheduler:{REGION}:{ACCOUNT}:schedule/classlab-sample/teardown"),
        ("logs:DeleteLogGroup", f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:/classlab/sample/teardown:*"),
    ],
)
def test_an_instructor_may(instructor: Principal, action: str, resource: str) -> None:
    assert instructor.may(action, resource)


@pytest.mark.parametrize(
    ("action", "resource"),
    [
        ("s3:PutObject", f"arn:aws:s3:::{CLASS_BUCKET}/work/ann/notebook.ipynb"),
        ("s3:PutObject", "arn:aws:s3:::sample--ann-seatbucket-1a2b3c4d5e6f/work/notebook.ipynb"),
        ("s3:PutObject", "arn:aws:s3:::sample--ann-seatbucket-1a2b3c4d5e6f/status/environment.json"),
        ("s3:PutObject", f"arn:aws:s3:::{CLASS_BUCKET}/assets/0123456789abcdef/labs.bundle"),
        ("s3:DeleteObject", "arn:aws:s3:::sample--ann-seatbucket-1a2b3c4d5e6f/outputs/image-data.json"),
        ("s3:DeleteBucket", f"arn:aws:s3:::{CLASS_BUCKET}"),
        ("s3:GetObject", "arn:aws:s3:::somebody-elses-bucket/data/secret.csv"),
        ("s3:GetObject", "arn:aws:s3:::sagemaker-sample-files/datasets/of-no-lab.csv"),
        ("states:StartExecution", f"arn:aws:states:{REGION}:{ACCOUNT}:stateMachine:payroll"),
        ("scheduler:DeleteSchedule", f"arn:aws:scheduler:{REGION}:{ACCOUNT}:schedule/classlab-sample/teardown"),
        ("scheduler:UpdateSchedule", f"arn:aws:scheduler:{REGION}:{ACCOUNT}:schedule/default/teardown"),
        ("cloudformation:DeleteStack", f"arn:aws:cloudformation:{REGION}:{ACCOUNT}:stack/sample--ann/x"),
        ("iam:CreateRole", f"arn:aws:iam::{ACCOUNT}:role/classlab/sample/mine"),
        ("sts:AssumeRole", f"arn:aws:iam::{ACCOUNT}:role/administrator"),
        ("logs:DeleteLogGroup", f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:/aws/sagemaker/TrainingJobs:*"),
    ],
)
def test_an_instructor_may_not(instructor: Principal, action: str, resource: str) -> None:
    assert not instructor.may(action, resource, OF_A_CLASS)


@pytest.mark.parametrize("source", public_keys([read_lab(folder) for folder in lab_folders()]))
def test_the_written_policy_reads_every_labs_public_data(source: str) -> None:
    assert Principal(tuple(_written()["Statement"])).may("s3:GetObject", f"arn:aws:s3:::{source}")


def test_the_role_of_a_class_reads_its_labs_public_data(class_template: Template, inputs: ClassInputs) -> None:
    role = principal(Resolver("sample", class_template), only(class_template, "AWS::IAM::Role", "Instructor"))
    sources = public_keys(inputs.labs)
    assert sources
    assert all(role.may("s3:GetObject", f"arn:aws:s3:::{source}") for source in sources)


@pytest.mark.parametrize(("source", "statements"), [("s3://open-data/rows.csv", 1), ("", 0)])
def test_only_labs_with_public_data_need_a_statement_about_it(source: str, statements: int) -> None:
    lab = read_lab("churn_xgboost")
    assert lab.data
    other = lab.model_copy(update={"data": lab.data.model_copy(update={"public_source": source})})
    rights = InstructorRights(arns=ANY, classroom="sample", class_bucket_arn="arn:aws:s3:::class", labs=[other])
    assert [statement.sid for statement in rights.statements()].count("ReadPublicData") == statements


def test_notebooks_of_a_class_are_opened_and_no_others(instructor: Principal) -> None:
    action = "sagemaker:CreatePresignedNotebookInstanceUrl"
    notebook = sagemaker_arn("notebook-instance", "sample--ann--notebook")
    assert instructor.may(action, notebook, OF_A_CLASS)
    assert not instructor.may(action, notebook)
    assert not instructor.may(action, sagemaker_arn("notebook-instance", "research"), OF_A_CLASS)


def test_the_schedules_role_is_passed_to_scheduler_only(instructor: Principal) -> None:
    role = f"arn:aws:iam::{ACCOUNT}:role/classlab-services/sample/sample-ScheduleRole"
    to = {"iam:passedtoservice": ["scheduler.amazonaws.com"]}
    assert instructor.may("iam:PassRole", role, to)
    assert not instructor.may("iam:PassRole", role, {"iam:passedtoservice": ["lambda.amazonaws.com"]})
    assert not instructor.may("iam:PassRole", role.replace("-services", ""), to)


def test_the_written_policy_deploys_by_the_bootstraps_roles_only() -> None:
    written = Principal(tuple(_written()["Statement"]))
    assert written.may("sts:AssumeRole", f"arn:aws:iam::{ACCOUNT}:role/cdk-hnb659fds-deploy-role-{ACCOUNT}-{REGION}")


def test_the_role_of_one_class_is_of_that_class(class_template: Template) -> None:
    role = principal(Resolver("sample", class_template), only(class_template, "AWS::IAM::Role", "Instructor"))
    other = f"arn:aws:states:{REGION}:{ACCOUNT}:stateMachine:other--ann--churn-xgboost"
    assert not role.may("states:StartExecution", other)
    assert not role.may("s3:GetObject", "arn:aws:s3:::other-sharedbucket-1a2b/data/churn.csv")
    assert not role.may("sts:AssumeRole", f"arn:aws:iam::{ACCOUNT}:role/cdk-hnb659fds-deploy-role-{ACCOUNT}-{REGION}")
