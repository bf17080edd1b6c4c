"""A class as it stands at its end: the class stack, seats, and what attendees left behind."""

import json
from dataclasses import dataclass
from typing import Any

from classlab.contract import (
    SEAT_WORK_PREFIX,
    TAG_ATTENDEE,
    TAG_CLASSROOM,
    attendee_stack_name,
    boundary_export,
    job_name,
    pipeline_machine_name,
    role_path,
)
from embedded_aws.sagemaker import tuning as tuning_jobs
from embedded_aws.sagemaker.kinds import TUNING_JOB
from tests.embedded_aws.sagemaker_stubs import a_model, notebook, processing, training, transform, tuning, variant
from tests.unit.lambdas.account import Account
from tests.unit.lambdas.fake_cloudformation import FakeStack

CLASSROOM = "demo"
CLASS_BUCKET = "demo-classbucket-1a2b3c"
RUN = "0123456789ab"
ALLOW_ALL = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
TRUST = {"Version": "2012-10-17", "Statement": []}
GROUPS = {
    "TrainingJob": "/aws/sagemaker/TrainingJobs",
    "ProcessingJob": "/aws/sagemaker/ProcessingJobs",
    "TransformJob": "/aws/sagemaker/TransformJobs",
    "NotebookInstance": "/aws/sagemaker/NotebookInstances",
}
_MACHINE = {"StartAt": "Wait", "States": {"Wait": {"Type": "Wait", "Seconds": 3600, "End": True}}}


@dataclass(frozen=True)
class Owner:
    """Who makes things: tags and role."""

    tags: list[dict[str, str]]
    role: str


@dataclass(frozen=True)
class Seat:
    """What a seat's stack holds."""

    attendee: str
    stack: FakeStack
    role: str
    role_name: str
    bucket: str
    machine: str

    @property
    def owner(self) -> Owner:
        """The attendee, at work."""
        return Owner(tags=class_tags(self.attendee), role=self.role)


def class_tags(attendee: str, classroom: str = CLASSROOM) -> list[dict[str, str]]:
    """What every create of an attendee must carry."""
    return [{"Key": TAG_CLASSROOM, "Value": classroom}, {"Key": TAG_ATTENDEE, "Value": attendee}]


def open_class(account: Account) -> str:
    """The class stack with its bucket and boundary policy; returns the boundary's ARN."""
    own = account.own
    own.s3.create_bucket(Bucket=CLASS_BUCKET)
    tags = [{"Key": TAG_CLASSROOM, "Value": CLASSROOM}]
    own.s3.put_bucket_tagging(Bucket=CLASS_BUCKET, Tagging={"TagSet": tags})  # type: ignore[typeddict-item] # plain dicts
    group = f"/classlab/{CLASSROOM}/teardown"
    own.logs.create_log_group(logGroupName=group)
    boundary = own.iam.create_policy(PolicyName=f"{CLASSROOM}-boundary", PolicyDocument=json.dumps(ALLOW_ALL))
    stack = account.cloudformation.make(CLASSROOM, tags={TAG_CLASSROOM: CLASSROOM})
    stack.resources += [("AWS::S3::Bucket", CLASS_BUCKET), ("AWS::Logs::LogGroup", group)]
    for shared in GROUPS.values():
        own.logs.create_log_group(logGroupName=shared)
    own.events.put_rule(Name="StepFunctionsGetEventsForSageMakerTrainingJobsRule", EventPattern='{"source": ["x"]}')
    return boundary["Policy"]["Arn"]


def take_seat(account: Account, attendee: str, *, work: int = 2) -> Seat:
    """A seat that is ready, its notebook running, some work in its bucket."""
    name = attendee_stack_name(CLASSROOM, attendee)
    stack = account.cloudformation.make(
        name, tags={TAG_CLASSROOM: CLASSROOM, TAG_ATTENDEE: attendee}, imports=(boundary_export(CLASSROOM),)
    )
    role_name, role = make_role(account, f"{name}-ExecutionRole-X1", tags=class_tags(attendee))
    account.own.iam.put_role_policy(RoleName=role_name, PolicyName="own", PolicyDocument=json.dumps(ALLOW_ALL))
    owner = Owner(tags=class_tags(attendee), role=role)
    config = make_config(account, name, owner)
    desk = make_notebook(account, name, owner, config=name)
    bucket = make_bucket(account, f"{name}-bucket-x1", class_tags(attendee), work=work)
    machine = make_machine(account, pipeline_machine_name(name, "churn"), role)
    group = f"/aws/vendedlogs/states/{name}--churn"
    account.own.logs.create_log_group(logGroupName=group)
    stack.resources += [
        ("AWS::SageMaker::NotebookInstance", desk),
        ("AWS::SageMaker::NotebookInstanceLifecycleConfig", config),
        ("AWS::StepFunctions::StateMachine", machine),
        ("AWS::Logs::LogGroup", group),
        ("AWS::S3::Bucket", bucket),
        ("AWS::IAM::Role", role_name),
    ]
    return Seat(attendee=attendee, stack=stack, role=role, role_name=role_name, bucket=bucket, machine=machine)


