"""The engine's side of its local control: clock, faults, quotas and capacity, for whoever has the root's secret.

- `/_embedded/clock`: GET, POST `{"speed": 100}` or `{"speed": null}`
- `/_embedded/faults`: GET, POST a `Fault`, DELETE all or `/_embedded/faults/ID`
- `/_embedded/quotas`: POST `{"name": ..., "limit": 2}`, with null no limit
- `/_embedded/capacity`: POST `{"instance_type": ..., "count": 1}`: how many of the next starts find no instance
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any, Protocol

from embedded_aws.clock import Clock
from embedded_aws.faults.rules import Fault, Faults

Content = dict[str, Any]
PREFIX = "/_embedded/"


class Quotas(Protocol):
    """Limits that can be changed while the engine runs."""

    def set(self, name: str, limit: int | None) -> None:
        """Limit a quota by AWS's name; ValueError for an unknown one."""


class Capacity(Protocol):
    """Instances that can be withheld while the engine runs."""

    def withhold(self, instance_type: str, count: int) -> None:
        """Let the next starts fail; ValueError for an unknown type."""


class ControlRoutes:
    """Answers requests below `/_embedded/`; what is given wrongly is answered with 400 and why."""

    def __init__(self, clock: Clock, faults: Faults, quotas: Quotas, capacity: Capacity) -> None:
        self._clock = clock
        self._faults = faults
        self._quotas = quotas
        self._capacity = capacity
        self._routes: Mapping[tuple[str, str], Callable[[str, Content], Content]] = {
            ("GET", "clock"): self._show_clock,
            ("POST", "clock"): self._set_clock,
            ("GET", "faults"): self._show_faults,
            ("POST", "faults"): self._add_fault,
            ("DELETE", "faults"): self._clear_faults,
            ("POST", "quotas"): self._set_quota,
            ("POST", "capacity"): self._withhold,
        }

    def answer(self, method: str, path: str, body: bytes) -> tuple[int, Content]:
        """Status and content."""
        name, _, rest = path.removeprefix(PREFIX).partition("/")
        route = self._routes.get((method, name))
        if route is None or (rest and method != "DELETE"):
            return 404, {"message": f"{method} {path} is not served"}
        try:
            return 200, route(rest, _content(body))
        except (ValueError, TypeError) as error:
            return 400, {"message": str(error)}

    def _show_clock(self, _rest: str, _given: Content) -> Content:
        return {"speed": self._clock.speed}

    def _set_clock(self, rest: str, given: Content) -> Content:
        (speed,) = _members(given, speed=(int, float, type(None)))
        self._clock.speed = speed
        return self._show_clock(rest, given)

    def _show_faults(self, _rest: str, _given: Content) -> Content:
        return {"faults": self._faults.listed()}

    def _add_fault(self, _rest: str, given: Content) -> Content:
        return {"id": self._faults.add(Fault(**given))}

    def _clear_faults(self, rest: str, _given: Content) -> Content:
        return {"cleared": self._faults.clear(rest or None)}

    def _set_quota(self, _rest: str, given: Content) -> Content:
        name, limit = _members(given, name=(str,), limit=(int, type(None)))
        self._quotas.set(name, limit)
        return {}

    def _withhold(self, _rest: str, given: Content) -> Content:
        instance_type, count = _members(given, instance_type=(str,), count=(int,))
        self._capacity.withhold(instance_type, count)
        return {}


def _content(body: bytes) -> Content:
    given = json.loads(body or b"{}")
    if not isinstance(given, dict):
        raise TypeError("the body is no JSON object")
    return given


def _members(given: Content, **types: tuple[type, ...]) -> list[Any]:
    """Exactly these members, in their order; TypeError for others or for values of another type."""
    if given.keys() != types.keys():
        raise TypeError(f"the body has {', '.join(types)} and nothing else")
    for name, allowed in types.items():
        if not isinstance(given[name], allowed) or isinstance(given[name], bool):
            raise TypeError(f"{name} cannot be {given[name]!r}")
    return [given[name] for name in types]
