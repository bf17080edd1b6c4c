"""Dictionaries that note which of their entries were handed out, so that only these have to be compared."""

from __future__ import annotations

import copy
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any, cast

Address = tuple[Any, ...]
"""Where a dictionary is: service and variable; of one inside an entry also the entry's key and the member."""
Place = tuple[Address, Any]
"""An entry: its dictionary's address and its key."""


@dataclass(frozen=True)
class Traits:
    """What is special about some stores; the others are written simply.

    `inner`: members of an entry that are dictionaries with entries of their own. `sharing`: services whose entries hold
    one another. `large`: stores with large contents, which are written once.
    """

    inner: Mapping[Address, tuple[str, ...]] = field(default_factory=dict)
    sharing: frozenset[str] = frozenset()
    large: frozenset[Address] = frozenset()

    def simple(self, address: Address) -> bool:
        """Whether entries there are nothing special."""
        return address[0] not in self.sharing and address not in self.inner and address not in self.large


_of_request: ContextVar[set[Place] | None] = ContextVar("touched", default=None)


class Registry:
    """All tracked dictionaries by their address, and the places touched in them."""

    def __init__(self, traits: Traits) -> None:
        self.collections: dict[Address, TrackedDict] = {}
        self._traits = traits
        self._touched: deque[Place] = deque()

    def track(self, address: Address, entries: Mapping[Any, Any]) -> TrackedDict:
        """A tracked dictionary with these entries, all of them touched; it takes the place of an earlier one."""
        for key in self.collections.get(address, ()):
            self.note((address, key))
        tracked = TrackedDict(self, address, self._traits.inner.get(address, ()))
        self.collections[address] = tracked
        tracked.update(entries)
        return tracked

    def note(self, place: Place) -> None:
        """An entry was handed out, set or removed."""
        self._touched.append(place)
        own = _of_request.get()
        if own is not None:
            own.add(place)

    def take(self) -> Iterable[Place]:
        """The places touched since the last call, in the order in which they were."""
        taken: dict[Place, None] = {}
        while self._touched:
            taken[self._touched.popleft()] = None
        return taken


@contextmanager
def of_one_request() -> Iterator[set[Place]]:
    """The places that one request touches, in whatever thread: it may change them until it is answered."""
    touched: set[Place] = set()
    token = _of_request.set(touched)
    try:
        yield touched
    finally:
        _of_request.reset(token)


class TrackedDict(dict[Any, Any]):
    """A dictionary that tells its registry whatever may have changed; a copy of it is an ordinary one."""

    __slots__ = ("_members", "_registry", "address")

    def __init__(self, registry: Registry, address: Address, members: tuple[str, ...]) -> None:
        super().__init__()
        self.address = address
        self._registry = registry
        self._members = members

    @property
    def in_place(self) -> bool:
        """Whether it is what its address names; another one has taken that of an entry that was replaced."""
        return self._registry.collections.get(self.address) is self

    def _note(self, key: object) -> None:
        self._registry.note((self.address, key))

    def adopt(self, key: object, value: Any) -> None:  # noqa: ANN401 # stores hold anything
        """Track the dictionaries inside an entry that have entries of their own."""
        if not self._members or not isinstance(value, dict):
            return
        for member in self._members:
            if type(value.get(member)) is dict:
                value[member] = self._registry.track((*self.address, key, member), value[member])

    def __getitem__(self, key: Any) -> Any:  # noqa: ANN401 # stores hold anything
        self._note(key)
        return super().__getitem__(key)

    def __setitem__(self, key: Any, value: Any) -> None:  # noqa: ANN401 # stores hold anything
        self.adopt(key, value)
        super().__setitem__(key, value)
        self._note(key)

    def __delitem__(self, key: Any) -> None:  # noqa: ANN401 # stores hold anything
        super().__delitem__(key)
        self._note(key)

    def get(self, key: Any, default: Any = None) -> Any:  # noqa: ANN401 # stores hold anything
        """As of a dictionary."""
        self._note(key)
        return super().get(key, default)

    def pop(self, key: Any, *default: Any) -> Any:  # noqa: ANN401 # stores hold anything
        """As of a dictionary."""
        value = super().pop(key, *default)
        self._note(key)
        return value

    def popitem(self) -> tuple[Any, Any]:
        """As of a dictionary."""
        key, value = super().popitem()
        self._note(key)
        return key, value

    def setdefault(self, key: Any, default: Any = None) -> Any:  # noqa: ANN401 # stores hold anything
        """As of a dictionary."""
        if key not in self:
            self.adopt(key, default)
        value = super().setdefault(key, default)
        self._note(key)
        return value

    def update(self, *given: Any, **more: Any) -> None:  # noqa: ANN401 # stores hold anything
        """As of a dictionary."""
        for key, value in dict(*given, **more).items():
            self[key] = value

    def __ior__(self, other: Any) -> TrackedDict:  # type: ignore[misc] # noqa: ANN401 # of a final kind
        self.update(other)
        return self

    def clear(self) -> None:
        """As of a dictionary."""
        gone = list(self)
        super().clear()
        for key in gone:
            self._note(key)

    def items(self) -> Any:  # noqa: ANN401 # a view of anything
        """As of a dictionary: every entry is handed out."""
        self._note_all()
        return super().items()

    def values(self) -> Any:  # noqa: ANN401 # a view of anything
        """As of a dictionary: every entry is handed out."""
        self._note_all()
        return super().values()

    def _note_all(self) -> None:
        for key in list(self):
            self._note(key)

    def quietly(self, key: object, default: object = None) -> Any:  # noqa: ANN401 # stores hold anything
        """An entry, to look at and not to change."""
        return dict.get(self, key, default)

    def __copy__(self) -> dict[Any, Any]:
        return dict(self)

    def __deepcopy__(self, memo: dict[int, Any]) -> dict[Any, Any]:
        return copy.deepcopy(dict(self), memo)

    def __reduce_ex__(self, protocol: object) -> Any:  # noqa: ANN401 # what pickle asks for
        del protocol
        return cast("Callable[..., Any]", dict), (dict(self),)
