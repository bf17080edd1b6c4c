"""Everything the services hold, read from their own stores: independent of every List call. No emulator import.

What is left out is in `DEFAULTS` and `VOLATILE`, each with its reason.
"""

from __future__ import annotations

import fnmatch
import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from embedded_aws.sagemaker.control_plane import ControlPlane

Stores = Mapping[str, Mapping[str, Mapping[Any, Any]]]

# service/collection/id patterns of what every account has from its beginning; it appears when first looked at.
DEFAULTS: Mapping[str, str] = {
    "athena/_data_catalogs/*/AwsDataCatalog": "the account's own catalog",
    "athena/_workgroups/*/primary": "the workgroup that cannot be deleted",
    "elasticache/_param_group*/*/default.*": "AWS's own parameter groups",
    "eventbridge/_event_buses/*/default": "the bus that cannot be deleted",
    "scheduler/_schedule_groups/*/default": "the group that cannot be deleted",
}
# Bookkeeping that is no resource, or that AWS keeps for a while after the thing itself is gone.
VOLATILE: Mapping[str, str] = {
    "cloudtrail/*": "records of calls",
    "cloudwatch/_metrics/*": "metrics cannot be deleted; they expire",
    "cloudformation/_stack_events/*": "kept by stack id after the stack is gone",
    "cloudformation/_change_sets/*": "go with their stacks",
    "cloudwatch_logs/_log_records/*": "a second index of events that their streams hold",
    "eventbridge/_events_log/*": "records of events",
    "iam/_aws_managed_attachment_counts/*": "counts on AWS's own policies",
    "iam/_service_last_accessed*": "reports of use",
    "lambda_svc/_invocations*": "records of calls",
    "s3/_completed_multipart_uploads/*": "remembered for retries of the last call",
    "stepfunctions/_task_tokens/*": "go with their tasks",
}
# Members of a record that are items of their own: {service/collection: {member: collection}}.
_INNER: Mapping[str, Mapping[str, str]] = {
    "s3/_buckets": {"objects": "objects"},
    "cloudwatch_logs/_log_groups": {"streams": "streams"},
    "sqs/_queues": {"messages": "messages"},
}
# Members that change by use or by looking.
_VOLATILE_MEMBERS = frozenset(
    {
        "ApproximateNumberOfMessages",
        "ApproximateNumberOfMessagesDelayed",
        "ApproximateNumberOfMessagesNotVisible",
        "RoleLastUsed",
        "uploadSequenceToken",
    }
)


def inventory(stores: Callable[[], Stores], plane: ControlPlane) -> list[dict[str, str]]:
    """Items {service, collection, id, digest}, sorted; a changed digest means that the thing was touched."""
    items = [item for item in _emulated(stores()) if not _left_out(item)]
    items += [_item("sagemaker", kind, arn, held) for kind, arn, held in plane.inventory()]
    return sorted(items, key=lambda item: (item["service"], item["collection"], item["id"]))


def _emulated(stores: Stores) -> Iterator[dict[str, str]]:
    for service, collections in stores.items():
        for collection, entries in collections.items():
            inner = _INNER.get(f"{service}/{collection}", {})
            for key, value in list(entries.items()):
                own = "/".join(str(part) for part in key) if isinstance(key, tuple) else str(key)
                if not _deleted(value):
                    yield from _with_inner(service, collection, own, value, inner)


def _with_inner(
    service: str, collection: str, own: str, value: Mapping[str, Any], inner: Mapping[str, str]
) -> Iterator[dict[str, str]]:
    if not inner:
        yield _item(service, collection, own, value)
        return
    yield _item(service, collection, own, {key: held for key, held in value.items() if key not in inner})
    for member, its_collection in inner.items():
        held = value.get(member) or {}
        pairs = held.items() if isinstance(held, Mapping) else enumerate(held)
        for name, item in list(pairs):
            yield _item(service, its_collection, f"{own}/{name}", item)


def _deleted(value: Any) -> bool:  # noqa: ANN401 # stores hold anything
    """Whether it is the memory of a stack that is gone."""
    return isinstance(value, Mapping) and value.get("StackStatus") == "DELETE_COMPLETE"


def _left_out(item: Mapping[str, str]) -> bool:
    path = f"{item['service']}/{item['collection']}/{item['id']}"
    return any(fnmatch.fnmatchcase(path, pattern) for pattern in (*DEFAULTS, *VOLATILE))


def _item(service: str, collection: str, own: str, value: Any) -> dict[str, str]:  # noqa: ANN401 # stores hold anything
    text = json.dumps(_stable(value), sort_keys=True, default=str)
    digest = hashlib.sha256(text.encode()).hexdigest()[:16]
    return {"service": service, "collection": collection, "id": own, "digest": digest}


def _stable(value: Any) -> Any:  # noqa: ANN401 # stores hold anything
    """A value that says the same as long as nobody changes the thing; content by its hash."""
    if isinstance(value, Mapping):
        return {str(key): _stable(held) for key, held in value.items() if key not in _VOLATILE_MEMBERS}
    if isinstance(value, list | tuple | set | frozenset):
        members = [_stable(held) for held in value]
        return sorted(members, key=str) if isinstance(value, set | frozenset) else members
    if isinstance(value, bytes | bytearray | memoryview):
        return hashlib.sha256(value).hexdigest()
    return value if isinstance(value, str | int | float | bool) or value is None else str(type(value))
