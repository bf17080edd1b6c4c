"""Updates: what changes is told, what does not is left alone, and what fails goes back."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from embedded_aws.cloudformation.exports import changes_refused, deletion_refused
from embedded_aws.cloudformation.update_journal import CLEANUP, STACK_TYPE, Event, UpdateJournal
from tests.embedded_aws.account import Account, Stack, Template, fresh, polls
from tests.embedded_aws.stack_events import events, since_update
from tests.embedded_aws.stack_templates import get, resource, template


def _queues(**seconds: int) -> Template:
    """Queues with these visibility timeouts; their addresses are outputs."""
    made = {name: resource("SQS::Queue", VisibilityTimeout=value) for name, value in seconds.items()}
    return template({f"{name}Url": {"Ref": name} for name in made}, **made)


def _timeout(account: Account, url: str) -> str:
    asked = {"QueueUrl": url, "AttributeNames": ["VisibilityTimeout"]}
    return str(account.client("sqs").get_queue_attributes(**asked)["Attributes"]["VisibilityTimeout"])


def test_update_names_what_changes_and_nothing_else(account: Account) -> None:
    """AWSCloudFormation/latest/UserGuide/using-cfn-updating-stacks.html: only resources that changed are updated."""
    stack = account.deploy(_queues(Same=30, Other=30, Gone=30))
    updated = account.deploy(_queues(Same=30, Other=60, New=30), StackName=stack.name)
    assert updated.status == "UPDATE_COMPLETE", updated.reasons
    told = [(event.logical_id, event.status) for event in since_update(account, stack.name)]
    assert told[0] == (stack.name, "UPDATE_IN_PROGRESS")
    assert sorted(told[1:6]) == [
        ("New", "CREATE_COMPLETE"),
        ("New", "CREATE_IN_PROGRESS"),
        ("New", "CREATE_IN_PROGRESS"),  # Resource creation Initiated
        ("Other", "UPDATE_COMPLETE"),
        ("Other", "UPDATE_IN_PROGRESS"),
    ]
    assert told[6:] == [
        (stack.name, CLEANUP),
        ("Gone", "DELETE_IN_PROGRESS"),
        ("Gone", "DELETE_COMPLETE"),
        (stack.name, "UPDATE_COMPLETE"),
    ]
    shown = account.client("cloudformation").list_stack_resources(StackName=stack.name)["StackResourceSummaries"]
    assert {held["LogicalResourceId"]: held["ResourceStatus"] for held in shown} == {
        "Same": "CREATE_COMPLETE",
        "Other": "UPDATE_COMPLETE",
        "New": "CREATE_COMPLETE",
    }
    account.destroy(stack)


def test_update_of_an_output_names_no_resource(account: Account) -> None:
    """AWSCloudFormation/latest/UserGuide/using-cfn-updating-stacks.html."""
    wanted = _queues(One=30, Two=30)
    stack = account.deploy(wanted)
    wanted["Outputs"]["More"] = {"Value": "more"}
    assert account.deploy(wanted, StackName=stack.name).outputs["More"] == "more"
    told = [(event.logical_id, event.status) for event in since_update(account, stack.name)]
    assert told == [(stack.name, status) for status in ("UPDATE_IN_PROGRESS", CLEANUP, "UPDATE_COMPLETE")]
    account.destroy(stack)


def test_update_that_fails_restores_what_was(account: Account) -> None:
    """AWSCloudFormation/latest/UserGuide/view-stack-events.html: UPDATE_ROLLBACK_COMPLETE is the state before."""
    stack = account.deploy(_queues(Kept=30, Gone=30), Tags=[{"Key": "round", "Value": "one"}])
    wanted = _queues(Kept=60, New=30)
    wrong = resource("SQS::Queue", DelaySeconds=get("New", "QueueName"))  # a name is no number
    wanted["Resources"]["Wrong"] = {**wrong, "DependsOn": "Kept"}
    failed = account.deploy(wanted, StackName=stack.name, Tags=[{"Key": "round", "Value": "two"}])
    assert failed.status == "UPDATE_ROLLBACK_COMPLETE"
    assert failed.outputs == stack.outputs
    assert [_timeout(account, url) for url in stack.outputs.values()] == ["30", "30"]
    stacks = account.client("cloudformation")
    assert stacks.get_template(StackName=stack.name)["TemplateBody"] == _queues(Kept=30, Gone=30)
    assert stacks.describe_stacks(StackName=stack.name)["Stacks"][0]["Tags"] == [{"Key": "round", "Value": "one"}]
    told = [(event.logical_id, event.status) for event in since_update(account, stack.name)]
    assert ("Wrong", "CREATE_FAILED") in told
    assert told.index(("New", "DELETE_COMPLETE")) > told.index((stack.name, "UPDATE_ROLLBACK_IN_PROGRESS"))
    assert "Gone" not in {name for name, _ in told}
    again = account.deploy(_queues(Kept=60), StackName=stack.name)
    assert again.status == "UPDATE_COMPLETE"
    assert account.destroy(stack).status == "DELETE_COMPLETE"


def test_what_an_update_cannot_delete_is_left_behind(account: Account) -> None:
    """AWSCloudFormation/latest/UserGuide/using-cfn-updating-stacks-monitor-stack.html: three attempts, then no more."""
    both = template({"Name": {"Ref": "Bucket"}}, Bucket=resource("S3::Bucket"), Queue=resource("SQS::Queue"))
    stack, objects = account.deploy(both), account.client("s3")
    objects.put_object(Bucket=stack.outputs["Name"], Key="k", Body=b"1")
    updated = account.deploy(template(Queue=resource("SQS::Queue")), StackName=stack.name)
    assert updated.status == "UPDATE_COMPLETE"
    told = [event.status for event in since_update(account, stack.name) if event.logical_id == "Bucket"]
    assert told == ["DELETE_IN_PROGRESS", "DELETE_FAILED"] * 3
    shown = account.client("cloudformation").list_stack_resources(StackName=stack.name)["StackResourceSummaries"]
    assert [held["LogicalResourceId"] for held in shown] == ["Queue"]
    assert account.destroy(stack).status == "DELETE_COMPLETE"
    assert objects.list_objects_v2(Bucket=stack.outputs["Name"])["KeyCount"] == 1


def test_change_set_without_changes_fails(account: Account) -> None:
    """AWSCloudFormation/latest/UserGuide/using-cfn-updating-stacks-changesets-create.html."""
    stacks, wanted = account.client("cloudformation"), _queues(One=30)
    stack = account.deploy(wanted)
    asked = {"StackName": stack.name, "ChangeSetName": "none", "TemplateBody": json.dumps(wanted)}
    stacks.create_change_set(**asked)
    shown: dict[str, Any] = {}
    for _ in polls(20):
        shown = stacks.describe_change_set(StackName=stack.name, ChangeSetName="none")
        if not shown["Status"].endswith(("PENDING", "IN_PROGRESS")):
            break
    assert (shown["Status"], shown["ExecutionStatus"]) == ("FAILED", "UNAVAILABLE")
    assert shown["StatusReason"].startswith("The submitted information didn't contain changes.")
    with pytest.raises(ClientError, match="InvalidChangeSetStatus"):
        stacks.execute_change_set(StackName=stack.name, ChangeSetName="none")
    with pytest.raises(ClientError, match="No updates are to be performed"):
        stacks.update_stack(StackName=stack.name, UsePreviousTemplate=True)
    assert not [event for event in events(account, stack.name) if event.status.startswith("UPDATE")]
    account.destroy(stack)


def test_change_set_executes_and_names_what_changes(account: Account) -> None:
    """AWSCloudFormation/latest/APIReference/API_ExecuteChangeSet.html."""
    stacks, stack = account.client("cloudformation"), account.deploy(_queues(One=30, Two=30))
    asked = {"StackName": stack.name, "ChangeSetName": "some", "TemplateBody": json.dumps(_queues(One=30, Two=31))}
    stacks.create_change_set(**asked)
    stacks.get_waiter("change_set_create_complete").wait(StackName=stack.name, ChangeSetName="some")
    stacks.execute_change_set(StackName=stack.name, ChangeSetName="some")
    assert account.settled(stack.name).status == "UPDATE_COMPLETE"
    assert {event.logical_id for event in since_update(account, stack.name)} == {stack.name, "Two"}
    account.destroy(stack)


# --- exports -------------------------------------------------------------------------------------------------


def _exporting(name: str, value: str) -> Template:
    wanted = template({"Out": value}, Queue=resource("SQS::Queue"))
    wanted["Outputs"]["Out"]["Export"] = {"Name": name}
    return wanted


def _sharing(account: Account, name: str) -> tuple[Stack, Stack]:
    """A stack that exports, and one that imports."""
    owner = account.deploy(_exporting(name, "one"))
    imported = resource("SSM::Parameter", Type="String", Value={"Fn::ImportValue": name})
    return owner, account.deploy(template(P=imported))


def test_export_in_use_can_neither_change_nor_go(account: Account) -> None:
    """AWSCloudFormation/latest/UserGuide/using-cfn-stack-exports.html."""
    name = fresh("export")
    owner, user = _sharing(account, name)
    for wanted, verb in ((_exporting(name, "two"), "updated"), (template(Queue=resource("SQS::Queue")), "deleted")):
        refused = account.deploy(wanted, StackName=owner.name)
        assert refused.status == "UPDATE_ROLLBACK_COMPLETE"
        assert refused.reasons[owner.name] == f"Export {name} cannot be {verb} as it is in use by {user.name}"
        assert refused.outputs == owner.outputs
    account.destroy(user)
    assert account.deploy(_exporting(name, "two"), StackName=owner.name).outputs == {"Out": "two"}
    assert account.destroy(owner).status == "DELETE_COMPLETE"


def test_export_has_one_owner_and_goes_with_its_output(account: Account) -> None:
    """AWSCloudFormation/latest/UserGuide/using-cfn-stack-exports.html: names are unique in an account's region."""
    name = fresh("export")
    owner = account.deploy(_exporting(name, "one"))
    second = account.deploy(_exporting(name, "other"))
    assert second.status == "ROLLBACK_COMPLETE"
    assert second.reasons[second.name] == f"Export with name {name} is already exported by stack {owner.name}"
    account.deploy(template(Queue=resource("SQS::Queue", DelaySeconds=1)), StackName=owner.name)
    listed = account.client("cloudformation").get_paginator("list_exports").paginate()
    assert name not in [export["Name"] for page in listed for export in page["Exports"]]


