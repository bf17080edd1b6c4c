"""Exports of stacks: one owner for a name, and no change while somebody imports it. No emulator import.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-stack-exports.html
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

Exports = Mapping[str, Mapping[str, Any]]
"""Name to StackId and Value."""
Importers = Callable[[str], list[str]]
"""The names of the stacks that import an export."""


def twice(stack_name: str, names: list[str]) -> str | None:
    """Why two outputs may not have the same export; AWS's text for one template is not known."""
    again = next((name for at, name in enumerate(names) if name in names[:at]), None)
    return _taken(again, stack_name) if again else None


def _taken(name: str, owner: str) -> str:
    return f"Export with name {name} is already exported by stack {owner}"


def changes_refused(stack_id: str, before: Exports, after: Exports, importers: Importers) -> str | None:
    """Why a stack may not have the exports `after`, with all stacks' exports as they are."""
    for name in after:
        if name in before and before[name]["StackId"] != stack_id:
            return _taken(name, str(before[name]["StackId"]).split("/")[1])
    for name, export in before.items():
        if export["StackId"] != stack_id or (name in after and after[name]["Value"] == export["Value"]):
            continue
        users = importers(name)
        if users:
            verb = "updated" if name in after else "deleted"
            return f"Export {name} cannot be {verb} as it is in use by {', '.join(users)}"
    return None


def deletion_refused(stack_id: str, exports: Exports, importers: Importers) -> str | None:
    """Why a stack that others import from may not be deleted."""
    return changes_refused(stack_id, exports, {}, importers)
