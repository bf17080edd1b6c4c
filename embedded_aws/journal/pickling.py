"""Entries to bytes and back. What is an entry of its own, or tracked by itself, is named and not repeated.

Stores share objects: a tuning job and its training jobs hold one another. The journal keeps each once, so that they are
shared again after a restart. Only this engine's own files are read: pickles of others could run anything.
"""

from __future__ import annotations

import hashlib
import io
import pickle
from collections.abc import Callable
from typing import Any

from embedded_aws.journal.tracked import Place, TrackedDict

LARGE_BYTES = 1 << 16
_ATTEMPTS = 50
_PROTOCOL = 5

OwnerOf = Callable[[object], Place | None]
"""The place of an object that is an entry; None of any other."""
KeepBlob = Callable[[bytes], str]
"""Keeps large content; its name."""
Find = Callable[[tuple[Any, ...]], Any]
"""The object that a name in a pickle stands for."""


class UnkeepableError(Exception):
    """An entry holds what a file cannot keep: a lock, a thread, a socket."""


def digest(content: bytes) -> str:
    """A name of some bytes that only they have."""
    return hashlib.blake2b(content, digest_size=16).hexdigest()


def dump(place: Place, value: object, owner_of: OwnerOf, keep_blob: KeepBlob) -> bytes:
    """An entry as bytes; another thread may change it meanwhile, so it is tried until it held still."""
    return _as_it_holds_still(place, lambda: _named(place, value, owner_of, keep_blob))


def dump_simple(place: Place, value: object) -> bytes:
    """The same for an entry that shares nothing and has nothing tracked or large inside: a fifth of the time."""
    return _as_it_holds_still(place, lambda: pickle.dumps(value, _PROTOCOL))


def _named(place: Place, value: object, owner_of: OwnerOf, keep_blob: KeepBlob) -> bytes:
    target = io.BytesIO()
    _Pickler(target, place, owner_of, keep_blob).dump(value)
    return target.getvalue()


def _as_it_holds_still(place: Place, dumped: Callable[[], bytes]) -> bytes:
    for _ in range(_ATTEMPTS):
        try:
            return dumped()
        except RuntimeError:  # "changed size during iteration"
            continue
        except (pickle.PicklingError, TypeError, AttributeError) as error:
            raise UnkeepableError(f"{place}: {error}") from error
    raise UnkeepableError(f"{place} does not hold still")


def load(content: bytes, find: Find) -> Any:  # noqa: ANN401 # stores hold anything
    """The entry that was dumped."""
    reader = pickle.Unpickler(io.BytesIO(content))  # noqa: S301 # the engine's own file
    reader.persistent_load = find  # type: ignore[method-assign] # how the module wants it without a class
    return reader.load()


class _Pickler(pickle.Pickler):
    def __init__(self, target: io.BytesIO, place: Place, owner_of: OwnerOf, keep_blob: KeepBlob) -> None:
        super().__init__(target, protocol=_PROTOCOL)
        self._place = place
        self._owner_of = owner_of
        self._keep_blob = keep_blob

    def persistent_id(self, value: Any) -> tuple[Any, ...] | None:  # noqa: ANN401 # anything is pickled
        kind = type(value)
        if kind is dict or kind is list:
            owner = self._owner_of(value)
            return None if owner is None or owner == self._place else ("entry", *owner)
        if kind is bytes and len(value) >= LARGE_BYTES:
            return "blob", self._keep_blob(value)
        if kind is TrackedDict and value.in_place:
            return "inner", value.address
        return None
