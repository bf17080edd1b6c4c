"""AWS::CloudWatch::Alarm through CloudWatch's own calls; what is there is looked up before (`DescribeAlarms`)."""

from __future__ import annotations

from typing import Any

from embedded_aws.cloudformation.api_type import already_exists, api_type, given, retag, undone
from embedded_aws.cloudformation.types import Call, PhysicalName, Properties, Resource
from embedded_aws.sagemaker.errors import AwsError

_NAME_LENGTH = 255
_KIND = "AWS::CloudWatch::Alarm"
_MEMBERS = (
    *("ActionsEnabled", "AlarmActions", "AlarmDescription", "ComparisonOperator", "Dimensions", "ExtendedStatistic"),
    *("InsufficientDataActions", "MetricName", "Namespace", "OKActions", "Statistic", "Threshold", "TreatMissingData"),
    *("DatapointsToAlarm", "EvaluationPeriods", "Period", "Unit"),
)


def _create(call: Call, name: PhysicalName, props: Properties) -> Resource:
    own = str(props.get("AlarmName") or name(_NAME_LENGTH))
    if _described(call, own):
        raise already_exists(_KIND, own)
    _put(call, own, props, **given(props, {"Tags": "Tags"}))
    with undone(_remove, call, own, props):
        return _found(call, own)


def _update(call: Call, own: str, old: Properties, new: Properties) -> Resource:
    """All of it anew: PutMetricAlarm sets what it is not told to its default, and heeds tags only at first."""
    if any(old.get(member) != new.get(member) for member in _MEMBERS):
        _put(call, own, new)
    resource = _found(call, own)
    retag(call, "cloudwatch", old, new, ResourceARN=resource.attributes["Arn"])
    return resource


def _put(call: Call, own: str, props: Properties, **more: Any) -> None:  # noqa: ANN401 # PutMetricAlarm's parameters
    asked = given(props, {member: member for member in _MEMBERS})
    call("cloudwatch", "PutMetricAlarm", AlarmName=own, **asked, **more)


def _described(call: Call, own: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = call("cloudwatch", "DescribeAlarms", AlarmNames=[own])["MetricAlarms"]
    return found


def _found(call: Call, own: str) -> Resource:
    held = _described(call, own)
    if not held:
        raise AwsError("ResourceNotFound", f"The alarm {own} does not exist")
    return Resource(own, {"Arn": held[0]["AlarmArn"]})


def _delete(call: Call, own: str, props: Properties) -> None:
    _found(call, own)
    _remove(call, own, props)


def _remove(call: Call, own: str, _props: Properties) -> None:
    call("cloudwatch", "DeleteAlarms", AlarmNames=[own])


ALARM_TYPE = api_type(
    _KIND, (_create, _update, _delete), known=("AlarmName", "Tags", *_MEMBERS), replaced_by=("AlarmName",)
)