def test_import_of_what_nobody_exports_fails(account: Account) -> None:
    """AWSCloudFormation/latest/UserGuide/intrinsic-function-reference-importvalue.html."""
    imported = resource("SSM::Parameter", Type="String", Value={"Fn::ImportValue": "nobodys"})
    stack = account.deploy(template(P=imported))
    assert (stack.status, stack.reasons["P"]) == ("ROLLBACK_COMPLETE", "No export named nobodys found")
    why = [event.reason for event in events(account, stack.name) if event.status == "ROLLBACK_IN_PROGRESS"]
    assert why == ["No export named nobodys found. Rollback requested by user."]


def test_one_template_exports_a_name_once(account: Account) -> None:
    """AWSCloudFormation/latest/UserGuide/using-cfn-stack-exports.html: names are unique in an account's region."""
    wanted, name = template({"A": "1", "B": "2"}, Queue=resource("SQS::Queue")), fresh("export")
    for output in wanted["Outputs"].values():
        output["Export"] = {"Name": name}
    assert account.deploy(wanted).status == "ROLLBACK_COMPLETE"


def test_exports_are_compared_by_owner_and_value() -> None:
    """AWSCloudFormation/latest/UserGuide/using-cfn-stack-exports.html."""
    mine, other = "arn:stack/mine/1", "arn:stack/other/1"
    before = {"a": {"StackId": mine, "Value": "1"}, "b": {"StackId": other, "Value": "2"}}
    same = {"a": {"StackId": mine, "Value": "1"}}
    assert changes_refused(mine, before, same, lambda _: ["user"]) is None
    assert changes_refused(mine, before, {}, lambda _: []) is None
    assert changes_refused(mine, before, {**same, "b": {"StackId": mine, "Value": "3"}}, lambda _: []) == (
        "Export with name b is already exported by stack other"
    )
    assert deletion_refused(mine, before, lambda _: ["x", "y"]) == "Export a cannot be deleted as it is in use by x, y"


# --- the journal alone ---------------------------------------------------------------------------------------


def test_journal_leaves_other_stacks_and_replacements_alone() -> None:
    """AWSCloudFormation/latest/UserGuide/using-cfn-updating-stacks-update-behaviors.html: replacement."""
    journal = UpdateJournal("id", {"Old": {"PhysicalResourceId": "p"}})
    stranger = Event("child", "child", "Old", "AWS::SQS::Queue", "UPDATE_IN_PROGRESS")
    assert journal.seen(stranger) == [stranger]
    began = Event("id", "stack", "Old", "AWS::SQS::Queue", "UPDATE_IN_PROGRESS")
    replacing = began._replace(reason="Requested update requires the creation of a new physical resource")
    assert journal.seen(began) == []
    assert journal.seen(replacing) == [replacing]
    assert journal.changing("Old") == []
    done = began._replace(status="UPDATE_COMPLETE")
    assert journal.seen(done) == [done]
    end = Event("id", "stack", "stack", STACK_TYPE, "UPDATE_COMPLETE", "", "id")
    assert [event.status for event in journal.seen(end)] == [CLEANUP, "UPDATE_COMPLETE"]
