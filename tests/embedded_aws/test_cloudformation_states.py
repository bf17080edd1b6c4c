"""What a stack in a state is refused, and what becomes of operations that fail."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.embedded_aws.account import Account, Template, code_of, fresh, polls
from tests.embedded_aws.stack_events import events, statuses
from tests.embedded_aws.stack_templates import BUCKET, get, resource, template

# A name is no number; that shows only once there is a name.
_FAILING = template(Queue=resource("SQS::Queue"), Wrong=resource("SQS::Queue", DelaySeconds=get("Queue", "QueueName")))


def _waiting(seconds: int) -> Template:
    """A template whose last resource fails after so many seconds."""
    wait = resource("CloudFormation::WaitCondition", Handle={"Ref": "Handle"}, Timeout=str(seconds), Count=1)
    handle = resource("CloudFormation::WaitConditionHandle")
    return template(Queue=resource("SQS::Queue"), Handle=handle, Wait={**wait, "DependsOn": "Queue"})


def _start(account: Account, wanted: Template, **more: Any) -> str:  # noqa: ANN401 # CreateStack's parameters
    name = fresh("stack")
    account.client("cloudformation").create_stack(StackName=name, TemplateBody=json.dumps(wanted), **more)
    return name


def _until_waiting(account: Account, name: str) -> None:
    for _ in polls(20):
        if statuses(account, name, "Wait")[-1:] in (["CREATE_IN_PROGRESS"], ["UPDATE_IN_PROGRESS"]):
            return


def test_failed_creation_rolls_back_and_keeps_its_name(account: Account) -> None:
    """AWSCloudFormation/latest/UserGuide/view-stack-events.html: ROLLBACK_COMPLETE allows nothing but a delete."""
    stacks, name = account.client("cloudformation"), _start(account, _FAILING)
    assert account.settled(name).status == "ROLLBACK_COMPLETE"
    assert statuses(account, name, "Queue")[-2:] == ["DELETE_IN_PROGRESS", "DELETE_COMPLETE"]
    with pytest.raises(ClientError, match="already exists") as taken:
        stacks.create_stack(StackName=name, TemplateBody=json.dumps(BUCKET))
    assert code_of(taken.value) == "AlreadyExistsException"
    with pytest.raises(ClientError, match="is in ROLLBACK_COMPLETE state and can not be updated") as fixed:
        stacks.update_stack(StackName=name, TemplateBody=json.dumps(BUCKET))
    assert code_of(fixed.value) == "ValidationError"
    for kind, told in (("CREATE", "already exists and cannot be created again"), ("UPDATE", "can not be updated")):
        with pytest.raises(ClientError, match=told):
            stacks.create_change_set(
                StackName=name, ChangeSetName="again", ChangeSetType=kind, TemplateBody=json.dumps(BUCKET)
            )
    assert account.destroy(account.settled(name)).status == "DELETE_COMPLETE"
    stacks.create_stack(StackName=name, TemplateBody=json.dumps(BUCKET))
    assert account.destroy(account.settled(name)).status == "DELETE_COMPLETE"


@pytest.mark.parametrize("more", [{"OnFailure": "DO_NOTHING"}, {"DisableRollback": True}])
def test_failed_creation_without_rollback_stays_as_it_is(account: Account, more: dict[str, Any]) -> None:
    """AWSCloudFormation/latest/UserGuide/stack-failure-options.html: what was made is kept, until it is rolled back."""
    stacks, name = account.client("cloudformation"), _start(account, _FAILING, **more)
    assert account.settled(name).status == "CREATE_FAILED"
    assert statuses(account, name, "Queue") == ["CREATE_IN_PROGRESS", "CREATE_IN_PROGRESS", "CREATE_COMPLETE"]
    with pytest.raises(ClientError, match=r"non-terminal \[CREATE_FAILED\] state"):
        stacks.update_stack(StackName=name, TemplateBody=json.dumps(BUCKET))
    with pytest.raises(ClientError, match="not implemented by the embedded AWS"):
        stacks.update_stack(StackName=name, TemplateBody=json.dumps(BUCKET), DisableRollback=True)
    assert account.destroy(account.settled(name)).status == "DELETE_COMPLETE"


def test_failed_creation_is_deleted_if_asked(account: Account) -> None:
    """AWSCloudFormation/latest/APIReference/API_CreateStack.html: OnFailure."""
    stacks, name = account.client("cloudformation"), fresh("stack")
    made = stacks.create_stack(StackName=name, TemplateBody=json.dumps(_FAILING), OnFailure="DELETE")
    for _ in polls(20):
        if stacks.describe_stacks(StackName=made["StackId"])["Stacks"][0]["StackStatus"] == "DELETE_COMPLETE":
            break
    assert "ROLLBACK_COMPLETE" in statuses(account, made["StackId"], name)
    with pytest.raises(ClientError, match="DisableRollback or OnFailure"):
        _start(account, BUCKET, OnFailure="DELETE", DisableRollback=True)


def test_failed_update_without_rollback_can_be_rolled_back(account: Account) -> None:
    """AWSCloudFormation/latest/APIReference/API_RollbackStack.html: back to the last known stable state."""
    stacks = account.client("cloudformation")
    stack = account.deploy(template(Queue=resource("SQS::Queue", VisibilityTimeout=30)))
    wanted = json.loads(json.dumps(_FAILING))
    wanted["Resources"]["Queue"]["Properties"] = {"VisibilityTimeout": 60}
    assert account.deploy(wanted, StackName=stack.name, DisableRollback=True).status == "UPDATE_FAILED"
    with pytest.raises(ClientError, match=r"non-terminal \[UPDATE_FAILED\] state"):
        stacks.update_stack(StackName=stack.name, TemplateBody=json.dumps(BUCKET))
    stacks.rollback_stack(StackName=stack.name)
    assert account.settled(stack.name).status == "UPDATE_ROLLBACK_COMPLETE"
    url = stacks.describe_stack_resource(StackName=stack.name, LogicalResourceId="Queue")["StackResourceDetail"]
    asked = {"QueueUrl": url["PhysicalResourceId"], "AttributeNames": ["VisibilityTimeout"]}
    assert account.client("sqs").get_queue_attributes(**asked)["Attributes"] == {"VisibilityTimeout": "30"}
    assert account.destroy(stack).status == "DELETE_COMPLETE"


def test_stack_in_creation_can_be_deleted_but_not_updated(account: Account) -> None:
    """AWSCloudFormation/latest/UserGuide/view-stack-events.html; deleting gives the creation up, without a rollback."""
    stacks, name = account.client("cloudformation"), _start(account, _waiting(900))
    _until_waiting(account, name)
    with pytest.raises(ClientError, match="is in CREATE_IN_PROGRESS state and can not be updated"):
        stacks.update_stack(StackName=name, TemplateBody=json.dumps(BUCKET))
    with pytest.raises(ClientError, match="already exists"):
        stacks.create_stack(StackName=name, TemplateBody=json.dumps(BUCKET))
    stack_id = stacks.describe_stacks(StackName=name)["Stacks"][0]["StackId"]
    stacks.delete_stack(StackName=name)
    assert account.settled(stack_id).status == "DELETE_COMPLETE"
    own = statuses(account, stack_id, name)
    assert not [status for status in own if "ROLLBACK" in status]
    assert statuses(account, stack_id, "Queue")[-1] == "DELETE_COMPLETE"


def test_creation_given_up_makes_nothing_more(account: Account) -> None:
    """AWSCloudFormation/latest/UserGuide/view-stack-events.html: DELETE_IN_PROGRESS."""
    script = {"Content": {"Fn::Base64": "#!/bin/bash\nsleep 3\n"}}
    config = resource("SageMaker::NotebookInstanceLifecycleConfig", OnStart=[script])
    scripts = get("Config", "NotebookInstanceLifecycleConfigName")
    given = {"InstanceType": "ml.t3.medium", "RoleArn": account.role(), "LifecycleConfigName": scripts}
    notebook = resource("SageMaker::NotebookInstance", **given)
    later = {**resource("SQS::Queue"), "DependsOn": "Wait"}
    stacks, name = (
        account.client("cloudformation"),
        _start(account, template(Config=config, Wait=notebook, Later=later)),
    )
    _until_waiting(account, name)
    stack_id = stacks.describe_stacks(StackName=name)["Stacks"][0]["StackId"]
    stacks.delete_stack(StackName=name)
    assert stacks.describe_stacks(StackName=stack_id)["Stacks"][0]["StackStatus"] == "DELETE_IN_PROGRESS"
    stacks.delete_stack(StackName=name)  # once more: nothing new
    assert account.settled(stack_id).status == "DELETE_COMPLETE"
    assert statuses(account, stack_id, name).count("DELETE_IN_PROGRESS") == 1
    assert statuses(account, stack_id, "Wait")[:3] == ["CREATE_IN_PROGRESS", "CREATE_IN_PROGRESS", "CREATE_COMPLETE"]
    assert statuses(account, stack_id, "Later") == ["CREATE_IN_PROGRESS", "CREATE_FAILED"]
    assert [event.reason for event in events(account, stack_id) if event.logical_id == "Later"][-1] == (
        "Resource creation cancelled"
    )


def test_stack_in_an_update_refuses_update_and_delete(account: Account) -> None:
    """AWSCloudFormation/latest/UserGuide/using-cfn-updating-stacks-monitor-stack.html."""
    stacks, stack = account.client("cloudformation"), account.deploy(template(Queue=resource("SQS::Queue")))
    stacks.update_stack(StackName=stack.name, TemplateBody=json.dumps(_waiting(2)))
    _until_waiting(account, stack.name)
    with pytest.raises(ClientError, match="cannot be deleted while in status UPDATE_IN_PROGRESS"):
        stacks.delete_stack(StackName=stack.name)
    with pytest.raises(ClientError, match="is in UPDATE_IN_PROGRESS state and can not be updated"):
        stacks.update_stack(StackName=stack.name, TemplateBody=json.dumps(BUCKET))
    assert account.settled(stack.name).status == "UPDATE_ROLLBACK_COMPLETE"
    account.destroy(stack)


def test_only_a_stack_that_failed_to_go_may_retain(account: Account) -> None:
    """AWSCloudFormation/latest/APIReference/API_DeleteStack.html: RetainResources."""
    stacks, stack = account.client("cloudformation"), account.deploy(BUCKET)
    bucket, objects = stack.outputs["Name"], account.client("s3")
    objects.put_object(Bucket=bucket, Key="k", Body=b"1")
    with pytest.raises(ClientError, match="only when the stack is in the DELETE_FAILED state"):
        stacks.delete_stack(StackName=stack.name, RetainResources=["Bucket"])
    assert account.destroy(stack).status == "DELETE_FAILED"
    with pytest.raises(ClientError, match="is in DELETE_FAILED state and can not be updated"):
        stacks.update_stack(StackName=stack.name, TemplateBody=json.dumps(template(Q=resource("SQS::Queue"))))
    assert account.destroy(stack, RetainResources=["Bucket"]).status == "DELETE_COMPLETE"
    assert ("Bucket", "DELETE_SKIPPED") in {event[:2] for event in events(account, stack.stack_id)}
    assert objects.head_bucket(Bucket=bucket)["ResponseMetadata"]["HTTPStatusCode"] == 200


def test_retained_resources_outlive_their_stack(account: Account) -> None:
    """AWSCloudFormation/latest/UserGuide/aws-attribute-deletionpolicy.html: Retain."""
    wanted = json.loads(json.dumps(BUCKET))
    wanted["Resources"]["Bucket"]["DeletionPolicy"] = "Retain"
    stack = account.deploy(wanted)
    assert account.destroy(stack).status == "DELETE_COMPLETE"
    assert ("Bucket", "DELETE_SKIPPED") in {event[:2] for event in events(account, stack.stack_id)}
    assert account.client("s3").list_objects_v2(Bucket=stack.outputs["Name"])["KeyCount"] == 0


@pytest.mark.parametrize(("policy", "left"), [("Retain", True), ("Delete", False)])
def test_what_an_update_replaces_goes_unless_it_is_retained(account: Account, policy: str, left: bool) -> None:  # noqa: FBT001 # a case
    """AWSCloudFormation/latest/UserGuide/aws-attribute-updatereplacepolicy.html."""

    def wanted(name: str) -> Template:
        return template(Bucket={**resource("S3::Bucket", BucketName=name), "UpdateReplacePolicy": policy})

    old, new = fresh("old-bucket"), fresh("new-bucket")
    stack = account.deploy(wanted(old))
    assert account.deploy(wanted(new), StackName=stack.name).status == "UPDATE_COMPLETE"
    held = {bucket["Name"] for bucket in account.client("s3").list_buckets()["Buckets"]}
    assert (old in held, new in held) == (left, True)
    account.destroy(stack)


def test_protected_stack_refuses_to_go(account: Account) -> None:
    """AWSCloudFormation/latest/UserGuide/using-cfn-protect-stacks.html."""
    stacks = account.client("cloudformation")
    stack = account.settled(_start(account, template(Q=resource("SQS::Queue")), EnableTerminationProtection=True))
    with pytest.raises(ClientError, match="cannot be deleted while TerminationProtection is enabled"):
        stacks.delete_stack(StackName=stack.name)
    assert account.settled(stack.name).status == "CREATE_COMPLETE"
    stacks.update_termination_protection(StackName=stack.name, EnableTerminationProtection=False)
    assert account.destroy(stack).status == "DELETE_COMPLETE"


def test_request_repeated_with_its_token_is_done_once(account: Account) -> None:
    """AWSCloudFormation/latest/APIReference/API_CreateStack.html: ClientRequestToken is for retries."""
    stacks, name = account.client("cloudformation"), fresh("stack")
    asked = {
        "StackName": name,
        "TemplateBody": json.dumps(template(Q=resource("SQS::Queue"))),
        "ClientRequestToken": "a",
    }
    first = stacks.create_stack(**asked)
    assert stacks.create_stack(**asked)["StackId"] == first["StackId"]
    account.settled(name)
    with pytest.raises(ClientError, match="already exists"):
        stacks.create_stack(**{**asked, "ClientRequestToken": "b"})
    shown = stacks.describe_stack_events(StackName=name)["StackEvents"]
    assert {event["ClientRequestToken"] for event in shown} == {"a"}
    assert statuses(account, name, name).count("CREATE_IN_PROGRESS") == 1
    more = {**asked, "TemplateBody": json.dumps(template(Q=resource("SQS::Queue", DelaySeconds=1)))}
    assert stacks.update_stack(**more)["StackId"] == first["StackId"]
    account.settled(name)
    assert stacks.update_stack(**more)["StackId"] == first["StackId"]
    assert statuses(account, name, name).count("UPDATE_IN_PROGRESS") == 1
    account.destroy(account.settled(name))
