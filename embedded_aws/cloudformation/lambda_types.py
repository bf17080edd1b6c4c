"""AWS::Lambda::Permission, ::Version, ::Alias, ::EventInvokeConfig and ::Url through Lambda's own calls."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from embedded_aws.cloudformation.api_type import api_type, given, never_updated, plain
from embedded_aws.cloudformation.event_source_type import EVENT_SOURCE_TYPE
from embedded_aws.cloudformation.function_type import FUNCTION_TYPE
from embedded_aws.cloudformation.types import Call, PhysicalName, Properties, Resource

_SID_LENGTH = 100
_PERMISSION = (
    "Action",
    "EventSourceToken",
    "FunctionName",
    "FunctionUrlAuthType",
    "InvokedViaFunctionUrl",
    "Principal",
    "PrincipalOrgID",
    "SourceAccount",
    "SourceArn",
)


def _permission_create(call: Call, name: PhysicalName, props: Properties) -> Resource:
    """The statement's id is the physical id: AWS generates it, a template cannot name it."""
    own = name(_SID_LENGTH)
    call("lambda", "AddPermission", StatementId=own, **plain(props))
    return Resource(own, {"Id": own})


def _permission_delete(call: Call, own: str, props: Properties) -> None:
    call("lambda", "RemovePermission", FunctionName=props["FunctionName"], StatementId=own)


def _version_create(call: Call, _name: PhysicalName, props: Properties) -> Resource:
    made = call("lambda", "PublishVersion", **plain(props))
    call("lambda", "GetFunctionConfiguration", FunctionName=made["FunctionArn"])
    return Resource(made["FunctionArn"], {"FunctionArn": made["FunctionArn"], "Version": made["Version"]})


def _version_delete(call: Call, own: str, _props: Properties) -> None:
    """A version is a function's with a qualifier."""
    call("lambda", "GetFunctionConfiguration", FunctionName=own)
    function, _, version = own.rpartition(":")
    call("lambda", "DeleteFunction", FunctionName=function, Qualifier=version)


_ALIAS = {name: name for name in ("FunctionName", "FunctionVersion", "Description", "Name")}


def _alias_create(call: Call, _name: PhysicalName, props: Properties) -> Resource:
    return _alias(call("lambda", "CreateAlias", **given(props, _ALIAS))["AliasArn"])


def _alias_update(call: Call, _own: str, _old: Properties, new: Properties) -> Resource:
    return _alias(call("lambda", "UpdateAlias", **given({"Description": "", **new}, _ALIAS))["AliasArn"])


def _alias(arn: str) -> Resource:
    return Resource(arn, {"AliasArn": arn})


def _alias_delete(call: Call, _own: str, props: Properties) -> None:
    alias = {"FunctionName": props["FunctionName"], "Name": props["Name"]}
    call("lambda", "GetAlias", **alias)
    call("lambda", "DeleteAlias", **alias)


_ON_INVOKE = ("FunctionName", "Qualifier")
# What a template no longer names goes back to Lambda's default.
_INVOKE_DEFAULTS: Mapping[str, Any] = {
    "MaximumEventAgeInSeconds": 21600,
    "MaximumRetryAttempts": 2,
    "DestinationConfig": {"OnSuccess": {}, "OnFailure": {}},
}


def _invoke_create(call: Call, _name: PhysicalName, props: Properties) -> Resource:
    """There is one of these for a function's version or alias: both together are the physical id."""
    call("lambda", "PutFunctionEventInvokeConfig", **_invoke(props))
    return Resource("|".join(str(props[member]) for member in _ON_INVOKE), {})


def _invoke_update(call: Call, own: str, _old: Properties, new: Properties) -> Resource:
    call("lambda", "UpdateFunctionEventInvokeConfig", **_invoke({**_INVOKE_DEFAULTS, **new}))
    return Resource(own, {})


def _invoke_delete(call: Call, _own: str, props: Properties) -> None:
    call("lambda", "DeleteFunctionEventInvokeConfig", **{member: props[member] for member in _ON_INVOKE})


def _invoke(props: Properties) -> dict[str, Any]:
    asked: dict[str, Any] = plain(props)
    return {name: int(value) if name.startswith("Maximum") else value for name, value in asked.items()}


_URL = {"TargetFunctionArn": "FunctionName", "Qualifier": "Qualifier"}
_URL_DEFAULTS: Mapping[str, Any] = {"AuthType": "NONE", "Cors": {}, "InvokeMode": "BUFFERED"}
_URL_MEMBERS = {**_URL, **{name: name for name in _URL_DEFAULTS}}


def _url_create(call: Call, _name: PhysicalName, props: Properties) -> Resource:
    return _url(props, call("lambda", "CreateFunctionUrlConfig", **_url_asked(props)))


def _url_update(call: Call, _own: str, _old: Properties, new: Properties) -> Resource:
    return _url(new, call("lambda", "UpdateFunctionUrlConfig", **_url_asked({**_URL_DEFAULTS, **new})))


def _url_delete(call: Call, _own: str, props: Properties) -> None:
    call("lambda", "DeleteFunctionUrlConfig", **given(props, _URL))


def _url_asked(props: Properties) -> dict[str, Any]:
    return given(props, _URL_MEMBERS)


def _url(props: Properties, made: Mapping[str, Any]) -> Resource:
    """The physical id is the function's ARN, with the alias if there is one; the emulator's answer has it without."""
    alias = f":{props['Qualifier']}" if "Qualifier" in props else ""
    arn = made["FunctionArn"].removesuffix(alias) + alias
    return Resource(arn, {"FunctionArn": arn, "FunctionUrl": made["FunctionUrl"]})


_VERSION = ("FunctionName", "Description", "CodeSha256")

LAMBDA_TYPES = {
    "AWS::Lambda::EventSourceMapping": EVENT_SOURCE_TYPE,
    "AWS::Lambda::Function": FUNCTION_TYPE,
    "AWS::Lambda::Permission": api_type(
        "AWS::Lambda::Permission",
        (_permission_create, never_updated, _permission_delete),
        _PERMISSION,
        replaced_by=_PERMISSION,
        tags=None,
    ),
    "AWS::Lambda::Version": api_type(
        "AWS::Lambda::Version",
        (_version_create, never_updated, _version_delete),
        _VERSION,
        replaced_by=_VERSION,
        tags=None,
    ),
    "AWS::Lambda::Alias": api_type(
        "AWS::Lambda::Alias",
        (_alias_create, _alias_update, _alias_delete),
        tuple(_ALIAS),
        replaced_by=("Name", "FunctionName"),
        tags=None,
    ),
    "AWS::Lambda::EventInvokeConfig": api_type(
        "AWS::Lambda::EventInvokeConfig",
        (_invoke_create, _invoke_update, _invoke_delete),
        (*_ON_INVOKE, *_INVOKE_DEFAULTS),
        replaced_by=_ON_INVOKE,
        tags=None,
    ),
    "AWS::Lambda::Url": api_type(
        "AWS::Lambda::Url",
        (_url_create, _url_update, _url_delete),
        tuple(_URL_MEMBERS),
        replaced_by=tuple(_URL),
        tags=None,
    ),
}
