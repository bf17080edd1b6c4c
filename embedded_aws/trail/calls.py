"""An answered request as CloudTrail reads it: which service and operation, and what a data event is."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs

import botocore.session
from botocore.model import OperationModel, ServiceModel

# Signing names that are not botocore's names of the service.
_BOTOCORE = {
    "states": "stepfunctions",
    "monitoring": "cloudwatch",
    "tagging": "resourcegroupstaggingapi",
    "elasticfilesystem": "efs",
    "servicequotas": "service-quotas",
    "email": "ses",
    "elasticloadbalancing": "elbv2",
}
_SCOPE = re.compile(r"[\w%-]+(?:/|%2F)\d{8}(?:/|%2F)[\w-]+(?:/|%2F)([\w-]+)(?:/|%2F)aws4_request")
_RPC_PATH = re.compile(r"^/service/[^/]+/operation/([^/]+)$")
_FIELD = re.compile(r"\{(\w+)(\+?)\}")


@dataclass(frozen=True)
class Call:
    """One request and its answer; header names in lower case."""

    method: str
    path: str
    headers: Mapping[str, str]
    query: Mapping[str, Sequence[str]]
    body: bytes
    status: int
    reply_headers: Mapping[str, str]
    reply: bytes
    request_id: str

    @functools.cached_property
    def service(self) -> str:
        """The signing name of the service; empty for a request that is not signed."""
        signed = self.headers.get("authorization", "") or "".join(self.query.get("X-Amz-Credential", ()))
        found = _SCOPE.search(signed)
        return found[1] if found else ""

    @property
    def form_action(self) -> str:
        """The operation that a Query request names."""
        form = "form-urlencoded" in self.headers.get("content-type", "") or "Action" in self.query
        return self.form.get("Action", "") if form else ""

    @functools.cached_property
    def form(self) -> dict[str, str]:
        """The parameters of a Query request."""
        given = parse_qs(self.body.decode(errors="replace"), keep_blank_values=True)
        return {name: values[0] for name, values in {**self.query, **given}.items() if values}


def service_model(service: str) -> ServiceModel | None:
    """Botocore's model of a service, by signing name; None if it has none."""
    name = _BOTOCORE.get(service, service)
    return _model(name) if name in _known_services() else None


@functools.cache
def _known_services() -> frozenset[str]:
    return frozenset(botocore.session.get_session().get_available_services())


@functools.cache
def _model(name: str) -> ServiceModel:
    return botocore.session.get_session().get_service_model(name)


def operation_name(call: Call, model: ServiceModel | None) -> str:
    """The operation that a call asks for; empty if its service has none such."""
    target = call.headers.get("x-amz-target", "").rpartition(".")[2]
    rpc = _RPC_PATH.match(call.path)
    name = target or (rpc[1] if rpc else "") or call.form_action
    if name or model is None:
        return name
    matching = (route for route in _routes(model) if route.matches(call))
    best = max(matching, key=lambda route: route.rank, default=None)
    return best.operation if best else ""


@dataclass(frozen=True)
class Route:
    """An operation of a REST protocol: method, path, and the query keys that tell it from others."""

    operation: str
    method: str
    path: re.Pattern[str]
    query: Mapping[str, str]
    rank: tuple[int, int]

    def matches(self, call: Call) -> bool:
        """Whether a call asks for this operation."""
        return (
            call.method == self.method
            and all(
                key in call.query and (not value or call.query[key][0] == value) for key, value in self.query.items()
            )
            and self.path.match(call.path) is not None
        )


@functools.cache
def _routes(model: ServiceModel) -> tuple[Route, ...]:
    return tuple(_routes_of(model))


def _routes_of(model: ServiceModel) -> Iterator[Route]:
    for name in model.operation_names:
        http: Mapping[str, Any] = model.operation_model(name).http
        path, _, query = http["requestUri"].partition("?")
        keys = {key: "".join(values) for key, values in parse_qs(query, keep_blank_values=True).items()}
        keys.pop("x-id", None)  # says the operation's name, which not every client sends
        literals = len([part for part in path.split("/") if part and not part.startswith("{")])
        yield Route(name, http["method"], path_pattern(path), keys, (len(keys), literals))


@functools.cache
def path_pattern(path: str) -> re.Pattern[str]:
    """A model's path (`/functions/{FunctionName}`) as an expression with a group for each label."""
    pieces, end = [], 0
    for label in _FIELD.finditer(path):
        pieces.append(re.escape(path[end : label.start()]))
        pieces.append(f"(?P<{label[1]}>{'.+' if label[2] else '[^/]+'})")
        end = label.end()
    return re.compile("^" + "".join(pieces) + re.escape(path[end:]) + "/?$")


def operation_model(model: ServiceModel | None, name: str) -> OperationModel | None:
    """Botocore's model of an operation, if there is one."""
    return model.operation_model(name) if model and name in model.operation_names else None
