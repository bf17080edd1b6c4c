"""Resources that stacks are making: known before their stack knows them, should the engine die meanwhile.

The emulator records a resource when its creation has ended, minutes after the first call for a notebook instance. What
an engine that dies in between has made must still go when the stack is deleted.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, MutableMapping
from contextvars import ContextVar
from typing import Any

from embedded_aws.interrupted import REASON
from embedded_aws.sagemaker.kinds import KINDS

_REMEMBERED_SECONDS = 60.0
"""By then the emulator has recorded what has been made."""
_NAMES: Mapping[str, Callable[[Mapping[str, Any]], str]] = {
    "CreateBucket": lambda params: str(params["Bucket"]),
    "CreateBudget": lambda params: str(params["Budget"]["BudgetName"]),
    "CreateRole": lambda params: str(params["RoleName"]),
    "CreateSchedule": lambda params: str(params["Name"]),
    "CreateStateMachine": lambda params: str(params["name"]),
}
Entry = dict[str, Any]
Key = tuple[str, str]
Exists = Callable[[str, str], bool]
"""Resource type and physical id to whether it is there."""
Made = tuple[str, dict[str, Any]]
Create = Callable[[str, Mapping[str, Any], str], Made]
"""Logical id, properties and stack name to physical id and attributes."""


def _unasked(kind: str, physical_id: str) -> bool:
    """Without a journal nothing is noted."""
    del kind, physical_id
    return True


class UnderWay:
    """Resources by their stack's name and their logical id, written with `flush` before they are made.

    A resource is a stack's own if `exists` says that it was not there before the stack's call, and is there after it.
    """

    def __init__(self, region: str, account: str) -> None:
        self.flush: Callable[[], None] = lambda: None
        self.exists: Exists = _unasked
        self._place = f"{region}:{account}"
        self._entries: dict[Key, Entry] = {}
        self._making: ContextVar[tuple[Key, Entry] | None] = ContextVar("making", default=None)

    def adopt(self, keep: Callable[[dict[Any, Any]], dict[Any, Any]]) -> None:
        """Hold them in what `keep` gives for it."""
        self._entries = keep(self._entries)

    def make(self, create: Create, stack: str, logical_id: str, kind: str, props: Mapping[str, Any]) -> Made:
        """Create a resource; what failed has been taken away again."""
        key: Key = (stack, logical_id)
        entry: Entry = {"ResourceType": kind, "Properties": dict(props), "ResourceStatus": "CREATE_FAILED"}
        entry["ResourceStatusReason"] = REASON
        self._forget_recorded()
        token = self._making.set((key, entry))
        try:
            made = create(logical_id, props, stack)
        except BaseException:
            self._entries.pop(key, None)
            raise
        finally:
            self._making.reset(token)
        recorded = {**entry, "ResourceStatus": "CREATE_COMPLETE", "ResourceStatusReason": "", "Attributes": made[1]}
        self._entries[key] = {**recorded, "PhysicalResourceId": made[0], "made": time.time()}
        return made

    def calling(self, operation: str, params: Mapping[str, Any]) -> None:
        """A call is to be made for a resource: the first that creates is noted, unless the resource is another's."""
        making = self._making.get()
        if making is None or "PhysicalResourceId" in making[1]:
            return
        key, entry = making
        physical_id = self._physical_id(operation, params)
        if physical_id is None:
            return
        entry["PhysicalResourceId"] = physical_id
        if not self.exists(entry["ResourceType"], entry["PhysicalResourceId"]):
            self._entries[key] = entry
            self.flush()

    def give_to(self, stacks: Mapping[str, MutableMapping[str, Any]]) -> None:
        """After a restart: what stacks in progress do not know is theirs; what was not ready has failed."""
        for (name, logical_id), entry in list(self._entries.items()):
            held = stacks.get(name, {})
            unknown = str(held.get("StackStatus")).endswith("_IN_PROGRESS") and logical_id not in held["_resources"]
            if unknown and self.exists(entry["ResourceType"], entry["PhysicalResourceId"]):
                known = {key: value for key, value in entry.items() if key != "made"}
                own = {"LogicalResourceId": logical_id, "Timestamp": held.get("LastUpdatedTime", held["CreationTime"])}
                held["_resources"][logical_id] = {"Attributes": {}, **known, **own}
            del self._entries[name, logical_id]

    def _forget_recorded(self) -> None:
        since = time.time() - _REMEMBERED_SECONDS
        for key, entry in list(self._entries.items()):
            if entry.get("made", since) < since:
                self._entries.pop(key, None)

    def _physical_id(self, operation: str, params: Mapping[str, Any]) -> str | None:
        """What the Ref of the resource will be that a call makes; None of any other call."""
        if operation == "CreateStateMachine":
            return f"arn:aws:states:{self._place}:stateMachine:{_NAMES[operation](params)}"
        if operation in _NAMES:
            return _NAMES[operation](params)
        kind = KINDS.get(operation.removeprefix("Create")) if operation.startswith("Create") else None
        return (
            None
            if kind is None
            else f"arn:aws:sagemaker:{self._place}:{kind.arn_type}/{str(params[kind.id_member]).lower()}"
        )
