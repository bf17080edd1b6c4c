"""Requests and answers in CloudTrail's form: lower case first letters, secrets hidden, contents left out.

Read by botocore's models of the three protocols. The bodies of S3's XML requests are not shown.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping
from typing import Any

from botocore.awsrequest import HeadersDict
from botocore.model import ListShape, MapShape, OperationModel, Shape, StructureShape
from botocore.parsers import ResponseParserError, ResponseParserFactory

from embedded_aws.trail.calls import Call, path_pattern

HIDDEN = "HIDDEN_DUE_TO_SECURITY_REASONS"
_LARGEST = 100 * 1024  # "CloudTrail record contents": a field above 100 KB is left out
_OMITTED = object()
_DENIALS = {"AccessDeniedException": "AccessDenied", "UnauthorizedOperation": "Client.UnauthorizedOperation"}
# Secret though their models do not say so; templates and parameters' values are not shown by CloudFormation's events.
_HIDDEN_MEMBERS = frozenset({"sessionToken", "SecretString", "SecretBinary"})
_OMITTED_MEMBERS = frozenset({"TemplateBody", "ParameterValue", "StackPolicyBody"})
_OMITTED_OF = {"PutParameterRequest": frozenset({"Value"})}


def request_parameters(call: Call, operation: OperationModel) -> dict[str, Any] | None:
    """What a call asked, or None where it asked nothing."""
    if operation.input_shape is None:
        return None
    given = _READERS[_protocol(operation)](call, operation)
    shown = _shown(operation.input_shape, given)
    if _service(operation) == "s3":
        shown = {("bucketName" if name == "bucket" else name): value for name, value in shown.items()}
    return _bounded(shown)


def answer(call: Call, operation: OperationModel) -> Mapping[str, Any]:
    """The parsed answer of a call, with `Error` where it failed."""
    response = {"status_code": call.status, "headers": HeadersDict(call.reply_headers), "body": call.reply}
    try:
        parsed: Mapping[str, Any] = _parser(_protocol(operation)).parse(response, operation.output_shape)
    except ResponseParserError as error:
        return {"Error": {"Code": "Unknown", "Message": str(error)}}
    return parsed


def error_code(code: str, operation: OperationModel) -> str:
    """An error's code as events give it.

    A denial by IAM is AccessDenied whatever code the service answered with, or EC2's own, as published events show;
    another error has the name of its shape (`NoSuchEntityException`) where its model has one.
    """
    if code in _DENIALS:
        return _DENIALS[code]
    return next((str(shape.name) for shape in operation.error_shapes if getattr(shape, "error_code", "") == code), code)


def response_elements(parsed: Mapping[str, Any], operation: OperationModel) -> dict[str, Any] | None:
    """What an answer gave, or None where it gave nothing."""
    if operation.output_shape is None:
        return None
    return _bounded(_shown(operation.output_shape, parsed, by_member=True))


@functools.cache
def _parser(protocol: str) -> Any:  # noqa: ANN401 # botocore's parsers have no types
    factory = ResponseParserFactory()
    factory.set_parser_defaults(timestamp_parser=str)  # times are shown as they were answered
    return factory.create_parser(protocol)


def _protocol(operation: OperationModel) -> str:
    return str(operation.service_model.resolved_protocol)


def _service(operation: OperationModel) -> str:
    return str(operation.service_model.service_name)


def _from_json(call: Call, _: OperationModel) -> Any:  # noqa: ANN401 # any JSON value
    try:
        return json.loads(call.body or b"{}")
    except ValueError:
        return {}


def _from_form(call: Call, operation: OperationModel) -> Any:  # noqa: ANN401 # as above
    return of_form(call.form, operation.input_shape)


def of_form(form: Mapping[str, str], shape: Shape | None) -> Any:  # noqa: ANN401 # as above
    """The members of a Query request in the form of a shape; scalars stay text, empty lists are left out."""
    tree: dict[str, Any] = {}
    for name, value in form.items():
        *parents, last = name.split(".")
        node = tree
        for parent in parents:
            node = node.setdefault(parent, {})
            if not isinstance(node, dict):
                return {}
        node[last] = value
    return _from_tree(shape, tree)


def _from_tree(shape: Shape | None, node: Any) -> Any:  # noqa: ANN401 # as above
    """A tree of form fields in the form of its shape."""
    if isinstance(shape, StructureShape) and isinstance(node, dict):
        found = {name: _from_tree(member, node.get(_wire(name, member))) for name, member in shape.members.items()}
        return {_wire(name, shape.members[name]): value for name, value in found.items() if value is not None}
    if isinstance(shape, ListShape) and isinstance(node, dict):
        items = node.get("member", node)
        numbered = sorted((key for key in items if key.isdecimal()), key=int) if isinstance(items, dict) else []
        return [_from_tree(shape.member, items[key]) for key in numbered]
    return None if isinstance(node, dict) or isinstance(shape, StructureShape | ListShape | MapShape) else node


def _from_rest(call: Call, operation: OperationModel) -> Any:  # noqa: ANN401 # as above
    members = operation.input_shape.members if operation.input_shape else {}
    given = _from_json(call, operation) if _protocol(operation) == "rest-json" and call.body else {}
    given = dict(given) if isinstance(given, dict) else {}
    found = path_pattern(operation.http["requestUri"].partition("?")[0]).match(call.path)
    labels = found.groupdict() if found else {}
    for name, member in members.items():
        wire, place = _wire(name, member), member.serialization.get("location")
        if place == "uri" and wire in labels:
            given[wire] = labels[wire]
        elif place == "querystring" and wire in call.query:
            given[wire] = call.query[wire][0]
        elif place == "header" and wire.lower() in call.headers:
            given[wire] = call.headers[wire.lower()]
    return given


def _no_parameters(_call: Call, _operation: OperationModel) -> Any:  # noqa: ANN401 # as above
    return {}


_READERS = {
    "json": _from_json,
    "query": _from_form,
    "ec2": _from_form,
    "rest-json": _from_rest,
    "rest-xml": _from_rest,
    "smithy-rpc-v2-cbor": _no_parameters,
}


def _wire(name: str, shape: Shape) -> str:
    return str(shape.serialization.get("name", name))


def _shown(shape: Shape, value: Any, *, by_member: bool = False) -> Any:  # noqa: ANN401 # as above
    """A value as an event shows it; `by_member` where its keys are members' names, not those of the wire."""
    if shape.type_name == "blob" or hasattr(value, "read"):
        return _OMITTED
    if getattr(shape, "metadata", {}).get("sensitive"):
        return HIDDEN
    again = functools.partial(_shown, by_member=by_member)
    if isinstance(shape, StructureShape) and isinstance(value, Mapping):
        return dict(_members(shape, value, by_member=by_member))
    if isinstance(shape, ListShape) and isinstance(value, list):
        return [again(shape.member, item) for item in value]
    if isinstance(shape, MapShape) and isinstance(value, Mapping):
        return {key: again(shape.value, item) for key, item in value.items()}
    return value


def _members(shape: StructureShape, value: Mapping[str, Any], *, by_member: bool) -> Any:  # noqa: ANN401 # pairs
    omitted = _OMITTED_MEMBERS | _OMITTED_OF.get(shape.name, frozenset())
    for name, member in shape.members.items():
        key = name if by_member else _wire(name, member)
        if key not in value or value[key] is None or name in omitted:
            continue
        hidden = name in _HIDDEN_MEMBERS or name[:1].lower() + name[1:] in _HIDDEN_MEMBERS
        shown = HIDDEN if hidden else _shown(member, value[key], by_member=by_member)
        if shown is not _OMITTED:
            yield name[:1].lower() + name[1:], shown


def _bounded(shown: Any) -> dict[str, Any] | None:  # noqa: ANN401 # as above
    if not isinstance(shown, dict) or not shown:
        return None
    return shown if len(json.dumps(shown, default=str)) <= _LARGEST else {"omitted": True}
