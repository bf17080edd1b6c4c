"""The wire: SageMaker's JSON 1.1 protocol and the runtime API's REST path, without a server of its own.

`handle` takes a request's parts and gives a Reply; whoever has the sockets, and IAM, is in front of it.
"""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import unquote

from embedded_aws.sagemaker import endpoints
from embedded_aws.sagemaker.control_plane import ControlPlane
from embedded_aws.sagemaker.errors import AwsError
from embedded_aws.sagemaker.ports import Caller, Invocation, Response

_INVOCATIONS = re.compile(r"^/endpoints/(?P<endpoint>[^/]+)/invocations(?P<more>-response-stream)?/?$")
_ASYNC = re.compile(r"^/endpoints/(?P<endpoint>[^/]+)/async-invocations/?$")
_TARGET = "SageMaker."
_JSON = "application/x-amz-json-1.1"
_LARGEST_BODY = 6_291_456
_UNSUPPORTED = {
    "x-amzn-sagemaker-target-container-hostname": "TargetContainerHostname",
    "x-amzn-sagemaker-inference-component": "InferenceComponentName",
    "x-amzn-sagemaker-session-id": "SessionId",
    "x-amzn-sagemaker-enable-explanations": "EnableExplanations",
    "x-amzn-sagemaker-custom-attributes": "CustomAttributes",
    "x-amzn-sagemaker-inference-id": "InferenceId",
    "x-amzn-sagemaker-prefix-aware-id": "PrefixAwareId",
}


@dataclass(frozen=True)
class Reply:
    """An HTTP answer."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


def is_invocation(path: str) -> bool:
    """Whether a path belongs to the runtime API (sagemaker-runtime) and not to the control plane."""
    return bool(_INVOCATIONS.match(path) or _ASYNC.match(path))


def action_of(headers: Mapping[str, str], path: str) -> str:
    """The action a request asks for, as IAM names it; empty if it is none of SageMaker's."""
    if is_invocation(path):
        return "InvokeEndpointAsync" if _ASYNC.match(path) else "InvokeEndpoint"
    target = _lower(headers).get("x-amz-target", "")
    return target.removeprefix(_TARGET) if target.startswith(_TARGET) else ""


def parameters_of(path: str, body: bytes) -> dict[str, Any]:
    """The parameters a request names its resources with, for IAM; none for a broken body, which `handle` refuses."""
    invocation = _INVOCATIONS.match(path) or _ASYNC.match(path)
    if invocation:
        return {"EndpointName": unquote(invocation["endpoint"])}
    try:
        return _read(body)
    except AwsError:
        return {}


def targets_of(headers: Mapping[str, str]) -> dict[str, str]:
    """What an invocation names in its headers, for IAM."""
    target = _lower(headers).get("x-amzn-sagemaker-target-model")
    return {"TargetModel": target} if target else {}


def handle(
    plane: ControlPlane, headers: Mapping[str, str], path: str, body: bytes, caller: Caller | None = None
) -> Reply:
    """Answers one request of either API; errors become AWS's error shapes."""
    action = action_of(headers, path)
    try:
        if is_invocation(path):
            return _invoke(plane, _lower(headers), path, body, action)
        return _json(200, plane.call(action, _read(body), caller))
    except AwsError as error:
        return error_reply(error)


def error_reply(error: AwsError) -> Reply:
    """An AwsError on the wire: its code in the body and in the header that REST clients read."""
    body = {"__type": error.code, "Message": error.message, "message": error.message, **error.members}
    return _json(error.status, body, {"x-amzn-ErrorType": error.code})


def encode(value: object) -> object:
    """A result as JSON 1.1 has it: times are seconds since the epoch, with milliseconds."""
    if isinstance(value, Mapping):
        return {key: encode(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [encode(item) for item in value]
    return round(value.timestamp(), 3) if isinstance(value, datetime) else value


def _json(status: int, body: Mapping[str, Any], headers: Mapping[str, str] | None = None) -> Reply:
    base = {"Content-Type": _JSON, "x-amzn-RequestId": str(uuid.uuid4())}
    return Reply(status, {**base, **(headers or {})}, json.dumps(encode(body)).encode())


def _read(body: bytes) -> dict[str, Any]:
    try:
        params = json.loads(body or b"{}")
    except ValueError:
        raise AwsError("SerializationException", "The request body is not valid JSON.") from None
    if not isinstance(params, dict):
        raise AwsError("SerializationException", "The request body is not a JSON object.")
    return params


def _invoke(plane: ControlPlane, headers: Mapping[str, str], path: str, body: bytes, action: str) -> Reply:
    match = _INVOCATIONS.match(path)
    if match is None or match["more"]:
        called = f"{action}WithResponseStream" if match else action
        raise AwsError("ValidationError", f"{called} is not implemented by the embedded AWS")
    for header, member in _UNSUPPORTED.items():
        if header in headers:
            raise AwsError("ValidationError", f"InvokeEndpoint: {member} is not implemented by the embedded AWS")
    if len(body) > _LARGEST_BODY:
        raise AwsError("ValidationError", f"Payload of {len(body)} bytes exceeds the limit of {_LARGEST_BODY} bytes.")
    name = unquote(match["endpoint"])
    invocation = Invocation(
        body=body,
        content_type=headers.get("content-type", "application/octet-stream"),
        accept=headers.get("accept"),
        target_variant=headers.get("x-amzn-sagemaker-target-variant"),
        target_model=headers.get("x-amzn-sagemaker-target-model"),
    )
    try:
        variant, answer = endpoints.invoke(plane, name, invocation)
    except TimeoutError:
        text = "Your invocation timed out while waiting for a response from container primary."
        raise _model_error(plane, name, 0, text) from None
    if answer.status >= 300:
        raise _model_error(plane, name, answer.status, answer.body.decode(errors="replace"))
    return _answer(variant, answer)


def _answer(variant: str, answer: Response) -> Reply:
    # In lower case: a server in front may set the `Content-Type` of API answers right, and this one is payload.
    headers = {
        "content-type": answer.content_type,
        "x-Amzn-Invoked-Production-Variant": variant,
        "x-amzn-RequestId": str(uuid.uuid4()),
    }
    attributes = _lower(answer.headers).get("x-amzn-sagemaker-custom-attributes")
    if attributes is not None:
        headers["X-Amzn-SageMaker-Custom-Attributes"] = attributes
    return Reply(200, headers, answer.body)


def _model_error(plane: ControlPlane, endpoint: str, status: int, text: str) -> AwsError:
    group = f"/aws/sagemaker/Endpoints/{endpoint}"
    side = "client" if 400 <= status < 500 else "server"
    message = (
        f'Received {side} error ({status}) from primary with message "{text}". See '
        f"https://{plane.region}.console.aws.amazon.com/cloudwatch/home?region={plane.region}"
        f"#logEventViewer:group={group} in account {plane.account} for more information."
    )
    stream = f"arn:aws:logs:{plane.region}:{plane.account}:log-group:{group}"
    members = {"OriginalStatusCode": status, "OriginalMessage": text, "LogStreamArn": stream}
    return AwsError("ModelError", message, 424, members)


def _lower(headers: Mapping[str, str]) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items()}
