"""Asks a running engine every call of botocore's models once: is it answered, or refused by its name?

The parameters are made up, so most answers are refusals of these; what tells a call that is not there is its own.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

import botocore.session
from botocore.config import Config
from botocore.exceptions import ClientError
from botocore.model import ListShape, MapShape, Shape, StructureShape

from embedded_aws.launcher import Engine

SERVICES = ("sagemaker", "sagemaker-runtime", "cloudformation", "stepfunctions", "scheduler", "iam", "cloudtrail")
# How a service says that it has no such call; any other answer, a refusal of the parameters too, is an answer.
_REFUSALS = frozenset({"UnknownOperationException", "InvalidAction", "UnknownOperation", "NotImplemented"})
_REFUSING_TEXTS = ("not implemented", "Unknown action", "Unknown operation", "Unsupported")
_CONFIG = Config(
    retries={"total_max_attempts": 1},
    parameter_validation=False,
    read_timeout=30,
    proxies={},
    inject_host_prefix=False,
)
_DEEPEST = 6
_BROKEN = 500


def answered(engine: Engine) -> dict[str, dict[str, bool]]:
    """By service and call: whether the engine answers it. Its account is not what it was afterwards."""
    session = botocore.session.Session()
    return {service: dict(sorted(_answered_of(session, engine, service))) for service in SERVICES}


def _answered_of(session: Any, engine: Engine, service: str) -> Iterator[tuple[str, bool]]:  # noqa: ANN401 # untyped
    client = session.create_client(
        service,
        endpoint_url=engine.endpoint,
        region_name=engine.region,
        aws_access_key_id=engine.access_key_id,
        aws_secret_access_key=engine.secret_access_key,
        config=_CONFIG,
    )
    for method, operation in client.meta.method_to_api_mapping.items():
        shape = client.meta.service_model.operation_model(operation).input_shape
        yield operation, _is_answered(client, method, made_up(shape) if shape else {})


def _is_answered(client: Any, method: str, params: Mapping[str, Any]) -> bool:  # noqa: ANN401 # untyped
    """RuntimeError for a call that breaks the engine, which is neither."""
    try:
        getattr(client, method)(**params)
    except ClientError as error:
        details, status = error.response["Error"], error.response["ResponseMetadata"]["HTTPStatusCode"]
        text = str(details.get("Message", ""))
        if details.get("Code") in _REFUSALS or any(part in text for part in _REFUSING_TEXTS):
            return False
        if status >= _BROKEN:
            raise RuntimeError(f"{method} breaks the engine: {details.get('Code')}: {text}") from error
    return True


def made_up(shape: Shape, depth: int = 0) -> Any:  # noqa: ANN401 # a value of any shape
    """A value that the shape allows, as far as its length, range and enum say; of a structure what is required."""
    if isinstance(shape, StructureShape):
        names = shape.required_members if depth < _DEEPEST else []
        return {name: made_up(shape.members[name], depth + 1) for name in names}
    if isinstance(shape, ListShape):
        return [made_up(shape.member, depth + 1)] if depth < _DEEPEST else []
    if isinstance(shape, MapShape):
        return {}
    return _scalar(shape)


def _scalar(shape: Shape) -> Any:  # noqa: ANN401 # as above
    least = shape.metadata.get("min", 1)
    if shape.type_name in ("integer", "long", "float", "double"):
        return least
    simple = {"boolean": False, "blob": b"a", "timestamp": datetime.now(UTC)}
    if shape.type_name in simple:
        return simple[shape.type_name]
    return (shape.metadata.get("enum") or ["a" * max(1, int(least))])[0]
