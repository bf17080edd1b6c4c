"""AWS::Lambda::Function through Lambda's own calls; it is waited for as its handler does (`lambda:GetFunction`)."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping
from typing import Any

from embedded_aws.cloudformation.api_type import api_type, given, plain, retag, undone
from embedded_aws.cloudformation.types import (
    Call,
    PhysicalName,
    Properties,
    Resource,
    ResourceError,
    polls,
    tag_map,
    text_of,
)

_NAME_LENGTH = 64
_WAIT_SECONDS = 300.0
_READABLE = 0o644
_WHOLE = ("Timeout", "MemorySize")
_CODE = {"S3Bucket": "S3Bucket", "S3Key": "S3Key", "S3ObjectVersion": "S3ObjectVersion"}
# A property of the configuration, and what it is where a template no longer names it.
_DEFAULTS: Mapping[str, Any] = {
    "Description": "",
    "Environment": {"Variables": {}},
    "EphemeralStorage": {"Size": 512},
    "Handler": None,
    "Layers": [],
    "LoggingConfig": {},
    "MemorySize": 128,
    "Role": None,
    "Runtime": None,
    "Timeout": 3,
    "TracingConfig": {"Mode": "PassThrough"},
    "DeadLetterConfig": {},
}
_KNOWN = ("FunctionName", "Code", "Architectures", "ReservedConcurrentExecutions", "Tags", *_DEFAULTS)


def _create(call: Call, name: PhysicalName, props: Properties) -> Resource:
    own = str(props.get("FunctionName") or name(_NAME_LENGTH))
    asked = _configuration(props) | given(props, {"Architectures": "Architectures"})
    if "Tags" in props:
        asked["Tags"] = tag_map(props["Tags"])
    call("lambda", "CreateFunction", FunctionName=own, Code=_code(props), **asked)
    with undone(_remove, call, own, props):
        _reserve(call, own, {}, props)
        return _settled(call, own)


def _update(call: Call, own: str, old: Properties, new: Properties) -> Resource:
    if any(old.get(member) != new.get(member) for member in ("Code", "Architectures")):
        architectures = given({"Architectures": ["x86_64"], **new}, {"Architectures": "Architectures"})
        call("lambda", "UpdateFunctionCode", FunctionName=own, **_code(new), **architectures)
        _settled(call, own)
    if any(old.get(member) != new.get(member) for member in _DEFAULTS):
        call("lambda", "UpdateFunctionConfiguration", FunctionName=own, **_changes(own, old, new))
    _reserve(call, own, old, new)
    resource = _settled(call, own)
    retag(call, "lambda", old, new, form=tag_map, Resource=resource.attributes["Arn"])
    return resource


def _delete(call: Call, own: str, props: Properties) -> None:
    """The handler looks for the function first: `lambda:GetFunction` is among its rights."""
    call("lambda", "GetFunction", FunctionName=own)
    _remove(call, own, props)


def _remove(call: Call, own: str, _props: Properties) -> None:
    call("lambda", "DeleteFunction", FunctionName=own)


def _configuration(props: Properties) -> dict[str, Any]:
    asked = {member: plain(props[member]) for member in _DEFAULTS if member in props}
    asked |= {member: int(asked[member]) for member in _WHOLE if member in asked}
    if "Environment" in asked:
        variables = props["Environment"].get("Variables", {})
        asked["Environment"] = {"Variables": {key: text_of(value) for key, value in variables.items()}}
    if "EphemeralStorage" in asked:
        asked["EphemeralStorage"] = {"Size": int(props["EphemeralStorage"]["Size"])}
    return asked


def _changes(own: str, old: Properties, new: Properties) -> dict[str, Any]:
    """What has changed; a property that is gone goes back to Lambda's default."""
    log = {"LoggingConfig": {"LogFormat": "Text", "LogGroup": f"/aws/lambda/{own}"}}
    asked = {**_DEFAULTS, **log, **_configuration(new)}
    return {member: asked[member] for member in _DEFAULTS if old.get(member) != new.get(member)}


def _reserve(call: Call, own: str, old: Properties, new: Properties) -> None:
    before, after = (props.get("ReservedConcurrentExecutions") for props in (old, new))
    if after is not None and after != before:
        call("lambda", "PutFunctionConcurrency", FunctionName=own, ReservedConcurrentExecutions=int(after))
    elif before is not None and after is None:
        call("lambda", "DeleteFunctionConcurrency", FunctionName=own)


def _settled(call: Call, own: str) -> Resource:
    """The function once it is active and its last update is done."""
    for _ in polls(_WAIT_SECONDS):
        found = call("lambda", "GetFunction", FunctionName=own)["Configuration"]
        if "Failed" in (found.get("State"), found.get("LastUpdateStatus")):
            raise ResourceError(f"{found.get('StateReason') or found.get('LastUpdateStatusReason')} ({own})")
        if found.get("State") == "Active" and found.get("LastUpdateStatus") == "Successful":
            snap = found.get("SnapStart", {})
            shown = {
                f"SnapStartResponse.{member}": snap.get(member, "") for member in ("ApplyOn", "OptimizationStatus")
            }
            return Resource(own, {"Arn": found["FunctionArn"], **shown})
    raise ResourceError(f"The function {own} is still being made")


def _code(props: Properties) -> dict[str, Any]:
    """Where the code lies; source given inline becomes a package with one file, `index`."""
    code = props["Code"]
    unknown = sorted(code.keys() - {*_CODE, "ZipFile"})
    if unknown:
        raise ResourceError(f"AWS::Lambda::Function: Code.{unknown[0]} is not implemented by the embedded AWS")
    if "ZipFile" not in code:
        return given(code, _CODE)
    ending = "js" if str(props.get("Runtime", "")).startswith("nodejs") else "py"
    # Without a time of its own: the same source is the same package.
    member, packed = zipfile.ZipInfo(f"index.{ending}"), io.BytesIO()
    member.external_attr = _READABLE << 16
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(member, str(code["ZipFile"]))
    return {"ZipFile": packed.getvalue()}


FUNCTION_TYPE = api_type("AWS::Lambda::Function", (_create, _update, _delete), _KNOWN, ("FunctionName",))
