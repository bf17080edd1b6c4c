"""The events of a stack's update as AWS shows them: of what changes, and of nothing else. No emulator import.

The emulator names every resource of the template, has no CREATE events in an update and is silent about what it
removes. https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-updating-stacks-update-behaviors.html
"""

from __future__ import annotations

from collections.abc import MutableMapping
from typing import Any, NamedTuple

STACK_TYPE = "AWS::CloudFormation::Stack"
CLEANUP = "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS"
Records = MutableMapping[str, MutableMapping[str, Any]]


class Event(NamedTuple):
    """A stack event, in the emulator's order of parameters."""

    stack_id: str
    stack_name: str
    logical_id: str
    kind: str
    status: str
    reason: str = ""
    physical_id: str = ""
    detailed_status: str = ""


class UpdateJournal:
    """One update of one stack; `before` are the resources it began with."""

    def __init__(self, stack_id: str, before: Records) -> None:
        self._stack_id = stack_id
        self._before = before
        self._held: dict[str, Event] = {}
        self._unchanged: set[str] = set()
        self._cleaning = False

    def seen(self, event: Event) -> list[Event]:
        """What to record for an event of the emulator's."""
        if event.stack_id != self._stack_id:
            return [event]
        if event.kind == STACK_TYPE and event.physical_id == self._stack_id:
            return [*self.cleanup(event), event] if event.status == "UPDATE_COMPLETE" else [event]
        if event.logical_id not in self._before:
            return [event._replace(status=event.status.replace("UPDATE_", "CREATE_"))]
        held = self._held.pop(event.logical_id, None)
        if event.status == "UPDATE_IN_PROGRESS" and not event.reason:
            physical_id = str(self._before[event.logical_id].get("PhysicalResourceId", ""))
            self._held[event.logical_id] = event._replace(physical_id=physical_id)
            return []
        if event.status == "UPDATE_COMPLETE" and held:
            self._unchanged.add(event.logical_id)
            return []
        return [held, event] if held and event.status != "UPDATE_IN_PROGRESS" else [event]

    def changing(self, logical_id: str) -> list[Event]:
        """The event that waited for a resource to be really changed."""
        held = self._held.pop(logical_id, None)
        return [held] if held else []

    def cleanup(self, like: Event) -> list[Event]:
        """The event that begins the clean-up of an update, once."""
        if self._cleaning:
            return []
        self._cleaning = True
        return [Event(like.stack_id, like.stack_name, like.stack_name, STACK_TYPE, CLEANUP, "", like.stack_id)]

    def settle(self, after: Records) -> None:
        """Give the records the states AWS would show: new ones are created, unchanged ones as they were.

        What could not be deleted is no longer the stack's: using-cfn-updating-stacks-monitor-stack.html.
        """
        for logical_id in [name for name, record in after.items() if record.get("ResourceStatus") == "DELETE_FAILED"]:
            del after[logical_id]
        for logical_id, record in after.items():
            if logical_id in self._unchanged:
                record.update({key: self._before[logical_id][key] for key in ("ResourceStatus", "Timestamp")})
            elif logical_id not in self._before and record.get("ResourceStatus") == "UPDATE_COMPLETE":
                record["ResourceStatus"] = "CREATE_COMPLETE"
