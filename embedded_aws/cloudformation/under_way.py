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
_NAMES: Mapping[str, str] = {
    "CreateBucket": "Bucket",
    "CreateFunction": "FunctionName",
    "CreateInstanceProfile": "InstanceProfileName",
    "CreateLogGroup": "logGroupName",
    "CreatePolicy": "PolicyName",
    "CreateQueue": "QueueName",
    "CreateRepository": "repositoryName",
    "CreateRole": "RoleName",
    "CreateSchedule": "Name",
    "CreateScheduleGroup": "Name",
    "CreateSecret": "Name",
    "CreateStateMachine": "name",
    "CreateTable": "TableName",
    "CreateTopic": "Name",
    "CreateUser": "UserName",
    "PutMetricAlarm": "AlarmName",
    "PutParameter": "Name",
    "PutRule": "Name",
    **{f"Create{kind.name}": kind.id_member for kind in KINDS.values()},
}
"""The parameter that names what a call makes."""
Entry = dict[str, Any]
Key = tuple[str, str]
Find = Callable[[str, str], str | None]
"""Resource type and name to the physical id of what is there, None if nothing is."""
Made = tuple[str, dict[str, Any]]
Create = Callable[[str, Mapping[str, Any], str], Made]
"""Logical id, properties and stack name to physical id and attributes."""


def _unasked(kind: str, name: str) -> str:
    """Without a journal nothing is noted."""
    del kind
    return name


class UnderWay:
    """Resources by their stack's name and their logical id, written with `flush` before they are made.

    A resource is a stack's own if `find` did not find it before the stack's call, and finds it after the restart. Keys
    and event source mappings, which have no names, and what goes with the resource it belongs to are not noted.
    """

    def __init__(self) -> None:
        self.flush: Callable[[], None] = lambda: None
        self.find: Find = _unasked
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
        if key in self._entries:
            self._entries[key] = {**recorded, "made": time.time()}
        return made

    def calling(self, operation: str, params: Mapping[str, Any]) -> None:
        """A call is to be made for a resource: the first that creates is noted, unless the resource is another's."""
        making = self._making.get()
        if making is None or "name" in making[1]:
            return
        key, entry = making
        name = _name(operation, params)
        if name is None:
            return
        entry["name"] = name
        if self.find(entry["ResourceType"], name) is None:
            self._entries[key] = entry
            self.flush()

    def give_to(self, stacks: Mapping[str, MutableMapping[str, Any]]) -> None:
        """After a restart: what stacks in progress do not know is theirs; what was not ready has failed."""
        for (name, logical_id), entry in list(self._entries.items()):
            held = stacks.get(name, {})
            in_progress = str(held.get("StackStatus")).endswith("_IN_PROGRESS")
            own = self.find(entry["ResourceType"], entry["name"]) if "name" in entry else None
            if in_progress and own is not None and logical_id not in held["_resources"]:
                known = {key: value for key, value in entry.items() if key not in ("made", "name")}
                at = held.get("LastUpdatedTime", held["CreationTime"])
                more = {"PhysicalResourceId": own, "LogicalResourceId": logical_id, "Timestamp": at}
                held["_resources"][logical_id] = {"Attributes": {}, **known, **more}
            del self._entries[name, logical_id]

    def _forget_recorded(self) -> None:
        since = time.time() - _REMEMBERED_SECONDS
        for key, entry in list(self._entries.items()):
            if entry.get("made", since) < since:
                self._entries.pop(key, None)


def _name(operation: str, params: Mapping[str, Any]) -> str | None:
    """The name of what a call makes; None of a call that makes nothing, or what has no name."""
    if operation == "CreateBudget":
        return str(params["Budget"]["BudgetName"])
    return str(params[_NAMES[operation]]) if operation in _NAMES else None