def make_role(
    account: Account, name: str, *, tags: list[dict[str, str]], path: str = role_path(CLASSROOM)
) -> tuple[str, str]:
    """Name and ARN of a role."""
    made = account.own.iam.create_role(
        RoleName=name,
        Path=path,
        AssumeRolePolicyDocument=json.dumps(TRUST),
        Tags=tags,  # type: ignore[arg-type] # plain dicts
    )
    return name, made["Role"]["Arn"]


def make_bucket(account: Account, name: str, tags: list[dict[str, str]], *, work: int = 1) -> str:
    """A versioned bucket with that many pieces of work in two versions each."""
    s3 = account.own.s3
    s3.create_bucket(Bucket=name)
    s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
    if tags:
        s3.put_bucket_tagging(Bucket=name, Tagging={"TagSet": tags})  # type: ignore[typeddict-item] # plain dicts
    for number in range(work):
        for version in ("first", "last"):
            s3.put_object(Bucket=name, Key=f"{SEAT_WORK_PREFIX}{number}.ipynb", Body=f"{name} {version}".encode())
    return name


def make_machine(account: Account, name: str, role: str) -> str:
    """ARN of a state machine whose executions run until they are stopped."""
    made = account.own.stepfunctions.create_state_machine(name=name, definition=json.dumps(_MACHINE), roleArn=role)
    return made["stateMachineArn"]


def make_config(account: Account, name: str, owner: Owner) -> str:
    """ARN of a lifecycle configuration."""
    made = account.sagemaker(
        "CreateNotebookInstanceLifecycleConfig", NotebookInstanceLifecycleConfigName=name, Tags=owner.tags
    )
    return str(made["NotebookInstanceLifecycleConfigArn"])


def make_notebook(account: Account, name: str, owner: Owner, *, config: str) -> str:
    """ARN of a notebook instance in service, with the log its scripts wrote."""
    request = notebook(name, RoleArn=owner.role, LifecycleConfigName=config, Tags=owner.tags)
    made = account.sagemaker.done("CreateNotebookInstance", **request)
    make_stream(account, GROUPS["NotebookInstance"], f"{name}/LifecycleConfigOnCreate")
    return str(made["NotebookInstanceArn"])


def make_stream(account: Account, group: str, stream: str) -> None:
    """A stream in a group that is there."""
    account.own.logs.create_log_stream(logGroupName=group, logStreamName=stream)


def run_jobs(account: Account, stack: str, owner: Owner, *, finish: bool = True) -> None:
    """A pipeline's jobs and model, a tuning job, and their log streams."""
    start(account, "ProcessingJob", processing(job_name(stack, "prepare", RUN), RoleArn=owner.role, Tags=owner.tags))
    start(account, "TrainingJob", training(job_name(stack, "train", RUN), RoleArn=owner.role, Tags=owner.tags))
    model = job_name(stack, "model", RUN)
    account.sagemaker("CreateModel", **a_model(model, ExecutionRoleArn=owner.role, Tags=owner.tags))
    start(account, "TransformJob", transform(job_name(stack, "infer", RUN), model=model, Tags=owner.tags))
    tune(account, f"{stack}-tune", owner)
    if finish:
        account.sagemaker.runtime.finish()


def start(account: Account, kind: str, request: dict[str, Any]) -> None:
    """A job that has begun to write its log."""
    account.sagemaker(f"Create{kind}", **request)
    make_stream(account, GROUPS[kind], f"{request[f'{kind}Name']}/algo-1-1767225600")


def tune(account: Account, name: str, owner: Owner) -> str:
    """A tuning job that has made one training job; that one's name."""
    request = tuning(name, definition={"RoleArn": owner.role}, Tags=owner.tags)
    account.sagemaker("CreateHyperParameterTuningJob", **request)
    plane = account.sagemaker.plane
    made: str = tuning_jobs.launch(plane, plane.record(TUNING_JOB, name), {"eta": "0.2"})["TrainingJobName"]
    make_stream(account, GROUPS["TrainingJob"], f"{made}/algo-1-1767225600")
    return made


def forget_endpoint(account: Account, stack: str, owner: Owner, *, finish: bool = True) -> None:
    """An endpoint with configuration and model, as a lab's notebook makes them."""
    name = f"{stack}--churn-lab"
    account.sagemaker("CreateModel", **a_model(name, ExecutionRoleArn=owner.role, Tags=owner.tags))
    account.sagemaker(
        "CreateEndpointConfig", EndpointConfigName=name, ProductionVariants=[variant(model=name)], Tags=owner.tags
    )
    account.sagemaker("CreateEndpoint", EndpointName=name, EndpointConfigName=name, Tags=owner.tags)
    if finish:
        account.sagemaker.runtime.finish()
    account.own.logs.create_log_group(logGroupName=f"/aws/sagemaker/Endpoints/{name}")
    make_stream(account, f"/aws/sagemaker/Endpoints/{name}", "AllTraffic/i-0123")
