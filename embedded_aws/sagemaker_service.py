"""SageMaker as a service of the engine: what IAM is asked about its requests, and their answers. No emulator import."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from embedded_aws.iam import authorization
from embedded_aws.iam.authorization import Check
from embedded_aws.iam.condition_keys import condition_keys
from embedded_aws.sagemaker import http, tags
from embedded_aws.sagemaker.control_plane import ControlPlane
from embedded_aws.sagemaker.errors import AwsError
from embedded_aws.sagemaker.kinds import KINDS, MODEL
from embedded_aws.sagemaker.ports import Caller

Ask = Callable[[Check], None]
"""Asks IAM on behalf of a request's caller; AwsError if it refuses."""
Reply = tuple[int, dict[str, str], Any]


class SageMakerService:
    """The wire of one control plane."""

    def __init__(self, plane: ControlPlane) -> None:
        self._plane = plane
        self._prefix = f"arn:aws:sagemaker:{plane.region}:{plane.account}"

    def action(self, headers: Mapping[str, str], path: str) -> str:
        """The request's IAM action."""
        return f"sagemaker:{http.action_of(headers, path)}"

    def resource(self, headers: Mapping[str, str], path: str, body: bytes) -> str:
        """The ARN of the resource the request is about."""
        return authorization.resource_arn(http.action_of(headers, path), http.parameters_of(path, body), self._prefix)

    def context(self, headers: Mapping[str, str], path: str, body: bytes) -> dict[str, Any]:
        """The condition keys of a request, in lower case."""
        action = http.action_of(headers, path)
        params = {**http.parameters_of(path, body), **http.targets_of(headers)}
        own = authorization.resource_arn(action, params, self._prefix)
        keys = condition_keys(action, params, lambda name: self._plane.arn(MODEL, name))
        return keys | authorization.resource_tags(self._tags(own))

    def answer(self, headers: Mapping[str, str], path: str, body: bytes, ask: Ask, caller_arn: str) -> Reply:
        """The answer to a request whose own action IAM has already allowed."""
        try:
            params = http.parameters_of(path, body)
            for check in authorization.further_checks(http.action_of(headers, path), params, self._prefix):
                ask(self._with_tags(check))
        except AwsError as error:
            reply = http.error_reply(error)
        else:
            reply = http.handle(self._plane, headers, path, body, Caller(caller_arn))
        return reply.status, dict(reply.headers), reply.body

    def set_system_tags(self, arn: str, given: Mapping[str, str]) -> None:
        """Set tags that only AWS's own services may set (`aws:...`)."""
        with self._plane.lock:
            record = self._record(arn)
            if record is not None:
                record["_tags"].update(given)

    def arn_of(self, type_name: str, name: str) -> str | None:
        """The ARN of a resource of a CloudFormation type; None if there is none, or it is another service's type."""
        _, service, noun = type_name.split("::")
        kind = KINDS.get(noun) if service == "SageMaker" else None
        with self._plane.lock:
            record = kind and self._plane.store.find(kind, name)
        return str(record[kind.arn_member]) if kind and record else None

    def _with_tags(self, check: Check) -> Check:
        """A question about a resource of SageMaker, with that resource's tags."""
        if not check.resource.startswith(f"{self._prefix}:"):
            return check
        return replace(check, context={**check.context, **authorization.resource_tags(self._tags(check.resource))})

    def _tags(self, arn: str) -> dict[str, str]:
        with self._plane.lock:
            record = self._record(arn)
            return dict(record["_tags"]) if record else {}

    def _record(self, arn: str) -> dict[str, Any] | None:
        if arn == "*" or arn.count(":") < 5:
            return None
        try:
            kind, name = tags.kind_and_name(arn)
        except AwsError:
            return None
        return self._plane.store.find(kind, name)
