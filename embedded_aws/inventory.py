"""Everything the services hold, read from their own stores: independent of every List call. No emulator import."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from embedded_aws.sagemaker.control_plane import ControlPlane

Stores = Mapping[str, Mapping[str, Mapping[Any, Any]]]

# Bookkeeping that changes by looking, or that AWS keeps for a while after the thing itself is gone.
VOLATILE: Mapping[tuple[str, str], str] = {
    ("cloudtrail", "*"): "records of calls, not resources",
    ("cloudformation", "_stack_events"): "kept by stack id after the stack is gone, as on AWS",
    ("cloudformation", "_change_sets"): "belong to their stacks",
    ("cloudwatch", "*"): "metrics cannot be deleted; they expire",
    ("cloudwatch_logs", "_log_records"): "a second index of the log events, which their streams hold",
    ("iam", "_aws_managed_attachment_counts"): "counts on AWS's own policies",
}
# Things that every account has, made when somebody first looks.
AWS_OWN = {("scheduler", "_schedule_groups"): "/default"}
# Things that hold others, each an item of its own: the member that holds them, and what they are called.
NESTED = {("s3", "_buckets"): ("objects", "objects"), ("cloudwatch_logs", "_log_groups"): ("streams", "log_streams")}


def inventory(stores: Callable[[], Stores], plane: ControlPlane) -> list[dict[str, str]]:
    """Items {service, collection, id, digest}; a changed digest means that the thing was touched."""
    items = list(_emulated(stores()))
    for kind, arn, held in plane.inventory():
        items.append(_item("sagemaker", kind, arn, held))
    return sorted(items, key=lambda item: (item["service"], item["collection"], item["id"]))


def _emulated(stores: Stores) -> Iterator[dict[str, str]]:
    for service, collections in stores.items():
        for collection, entries in collections.items():
            if (service, collection) in VOLATILE or (service, "*") in VOLATILE:
                continue
            for key, value in entries.items():
                yield from _expanded(service, collection, key, value)


def _expanded(service: str, collection: str, key: Any, value: Any) -> Iterator[dict[str, str]]:  # noqa: ANN401 # stores hold anything
    own = "/".join(str(part) for part in key) if isinstance(key, tuple) else str(key)
    if collection == "_stacks" and value.get("StackStatus") == "DELETE_COMPLETE":
        return
    if (service, collection) in AWS_OWN and own.endswith(AWS_OWN[service, collection]):
        return
    yield _item(service, collection, own, value)
    if (service, collection) in NESTED:
        member, called = NESTED[service, collection]
        for name, record in value[member].items():
            yield _item(service, called, f"{own}/{name}", record)


def _item(service: str, collection: str, own: str, value: Any) -> dict[str, str]:  # noqa: ANN401 # stores hold anything
    digest = hashlib.sha256(json.dumps(value, sort_keys=True, default=repr).encode()).hexdigest()[:16]
    return {"service": service, "collection": collection, "id": own, "digest": digest}
