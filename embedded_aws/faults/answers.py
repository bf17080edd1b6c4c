"""Errors as AWS's services answer them when they throttle, fail or refuse: code, text and form.

Codes are those of botocore's models where a model has one; of the services without (CloudFormation, IAM, STS, EC2, S3)
those of their pages of common errors. Texts are AWS's where public answers show them.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal
from xml.sax.saxutils import escape

from embedded_aws.faults.rules import Kind, Request

Protocol = Literal["json", "rest-json", "query", "ec2", "rest-xml", "cbor"]
Error = tuple[str, int, str]
"""Code, HTTP status, text."""

_RATE = "Rate exceeded"
THROTTLED: Mapping[str, Error] = {
    "apigateway": ("TooManyRequestsException", 429, "Too Many Requests"),
    "athena": ("TooManyRequestsException", 400, _RATE),
    "ec2": ("RequestLimitExceeded", 503, "Request limit exceeded."),
    "lambda": ("TooManyRequestsException", 429, "Rate Exceeded."),
    "s3": ("SlowDown", 503, "Please reduce your request rate."),
    "servicequotas": ("TooManyRequestsException", 400, _RATE),
    "sns": ("Throttled", 429, _RATE),
    "sqs": ("RequestThrottled", 403, _RATE),
    "tag": ("ThrottledException", 400, _RATE),
}
_BROKEN = "The request processing has failed because of an unknown error, exception or failure."
FAILED: Mapping[str, Error] = {
    "athena": ("InternalServerException", 500, _BROKEN),
    "budgets": ("InternalErrorException", 500, _BROKEN),
    "cloudwatch": ("InternalServiceError", 500, _BROKEN),
    "dynamodb": ("InternalServerError", 500, "Internal server error"),
    "ec2": ("InternalError", 500, "An internal error has occurred"),
    "elasticfilesystem": ("InternalServerError", 500, _BROKEN),
    "events": ("InternalException", 500, _BROKEN),
    "iam": ("ServiceFailure", 500, _BROKEN),
    "kms": ("KMSInternalException", 500, _BROKEN),
    "lambda": ("ServiceException", 500, "An internal error occurred. Please try again."),
    "s3": ("InternalError", 500, "We encountered an internal error. Please try again."),
    "scheduler": ("InternalServerException", 500, _BROKEN),
    "secretsmanager": ("InternalServiceError", 500, _BROKEN),
    "servicequotas": ("ServiceException", 500, _BROKEN),
    "sns": ("InternalError", 500, _BROKEN),
    "ssm": ("InternalServerError", 500, _BROKEN),
    "tag": ("InternalServiceException", 500, _BROKEN),
}
_XML: frozenset[Protocol] = frozenset({"query", "ec2", "rest-xml"})
_SERVERS_FAULT = 500
_REST_XML = frozenset({"s3", "cloudfront", "route53"})


@dataclass(frozen=True)
class Answer:
    """An HTTP answer."""

    status: int
    headers: Mapping[str, str]
    body: bytes


def answer(kind: Kind, request: Request, protocol: Protocol) -> Answer:
    """What a request gets for a fault that keeps it from being carried out."""
    makers = {"throttle": _throttled, "error": _failed, "denied": _denied}
    return formed(makers[kind](request, protocol), request.namespace, protocol)


def formed(error: Error, namespace: str, protocol: Protocol) -> Answer:
    """An error as a service answers it."""
    code, status, text = error
    own = str(uuid.uuid4())
    side = "Receiver" if status >= _SERVERS_FAULT else "Sender"
    form, content = _FORMS[protocol](code, text, own, side)
    headers = {"content-type": form, "x-amzn-requestid": own}
    if protocol in {"json", "rest-json"}:
        headers["x-amzn-errortype"] = code
    if namespace == "sqs":
        # SQS's JSON keeps the codes of its former XML (botocore's awsQueryCompatible).
        headers["x-amzn-query-error"] = f"{code};{side}"
    if protocol == "cbor":
        headers["smithy-protocol"] = "rpc-v2-cbor"
    return Answer(status, {**headers, "content-length": str(len(content))}, content)


def protocol_of(headers: Mapping[str, str], query: str, namespace: str) -> Protocol:
    """The protocol in which a request is asked, so that its sender understands the answer."""
    form = headers.get("content-type", "")
    if "cbor" in headers.get("smithy-protocol", "") or "cbor" in form:
        return "cbor"
    if "x-amz-target" in headers:
        return "json"
    if namespace in _REST_XML:
        return "rest-xml"
    if "x-www-form-urlencoded" in form or "Action=" in query:
        return "ec2" if namespace == "ec2" else "query"
    return "rest-json"


def _throttled(request: Request, protocol: Protocol) -> Error:
    general = ("Throttling", 400, _RATE) if protocol in _XML else ("ThrottlingException", 400, _RATE)
    if protocol == "rest-json":
        general = ("ThrottlingException", 429, _RATE)
    return THROTTLED.get(request.namespace, general)


def _failed(request: Request, _: Protocol) -> Error:
    return FAILED.get(request.namespace, ("InternalFailure", 500, _BROKEN))


def _denied(request: Request, protocol: Protocol) -> Error:
    action = f"{request.namespace}:{request.operations[0]}"
    text = (
        f"User: {request.principal} is not authorized to perform: {action} on resource: {request.resource} because no "
        f"identity-based policy allows the {action} action"
    )
    if protocol == "ec2":
        return "UnauthorizedOperation", 403, text
    if protocol in _XML:
        return "AccessDenied", 403, text
    return "AccessDeniedException", 403 if protocol == "rest-json" else 400, text


def _as_json(code: str, text: str, *_: str) -> tuple[str, bytes]:
    return "application/x-amz-json-1.1", json.dumps({"__type": code, "message": text, "Message": text}).encode()


def _as_query(code: str, text: str, own: str, side: str) -> tuple[str, bytes]:
    error = f"<Error><Type>{side}</Type><Code>{code}</Code><Message>{escape(text)}</Message></Error>"
    return "text/xml", f"<ErrorResponse>{error}<RequestId>{own}</RequestId></ErrorResponse>".encode()


def _as_ec2(code: str, text: str, own: str, _: str) -> tuple[str, bytes]:
    error = f"<Errors><Error><Code>{code}</Code><Message>{escape(text)}</Message></Error></Errors>"
    return "text/xml", f"<Response>{error}<RequestID>{own}</RequestID></Response>".encode()


def _as_rest_xml(code: str, text: str, own: str, _: str) -> tuple[str, bytes]:
    inner = f"<Code>{code}</Code><Message>{escape(text)}</Message><RequestId>{own}</RequestId>"
    return "application/xml", f'<?xml version="1.0" encoding="UTF-8"?>\n<Error>{inner}</Error>'.encode()


def _as_cbor(code: str, text: str, *_: str) -> tuple[str, bytes]:
    """A map of two texts (RFC 8949, section 3)."""
    parts = [_cbor_text(part) for part in ("__type", code, "message", text)]
    return "application/cbor", b"\xa2" + b"".join(parts)


def _cbor_text(text: str) -> bytes:
    content = text.encode()
    return b"\x79" + len(content).to_bytes(2, "big") + content


_FORMS: Mapping[Protocol, Callable[[str, str, str, str], tuple[str, bytes]]] = {
    "json": _as_json,
    "rest-json": _as_json,
    "query": _as_query,
    "ec2": _as_ec2,
    "rest-xml": _as_rest_xml,
    "cbor": _as_cbor,
}
