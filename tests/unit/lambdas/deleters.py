"""How CloudFormation deletes each type, with AWS's refusals where moto has none."""

from collections.abc import Callable

from embedded_aws.sagemaker.errors import AwsError
from lambdas.shared.clients import Clients
from tests.embedded_aws.sagemaker_stubs import Stand
from tests.unit.lambdas.faults import refusal


def deleters(own: Clients, sagemaker: Stand) -> dict[str, Callable[[str], None]]:
    """By resource type; what is gone already is no error."""
    return {
        "AWS::S3::Bucket": lambda name: _bucket(own, name),
        "AWS::IAM::Role": lambda name: _role(own, name),
        "AWS::Logs::LogGroup": lambda name: _log_group(own, name),
        "AWS::StepFunctions::StateMachine": lambda arn: _state_machine(own, arn),
        "AWS::SageMaker::NotebookInstance": lambda arn: _notebook(sagemaker, arn.rpartition("/")[2]),
        "AWS::SageMaker::NotebookInstanceLifecycleConfig": lambda arn: _config(sagemaker, arn.rpartition("/")[2]),
    }


def _bucket(own: Clients, name: str) -> None:
    if name not in {bucket["Name"] for bucket in own.s3.list_buckets()["Buckets"]}:
        return
    held = own.s3.list_object_versions(Bucket=name)
    if held.get("Versions") or held.get("DeleteMarkers"):
        raise refusal("BucketNotEmpty", "s3.DeleteBucket", "The bucket you tried to delete is not empty")
    own.s3.delete_bucket(Bucket=name)


def _role(own: Clients, name: str) -> None:
    roles = own.iam.get_paginator("list_roles").paginate()
    if name not in {role["RoleName"] for page in roles for role in page["Roles"]}:
        return
    foreign = [policy for policy in own.iam.list_role_policies(RoleName=name)["PolicyNames"] if policy != "own"]
    if foreign or own.iam.list_attached_role_policies(RoleName=name)["AttachedPolicies"]:
        raise refusal("DeleteConflict", "iam.DeleteRole", "Cannot delete entity, must delete policies first.")
    for policy in own.iam.list_role_policies(RoleName=name)["PolicyNames"]:
        own.iam.delete_role_policy(RoleName=name, PolicyName=policy)
    own.iam.delete_role(RoleName=name)


def _log_group(own: Clients, name: str) -> None:
    groups = own.logs.describe_log_groups(logGroupNamePrefix=name)["logGroups"]
    if name in {group["logGroupName"] for group in groups}:
        own.logs.delete_log_group(logGroupName=name)


def _state_machine(own: Clients, arn: str) -> None:
    machines = own.stepfunctions.list_state_machines()["stateMachines"]
    if arn in {machine["stateMachineArn"] for machine in machines}:
        own.stepfunctions.delete_state_machine(stateMachineArn=arn)


def _notebook(sagemaker: Stand, name: str) -> None:
    try:
        status = sagemaker("DescribeNotebookInstance", NotebookInstanceName=name)["NotebookInstanceStatus"]
    except AwsError:
        return
    if status == "InService":
        sagemaker.done("StopNotebookInstance", NotebookInstanceName=name)
    sagemaker.done("DeleteNotebookInstance", NotebookInstanceName=name)


def _config(sagemaker: Stand, name: str) -> None:
    try:
        sagemaker("DescribeNotebookInstanceLifecycleConfig", NotebookInstanceLifecycleConfigName=name)
    except AwsError:
        return
    sagemaker("DeleteNotebookInstanceLifecycleConfig", NotebookInstanceLifecycleConfigName=name)
