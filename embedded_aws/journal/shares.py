"""What entries have in common: which object is whose entry, who names whom, and large contents that several hold."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator

from embedded_aws.journal.pickling import digest
from embedded_aws.journal.tracked import Place

SHAPES: dict[type, str] = {dict: "dict", list: "list"}
"""Types of entries that others may share."""


class Owners:
    """Which entry an object is, and which other entries name it. `current` gives the object at a place."""

    def __init__(self, current: Callable[[Place], object]) -> None:
        self._current = current
        self._place_of: dict[int, Place] = {}
        self._seen: dict[Place, int] = {}
        self._names: dict[Place, set[Place]] = {}
        self._named_by: dict[Place, set[Place]] = {}

    def own(self, place: Place) -> Iterator[Place]:
        """Take notice of the object at a place; the entries that named another one there."""
        value = self._current(place)
        if type(value) in SHAPES and self.of(value) is None:
            self._place_of[id(value)] = place
        before, self._seen[place] = self._seen.get(place), id(value)
        if before not in (None, id(value)):
            yield from self._named_by.get(place, ())

    def of(self, value: object) -> Place | None:
        """The place of an object that is an entry."""
        place = self._place_of.get(id(value))
        return place if place is not None and self._current(place) is value else None

    def set_names(self, place: Place, named: set[Place]) -> None:
        """The entries that an entry names now."""
        for other in self._names.pop(place, set()) - named:
            self._named_by[other].discard(place)
        if named:
            self._names[place] = named
        for other in named:
            self._named_by.setdefault(other, set()).add(place)

    def forget(self) -> None:
        """Drop what is no entry any more."""
        self._place_of = {own: place for own, place in self._place_of.items() if id(self._current(place)) == own}
        self._seen = {
            place: own for place, own in self._seen.items() if self._place_of.get(own) or self._named_by.get(place)
        }


class Blobs:
    """Large contents by name, and how many entries hold each."""

    def __init__(self) -> None:
        self._uses: Counter[str] = Counter()
        self._of: dict[Place, set[str]] = {}
        self._known: dict[int, tuple[bytes, str]] = {}

    def name(self, large: bytes) -> str:
        """The name of a content; the same object is read once only."""
        known = self._known.get(id(large))
        if known is None or known[0] is not large:
            known = self._known[id(large)] = (large, digest(large))
        return known[1]

    def set_held(self, place: Place, names: set[str]) -> None:
        """The contents that an entry holds now."""
        self._uses.subtract(self._of.pop(place, set()))
        self._uses.update(names)
        if names:
            self._of[place] = names

    def kept(self, name: str) -> bool:
        """Whether an entry holds it."""
        return self._uses[name] > 0

    def take_unused(self) -> list[str]:
        """The contents that no entry holds any more; they are forgotten."""
        unused = [name for name, uses in self._uses.items() if uses <= 0]
        for name in unused:
            del self._uses[name]
        self._known = {own: held for own, held in self._known.items() if held[1] in self._uses}
        return unused
