"""CloudFormation: what it refuses, and what its answers always show."""

from __future__ import annotations

import fnmatch
import json
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from embedded_aws.sagemaker.errors import AwsError

Form = Mapping[str, str]
Stack = Mapping[str, Any]
Parse = Callable[[str], Mapping[str, Any]]
"""A template's text to its content."""
_BY_NAME = re.compile(rb"<CreationTime>([^<]*)</CreationTime><LastUpdatedTime>\1</LastUpdatedTime>")
_DELETED = re.compile(
    rb"(<StackStatus>DELETE_COMPLETE</StackStatus>(?:(?!<StackStatus>).)*?)"
    rb"<EnableTerminationProtection>\w+</EnableTerminationProtection>",
    re.DOTALL,
)
_ALLOWED = re.compile(r"ResourceTypes\.member\.\d+$")
_IN_REVIEW = b"<StackStatus>REVIEW_IN_PROGRESS</StackStatus>"
_REASON = b"<StackStatusReason>User Initiated</StackStatusReason>"


def refuse(operation: str, form: Form, find: Callable[[str], Stack | None]) -> None:
    """Raise AwsError for what AWS refuses otherwise or at all; `find` gives a stack by name or id."""
    stack_name, set_name = form.get("StackName", ""), form.get("ChangeSetName", "")
    if operation in ("DescribeChangeSet", "DeleteChangeSet", "ExecuteChangeSet"):
        _check_stack_of_change_set(stack_name, set_name, find)
    stack = find(stack_name) if operation == "GetTemplateSummary" and stack_name else None
    if stack is not None and stack["StackStatus"] == "REVIEW_IN_PROGRESS":
        raise _invalid("GetTemplateSummary cannot be called on REVIEW_IN_PROGRESS stacks.")
    if operation in ("CreateStack", "UpdateStack", "CreateChangeSet", "ValidateTemplate"):
        _check_resources(form.get("TemplateBody", ""), [form[name] for name in form if _ALLOWED.match(name)])


def shown(operation: str, form: Form, body: bytes, parse: Parse) -> bytes:
    """An answer as AWS gives it: no empty texts, no time of an update that never was, lists where there are none."""
    if operation in ("ValidateTemplate", "GetTemplateSummary") and form.get("TemplateBody"):
        return _of_template(body, parse(form["TemplateBody"]))
    return _stacks(body) if operation == "DescribeStacks" else body


def _of_template(body: bytes, content: Mapping[str, Any]) -> bytes:
    """What is said of a template: no values that are not there, its version, and what could be imported."""
    body = body.replace(b"<Description></Description>", b"")
    for name, parameter in (content.get("Parameters") or {}).items():
        if "Default" not in parameter:
            key = f"<ParameterKey>{name}</ParameterKey>".encode()
            body = body.replace(key + b"<DefaultValue></DefaultValue>", key)
    version = content.get("AWSTemplateFormatVersion")
    told = f"<Version>{version}</Version>" if version else ""
    return body.replace(
        b"</GetTemplateSummaryResult>", f"{told}{_importable(content)}</GetTemplateSummaryResult>".encode()
    )


def _importable(content: Mapping[str, Any]) -> str:
    """The resources by type; which properties identify them is not known."""
    by_type: dict[str, list[str]] = {}
    for name, resource in (content.get("Resources") or {}).items():
        by_type.setdefault(str(resource.get("Type")), []).append(name)
    members = "".join(
        f"<member><ResourceType>{kind}</ResourceType><LogicalResourceIds>"
        + "".join(f"<member>{name}</member>" for name in names)
        + "</LogicalResourceIds></member>"
        for kind, names in by_type.items()
    )
    return f"<ResourceIdentifierSummaries>{members}</ResourceIdentifierSummaries>"


def _stacks(body: bytes) -> bytes:
    body = _BY_NAME.sub(rb"<CreationTime>\1</CreationTime>", body)
    for empty in (b"<Description></Description>", b"<StackStatusReason></StackStatusReason>"):
        body = body.replace(empty, b"")
    if b"<NotificationARNs" not in body:
        body = body.replace(b"<StackStatus>", b"<NotificationARNs/><RollbackConfiguration/><StackStatus>")
    if _REASON not in body:
        body = body.replace(_IN_REVIEW, _IN_REVIEW + _REASON)
    return _DELETED.sub(rb"\1", body)


def events_before(resource_type: str, status: str, physical_id: str) -> tuple[str, str] | None:
    """The event that AWS sends when it has begun to make a resource: status and reason."""
    if status == "CREATE_COMPLETE" and physical_id and resource_type != "AWS::CloudFormation::Stack":
        return "CREATE_IN_PROGRESS", "Resource creation Initiated"
    return None


def _check_stack_of_change_set(stack_name: str, set_name: str, find: Callable[[str], Stack | None]) -> None:
    if stack_name and find(stack_name) is None:
        raise _invalid(f"Stack [{stack_name}] does not exist")
    if not stack_name and not set_name.startswith("arn:"):
        raise _invalid("StackName must be specified if ChangeSetName is not specified as an ARN.")


def _check_resources(template: str, allowed: Sequence[str]) -> None:
    try:
        content = json.loads(template)
    except ValueError:
        return  # YAML, or nothing: not said here
    resources = content.get("Resources", {}) if isinstance(content, dict) else {}
    if not isinstance(resources, dict):
        raise _invalid("Template format error: Any Resources member must be an object.")
    types = [str(resource.get("Type")) for resource in resources.values() if isinstance(resource, dict)]
    for kind in types if allowed else []:
        if not any(fnmatch.fnmatchcase(kind, pattern) for pattern in allowed):
            raise _invalid(f"Resource type {kind} is not allowed by parameter ResourceTypes [{', '.join(allowed)}]")


def _invalid(text: str) -> AwsError:
    return AwsError("ValidationError", text)
