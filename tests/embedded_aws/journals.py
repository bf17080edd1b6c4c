"""Journals that tests open, write and open again."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

from embedded_aws.journal import folder
from embedded_aws.journal.journal import Journal
from embedded_aws.journal.tracked import TrackedDict, Traits

STORES = ("buckets", "roles", "queues")
INNER = {("s", "buckets"): ("objects",)}
SHARING = Traits(INNER, frozenset({"s"}))


def opened(at: Path, traits: Traits = SHARING) -> Journal:
    """The journal of a folder, with the stores of a service called `s`; what it holds is restored."""
    journal = Journal(folder.open_file(at), folder.replaced_files(at), traits)
    for name in STORES:
        journal.adopt(("s", name), {})
    journal.restore(lambda place, value: None)
    return journal


def store(journal: Journal, name: str) -> TrackedDict:
    return journal.registry.collections["s", name]


def held(journal: Journal) -> dict[str, Any]:
    """What all stores hold, as ordinary dictionaries."""
    return {name: copy.deepcopy(store(journal, name)) for name in STORES}


def reopened(journal: Journal, at: Path, traits: Traits = SHARING) -> Journal:
    """A second journal of the same folder, as after a death: nothing of the first is closed or flushed."""
    del journal
    return opened(at, traits)
