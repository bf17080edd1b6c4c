"""AWS::Logs::LogGroup through CloudWatch Logs' own calls; it is looked up as `logs:DescribeLogGroups` in its schema."""

from __future__ import annotations

from embedded_aws.cloudformation.api_type import api_type, undone
from embedded_aws.cloudformation.types import Call, PhysicalName, Properties, Resource, tag_changes, tag_map
from embedded_aws.sagemaker.errors import AwsError

_NAME_LENGTH = 512


def _create(call: Call, name: PhysicalName, props: Properties) -> Resource:
    own = str(props.get("LogGroupName") or name(_NAME_LENGTH))
    asked = {"tags": tag_map(props["Tags"])} if "Tags" in props else {}
    call("logs", "CreateLogGroup", logGroupName=own, **asked)
    with undone(_remove, call, own, props):
        if "RetentionInDays" in props:
            _keep(call, own, props)
        return _found(call, own)


def _keep(call: Call, own: str, props: Properties) -> None:
    call("logs", "PutRetentionPolicy", logGroupName=own, retentionInDays=int(props["RetentionInDays"]))


def _update(call: Call, own: str, old: Properties, new: Properties) -> Resource:
    if "RetentionInDays" in new and new["RetentionInDays"] != old.get("RetentionInDays"):
        _keep(call, own, new)
    elif "RetentionInDays" in old and "RetentionInDays" not in new:
        call("logs", "DeleteRetentionPolicy", logGroupName=own)
    resource = _found(call, own)
    arn = resource.attributes["Arn"].removesuffix(":*")
    changed, dropped = tag_changes(old.get("Tags"), new.get("Tags"))
    if changed:
        call("logs", "TagResource", resourceArn=arn, tags=tag_map(changed))
    if dropped:
        call("logs", "UntagResource", resourceArn=arn, tagKeys=dropped)
    return resource


def _found(call: Call, own: str) -> Resource:
    groups = call("logs", "DescribeLogGroups", logGroupNamePrefix=own)["logGroups"]
    arn = next((group["arn"] for group in groups if group["logGroupName"] == own), None)
    if arn is None:
        raise AwsError("ResourceNotFoundException", f"The specified log group does not exist: {own}")
    return Resource(own, {"Arn": arn})


def _delete(call: Call, own: str, props: Properties) -> None:
    _found(call, own)
    _remove(call, own, props)


def _remove(call: Call, own: str, _props: Properties) -> None:
    call("logs", "DeleteLogGroup", logGroupName=own)


LOG_GROUP_TYPE = api_type(
    "AWS::Logs::LogGroup",
    (_create, _update, _delete),
    known=("LogGroupName", "RetentionInDays", "Tags"),
    replaced_by=("LogGroupName",),
)
