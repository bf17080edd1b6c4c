"""The journal without an engine: any series of changes is read again as it was written."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from embedded_aws.journal.tracked import Traits
from tests.embedded_aws.journals import INNER, SHARING, STORES, opened, reopened, store

SIMPLE = Traits(INNER, large=frozenset({("s", "roles")}))

KEYS = st.sampled_from(["a", "b", ("account", "c"), 4])

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.binary(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=8,
)


class AnyChanges(RuleBasedStateMachine):
    """Whatever is done to stores, after a flush a second journal holds the same."""

    parent: Path
    traits: Traits

    @initialize()
    def _begin(self) -> None:
        self.at = Path(tempfile.mkdtemp(dir=self.parent))
        self.journal = opened(self.at, self.traits)

    @rule(name=st.sampled_from(STORES), key=KEYS, value=VALUES, objects=st.dictionaries(KEYS, VALUES, max_size=3))
    def _put(self, name: str, key: object, value: object, objects: dict[object, object]) -> None:
        store(self.journal, name)[key] = {"value": value, "objects": objects, "list": []}

    @rule(name=st.sampled_from(STORES), key=KEYS, member=KEYS, value=VALUES)
    def _change_inside(self, name: str, key: object, member: object, value: object) -> None:
        entry = store(self.journal, name).get(key)
        if entry:
            entry["objects"][member] = value
            entry["list"].append(value)

    @rule(name=st.sampled_from(STORES), key=KEYS, member=KEYS)
    def _remove_inside(self, name: str, key: object, member: object) -> None:
        entry = store(self.journal, name).get(key)
        if entry:
            entry["objects"].pop(member, None)

    @rule(one=st.sampled_from(STORES), key=KEYS, other=st.sampled_from(STORES), at=KEYS)
    def _share(self, one: str, key: object, other: str, at: object) -> None:
        entry, holder = store(self.journal, one).get(key), store(self.journal, other).get(at)
        if entry and holder and entry is not holder:
            holder["shared"] = entry

    @rule(name=st.sampled_from(STORES), key=KEYS)
    def _remove(self, name: str, key: object) -> None:
        store(self.journal, name).pop(key, None)

    @rule(name=st.sampled_from(STORES))
    def _clear(self, name: str) -> None:
        store(self.journal, name).clear()

    @rule(again=st.booleans())
    def _compare(self, again: bool) -> None:  # noqa: FBT001 # drawn by hypothesis
        self.journal.flush()
        second = reopened(self.journal, self.at, self.traits)
        for name in STORES:
            mine, its = store(self.journal, name), store(second, name)
            assert repr(dict(its)) == repr(dict(mine)) or dict(its) == dict(mine)
        if again:
            self.journal = second


@pytest.mark.parametrize("traits", [SHARING, SIMPLE])
def test_any_series_of_changes(tmp_path: Path, traits: Traits) -> None:
    AnyChanges.parent, AnyChanges.traits = tmp_path, traits
    case = AnyChanges.TestCase
    case.settings = settings(
        max_examples=60, stateful_step_count=30, deadline=None, suppress_health_check=list(HealthCheck)
    )
    case().runTest()
