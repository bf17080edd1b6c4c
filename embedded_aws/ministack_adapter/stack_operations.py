"""Hooks of CloudFormation: the course of an operation, its events, and a creation that is given up."""

from __future__ import annotations

import asyncio
from contextvars import ContextVar
from typing import Any

from ministack.services import cloudformation as cfn
from ministack.services.cloudformation import changesets, stacks, wait_conditions
from ministack.services.cloudformation import handlers as cfn_handlers

from embedded_aws.cloudformation import rollback_reasons
from embedded_aws.cloudformation.types import ResourceError
from embedded_aws.cloudformation.update_journal import CLEANUP, Event, UpdateJournal
from embedded_aws.engine import Engine
from embedded_aws.ministack_adapter.common import HOOKS

_journal: ContextVar[UpdateJournal | None] = ContextVar("journal", default=None)
_deploying: ContextVar[str] = ContextVar("deploying", default="")
_CANCELLED = "Resource creation cancelled"
_DELETE_ATTEMPTS = 3
_UPDATING = ("UPDATE_IN_PROGRESS", CLEANUP)


@HOOKS.applies("stack-events")
def _stack_events(_: Engine) -> None:
    told = _Told()
    stacks._add_event = told.add_event
    stacks._update_resource = told.update
    stacks._delete_resource = told.delete
    for module in (stacks, cfn_handlers, changesets):
        module._deploy_stack_async = told.deploy


class _Told:
    """The emulator's steps, with the events of a journal where a stack is updated."""

    def __init__(self) -> None:
        self._record, self._deploy = stacks._add_event, stacks._deploy_stack_async
        self._update, self._delete = stacks._update_resource, stacks._delete_resource

    def add_event(self, *args: Any, **named: Any) -> None:
        event, journal = Event(*args, **named), _journal.get()
        event = event._replace(reason=rollback_reasons.worded(event.reason))
        self._record_all(journal.seen(event) if journal else [event])

    def update(self, kind: str, own: str, old: Any, new: Any, stack_name: str, logical_id: Any, *more: Any) -> Any:
        journal = _journal.get()
        if journal and old != new:
            self._record_all(journal.changing(logical_id))
        return self._update(kind, own, old, new, stack_name, logical_id, *more)

    def delete(self, kind: str, own: str, props: Any, stack_name: str, logical_id: Any = None) -> Any:
        stack, journal = cfn._stacks.get(stack_name), _journal.get()
        if journal is None or not stack or stack["StackStatus"] not in _UPDATING:
            return self._delete(kind, own, props, stack_name, logical_id)
        stack["StackStatus"] = CLEANUP
        event = Event(stack["StackId"], stack_name, str(logical_id), kind, "DELETE_IN_PROGRESS", "", own)
        self._record_all(journal.cleanup(event))
        for _ in range(_DELETE_ATTEMPTS - 1):
            try:
                return self._deleted(event, props)
            except Exception as error:  # noqa: BLE001 # a handler of the emulator's may raise anything
                self._record_all([event._replace(status="DELETE_FAILED", reason=str(error))])
        return self._deleted(event, props)

    def _deleted(self, event: Event, props: Any) -> Any:
        self._record_all([event])
        gone = self._delete(event.kind, event.physical_id, props, event.stack_name, event.logical_id)
        self._record_all([event._replace(status="DELETE_COMPLETE")])
        return gone

    async def deploy(self, stack_name: str, stack_id: str, *args: Any, **named: Any) -> None:
        before = (named.get("previous_stack") or {}).get("_resources", {})
        journal = UpdateJournal(stack_id, before) if named.get("is_update") else None
        _journal.set(journal)
        await self._deploy(stack_name, stack_id, *args, **named)
        stack = cfn._stacks.get(stack_name)
        if journal and stack and stack["StackStatus"] == "UPDATE_COMPLETE":
            journal.settle(stack["_resources"])

    def _record_all(self, events: list[Event]) -> None:
        for event in events:
            self._record(*event)


@HOOKS.applies("stack-cancelling")
def _stack_cancelling(_: Engine) -> None:
    creations = _Creations()
    stacks._provision_resource = creations.provision
    for module in (stacks, cfn_handlers):
        module._delete_stack_async, module._roll_back_operation = creations.delete, creations.roll_back
    for module in (stacks, cfn_handlers, changesets):
        module._deploy_stack_async = creations.deploy


class _Creations:
    """What is being deployed, and which of it was given up."""

    def __init__(self) -> None:
        self._ends: dict[str, asyncio.Event] = {}
        self._given_up: set[str] = set()
        self._deploy, self._delete = stacks._deploy_stack_async, stacks._delete_stack_async
        self._provision, self._roll_back = stacks._provision_resource, stacks._roll_back_operation

    async def deploy(self, stack_name: str, stack_id: str, *args: Any, **named: Any) -> None:
        end = self._ends[stack_id] = asyncio.Event()
        _deploying.set(stack_id)
        try:
            await self._deploy(stack_name, stack_id, *args, **named)
        finally:
            if stack_id in self._given_up:
                cfn._stacks[stack_name]["StackStatus"] = "DELETE_IN_PROGRESS"
            del self._ends[stack_id]
            end.set()

    async def delete(self, stack_name: str, stack_id: str, *args: Any, **named: Any) -> None:
        if stack_id in self._ends:
            self._given_up.add(stack_id)
            cfn._stacks[stack_name]["StackStatus"] = "DELETE_IN_PROGRESS"
            _end_waiting(stack_id)
            await self._ends[stack_id].wait()
            self._given_up.discard(stack_id)
        await self._delete(stack_name, stack_id, *args, **named)

    def provision(self, kind: str, logical_id: str, props: Any, stack_name: str) -> Any:
        if _deploying.get() in self._given_up:
            raise ResourceError(_CANCELLED)
        return self._provision(kind, logical_id, props, stack_name)

    async def roll_back(
        self, stack_name: str, stack_id: str, stack: Any, operation: Any, reason_override: str = ""
    ) -> None:
        if stack_id not in self._given_up:
            reason = reason_override or rollback_reasons.of_creation(operation, cfn._stack_events.get(stack_id, []))
            await self._roll_back(stack_name, stack_id, stack, operation, reason)


def _end_waiting(stack_id: str) -> None:
    """Wait conditions of a stack that is given up fail now, not at the end of their time."""
    with wait_conditions._changed:
        for (waiting_id, _), waiter in wait_conditions._waiting.items():
            handle = wait_conditions._handles.get(waiter["token"])
            if waiting_id == stack_id and handle:
                handle["signals"]["cancelled"] = {"Status": "FAILURE", "Reason": _CANCELLED, "Data": ""}
        wait_conditions._changed.notify_all()
