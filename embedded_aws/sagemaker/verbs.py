"""What is alike for every kind: create, describe, list and delete."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

from embedded_aws.sagemaker import listing, shapes, tags, warm_pools
from embedded_aws.sagemaker.errors import AwsError
from embedded_aws.sagemaker.kinds import TRAINING_JOB, Kind
from embedded_aws.sagemaker.store import now

if TYPE_CHECKING:
    from embedded_aws.sagemaker.control_plane import ControlPlane
    from embedded_aws.sagemaker.ports import Caller, Record

Params = dict[str, Any]


def describe(plane: ControlPlane, kind: Kind, params: Params) -> Params:
    """DescribeX: a copy of the members that the service model gives it."""
    members = shapes.output_members(f"Describe{kind.name}")
    with plane.lock:
        record = plane.record(kind, params[kind.id_member])
        return {name: copy.deepcopy(record[name]) for name in members if name in record}


def list_all(plane: ControlPlane, kind: Kind, params: Params) -> Params:
    """ListXs."""
    with plane.lock:
        return copy.deepcopy(listing.page(kind, f"List{kind.name}s", plane.store.all(kind), params))


def new_record(plane: ControlPlane, kind: Kind, params: Params, caller: Caller | None) -> Record:
    """A record of a create call, not yet kept; AwsError for a doubled name or bad tags."""
    name = params[kind.id_member]
    refuse_duplicate(plane, kind, name)
    created = now()
    record: Record = {member: value for member, value in params.items() if member != "Tags"}
    record.update(
        {
            kind.arn_member: plane.arn(kind, name),
            "CreationTime": created,
            "LastModifiedTime": created,
            "_tags": tags.read(params.get("Tags", [])),
            "_caller": caller.arn if caller else None,
        }
    )
    if kind.status:
        record[kind.status] = kind.first
    return record


def keep(plane: ControlPlane, kind: Kind, record: Record) -> Params:
    """The end of a create call: role, runtime and quota agree, the record is kept and, if it runs, started.

    Role and runtime are asked without the lock; the name is checked again because another call may have taken it.
    """
    if kind.role and kind.role in record:
        plane.roles.session(record[kind.role])
    plane.runtime.vet(plane, kind, record)
    with plane.lock:
        refuse_duplicate(plane, kind, record[kind.id_member])
        giver = warm_pools.match(plane, record) if kind is TRAINING_JOB else None
        plane.check_quotas(kind, record, giver)
        if giver is not None:
            warm_pools.take(record, giver)
        plane.store.put(kind, record)
    if kind.status:
        plane.launch(kind, record)
    return {kind.arn_member: record[kind.arn_member]}


def refuse_duplicate(plane: ControlPlane, kind: Kind, name: str) -> None:
    """AwsError in AWS's words if the name is taken."""
    with plane.lock:
        if plane.store.find(kind, name) is not None:
            raise AwsError(kind.duplicate_code, kind.duplicate.format(**plane.naming(kind, name)))


def delete_at_once(plane: ControlPlane, kind: Kind, params: Params) -> Params:
    """DeleteX of a kind that nothing runs for."""
    with plane.lock:
        plane.store.remove(kind, plane.record(kind, params[kind.id_member]))
    return {}
