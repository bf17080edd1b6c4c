"""AWS::Budgets::Budget, AWS::Scheduler::Schedule and AWS::StepFunctions::StateMachine through their own calls."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from embedded_aws.cloudformation.api_type import plain, undone
from embedded_aws.cloudformation.types import (
    Call,
    PhysicalName,
    Properties,
    Resource,
    ResourceType,
    failed,
    gone,
    tag_changes,
    text_of,
)
from embedded_aws.sagemaker.errors import AwsError


def _budget_create(call: Call, name: PhysicalName, props: Properties) -> Resource:
    budget = _budget(props, str(props["Budget"].get("BudgetName") or name(100)))
    given = {key: props[key] for key in ("NotificationsWithSubscribers", "ResourceTags") if key in props}
    try:
        call("budgets", "CreateBudget", AccountId=_account(call), Budget=budget, **given)
    except AwsError as error:
        raise failed(error, "Budgets") from error
    return Resource(budget["BudgetName"], {"Id": budget["BudgetName"]})


def _budget_update(call: Call, own: str, old: Properties, new: Properties) -> Resource:
    account = _account(call)
    arn = f"arn:aws:budgets::{account}:budget/{own}"
    changed, dropped = tag_changes(old.get("ResourceTags"), new.get("ResourceTags"))
    try:
        if old["Budget"] != new["Budget"]:
            call("budgets", "UpdateBudget", AccountId=account, NewBudget=_budget(new, own))
        if changed:
            call("budgets", "TagResource", ResourceARN=arn, ResourceTags=changed)
        if dropped:
            call("budgets", "UntagResource", ResourceARN=arn, ResourceTagKeys=dropped)
    except AwsError as error:
        raise failed(error, "Budgets") from error
    return Resource(own, {})


def _budget_delete(call: Call, own: str, _props: Properties) -> None:
    try:
        call("budgets", "DeleteBudget", AccountId=_account(call), BudgetName=own)
    except AwsError as error:
        if not gone(error):
            raise failed(error, "Budgets") from error


def _budget(props: Properties, own: str) -> dict[str, Any]:
    budget = {**props["Budget"], "BudgetName": own}
    if "BudgetLimit" in budget:
        budget["BudgetLimit"] = {**budget["BudgetLimit"], "Amount": str(budget["BudgetLimit"]["Amount"])}
    return budget


def _account(call: Call) -> str:
    return str(call("sts", "GetCallerIdentity")["Account"])


def _schedule_create(call: Call, name: PhysicalName, props: Properties) -> Resource:
    own = str(props.get("Name") or name(64))
    return _schedule_put(call, "CreateSchedule", own, props)


def _schedule_update(call: Call, own: str, _old: Properties, new: Properties) -> Resource:
    return _schedule_put(call, "UpdateSchedule", own, new)


def _schedule_put(call: Call, operation: str, own: str, props: Properties) -> Resource:
    try:
        arn = call("scheduler", operation, **{**props, "Name": own})["ScheduleArn"]
    except AwsError as error:
        raise failed(error, "Scheduler") from error
    return Resource(own, {"Arn": arn})


def _schedule_delete(call: Call, own: str, props: Properties) -> None:
    group = {"GroupName": props["GroupName"]} if "GroupName" in props else {}
    try:
        call("scheduler", "DeleteSchedule", Name=own, **group)
    except AwsError as error:
        if not gone(error):
            raise failed(error, "Scheduler") from error


def _machine_create(call: Call, name: PhysicalName, props: Properties) -> Resource:
    own = str(props.get("StateMachineName") or name(80))
    tags = [{"key": tag["Key"], "value": tag["Value"]} for tag in props.get("Tags", [])]
    kind = props.get("StateMachineType", "STANDARD")
    try:
        arn = call("stepfunctions", "CreateStateMachine", name=own, type=kind, tags=tags, **_machine(call, props))[
            "stateMachineArn"
        ]
        with undone(_machine_remove, call, arn, props):
            described = call("stepfunctions", "DescribeStateMachine", stateMachineArn=arn)
    except AwsError as error:
        raise failed(error, "AWSStepFunctions") from error
    return _machine_resource(arn, described)


def _machine_update(call: Call, arn: str, old: Properties, new: Properties) -> Resource:
    changed, dropped = tag_changes(old.get("Tags"), new.get("Tags"))
    try:
        answer = call("stepfunctions", "UpdateStateMachine", stateMachineArn=arn, **_machine(call, new))
        if changed:
            tags = [{"key": tag["Key"], "value": tag["Value"]} for tag in changed]
            call("stepfunctions", "TagResource", resourceArn=arn, tags=tags)
        if dropped:
            call("stepfunctions", "UntagResource", resourceArn=arn, tagKeys=dropped)
    except AwsError as error:
        raise failed(error, "AWSStepFunctions") from error
    return _machine_resource(arn, answer)


def _machine_remove(call: Call, arn: str, _props: Properties) -> None:
    call("stepfunctions", "DeleteStateMachine", stateMachineArn=arn)


def _machine_delete(call: Call, arn: str, props: Properties) -> None:
    try:
        call("stepfunctions", "DescribeStateMachine", stateMachineArn=arn)
        _machine_remove(call, arn, props)
    except AwsError as error:
        if not gone(error):
            raise failed(error, "AWSStepFunctions") from error


def _machine_resource(arn: str, answer: Mapping[str, Any]) -> Resource:
    """A machine; `answer` has its revision, but for the first, which has none and is called so in templates."""
    revision = answer.get("revisionId") or "INITIAL"
    shown = {"Arn": arn, "Name": arn.rpartition(":")[2], "StateMachineRevisionId": revision}
    return Resource(arn, shown)


def _machine(call: Call, props: Properties) -> dict[str, Any]:
    given: dict[str, Any] = {"definition": _definition(call, props), "roleArn": props["RoleArn"]}
    for member in ("LoggingConfiguration", "TracingConfiguration", "EncryptionConfiguration"):
        if member in props:
            given[member[0].lower() + member[1:]] = _lower_camel(props[member])
    return given


def _definition(call: Call, props: Properties) -> str:
    if "DefinitionS3Location" in props:
        place = props["DefinitionS3Location"]
        version = {"VersionId": place["Version"]} if "Version" in place else {}
        body = call("s3", "GetObject", Bucket=place["Bucket"], Key=place["Key"], **version)["Body"]
        text = str(body.read().decode())
    elif "Definition" in props:
        text = json.dumps(props["Definition"])
    else:
        text = str(props["DefinitionString"])
    for key, value in props.get("DefinitionSubstitutions", {}).items():
        text = text.replace(f"${{{key}}}", text_of(value))
    return text


def _lower_camel(value: Any) -> Any:  # noqa: ANN401 # any template value
    """Step Functions' members begin in lower case; template booleans may be text."""
    if isinstance(value, Mapping):
        return {key[0].lower() + key[1:]: _lower_camel(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_lower_camel(item) for item in value]
    return plain(value)


OTHER_TYPES: dict[str, ResourceType] = {
    "AWS::Budgets::Budget": ResourceType(
        _budget_create, _budget_update, _budget_delete, ("NotificationsWithSubscribers",), tags="ResourceTags"
    ),
    "AWS::Scheduler::Schedule": ResourceType(
        _schedule_create, _schedule_update, _schedule_delete, ("Name", "GroupName"), tags=None
    ),
    "AWS::StepFunctions::StateMachine": ResourceType(
        _machine_create, _machine_update, _machine_delete, ("StateMachineName", "StateMachineType")
    ),
}
