"""The journal without an engine: what is written, what is read again, and what cannot be kept."""

from __future__ import annotations

import copy
import sqlite3
import threading
from collections import deque
from pathlib import Path
from typing import Any

import pytest

from embedded_aws.journal import folder
from embedded_aws.journal.file import Changes, JournalError
from embedded_aws.journal.journal import Journal
from embedded_aws.journal.pickling import LARGE_BYTES
from embedded_aws.journal.tracked import TrackedDict, Traits, of_one_request
from tests.embedded_aws.journals import SHARING, held, opened, reopened, store


def entries(at: Path) -> int:
    with sqlite3.connect(at / "journal" / "entries.sqlite") as file:
        return int(file.execute("SELECT count(*) FROM entry").fetchone()[0])


# --- what is kept ------------------------------------------------------------------------------------------


def test_entries_that_are_set_changed_in_place_and_removed(tmp_path: Path) -> None:
    journal = opened(tmp_path)
    roles = store(journal, "roles")
    roles["a"], roles["b"] = {"tags": []}, {"tags": []}
    journal.flush()
    roles["a"]["tags"].append("x")
    del roles["b"]
    journal.flush()
    assert held(reopened(journal, tmp_path))["roles"] == {"a": {"tags": ["x"]}}


def test_order_of_entries_is_kept(tmp_path: Path) -> None:
    journal = opened(tmp_path)
    names = [f"role-{number}" for number in (3, 1, 2)]
    for name in names:
        store(journal, "roles")[name] = {}
    journal.flush()
    store(journal, "roles")["role-3"]["changed"] = True
    journal.flush()
    assert list(store(reopened(journal, tmp_path), "roles")) == names


def test_request_keeps_what_it_changes_after_another_one_was_answered(tmp_path: Path) -> None:
    """It was handed the entry, another request is answered, it changes the entry and is answered itself."""
    journal = opened(tmp_path)
    store(journal, "roles")["a"] = {}
    with of_one_request() as touched:
        role = store(journal, "roles")["a"]
        journal.flush()
        role["late"] = True
        journal.flush()
        assert held(reopened(journal, tmp_path))["roles"] == {"a": {}}
        journal.flush(touched)
    assert held(reopened(journal, tmp_path))["roles"] == {"a": {"late": True}}


def test_what_a_thread_changes_later_is_found_by_the_ticks(tmp_path: Path) -> None:
    journal = opened(tmp_path)
    store(journal, "roles")["a"] = kept = {"state": "RUNNING"}
    journal.tick()
    kept["state"] = "SUCCEEDED"
    for _ in range(4):
        journal.tick()
    assert held(reopened(journal, tmp_path))["roles"] == {"a": {"state": "SUCCEEDED"}}


def test_what_is_inside_an_entry_is_kept_one_by_one(tmp_path: Path) -> None:
    journal = opened(tmp_path)
    buckets = store(journal, "buckets")
    buckets["b"] = {"region": "us-east-1", "objects": {}}
    for number in range(3):
        buckets["b"]["objects"][f"k{number}"] = {"size": number}
    journal.flush()
    assert entries(tmp_path) == 4
    again = reopened(journal, tmp_path)
    objects = store(again, "buckets")["b"]["objects"]
    assert objects == {f"k{number}": {"size": number} for number in range(3)}
    objects["k1"]["size"] = 10
    again.flush()
    assert store(reopened(again, tmp_path), "buckets")["b"]["objects"]["k1"] == {"size": 10}
    del store(again, "buckets")["b"]
    again.flush()
    assert entries(tmp_path) == 0


def test_entry_that_is_made_again_has_nothing_of_the_earlier_one(tmp_path: Path) -> None:
    journal = opened(tmp_path)
    buckets = store(journal, "buckets")
    buckets["b"] = {"objects": {"old": {}}}
    journal.flush()
    del buckets["b"]
    buckets["b"] = {"objects": {"new": {}}}
    journal.flush()
    assert held(reopened(journal, tmp_path))["buckets"] == {"b": {"objects": {"new": {}}}}


def test_large_contents_are_written_once_and_go_with_the_last_that_holds_them(tmp_path: Path) -> None:
    journal = opened(tmp_path)
    roles, code = store(journal, "roles"), bytes(LARGE_BYTES)
    roles["a"], roles["b"] = {"code": code}, {"code": code}
    journal.flush()
    roles["a"]["name"] = "changed"
    journal.flush()
    again = reopened(journal, tmp_path)
    assert held(again)["roles"] == {"a": {"code": code, "name": "changed"}, "b": {"code": code}}

    def blobs() -> int:
        with sqlite3.connect(tmp_path / "journal" / "entries.sqlite") as file:
            return int(file.execute("SELECT count(*) FROM blob").fetchone()[0])

    assert blobs() == 1
    del store(again, "roles")["a"]
    again.flush()
    assert blobs() == 1
    del store(again, "roles")["b"]
    again.flush()
    assert blobs() == 0


def test_variable_that_is_no_store(tmp_path: Path) -> None:
    journal, counted = opened(tmp_path), [1]
    place = (("s", "variables"), "counter")
    journal.adopt_variable(place, lambda: counted[0])
    journal.flush()
    counted[0] = 5
    store(journal, "roles")["a"] = {}
    journal.flush()
    again, read = Journal(folder.open_file(tmp_path), folder.replaced_files(tmp_path), SHARING), []
    again.adopt_variable(place, lambda: 0)
    again.adopt(("s", "roles"), {})
    assert again.restore(lambda at, value: read.append((at, value)))
    assert read == [(place, 5)]


def test_what_services_begin_with_is_there_once_and_not_after_it_was_deleted(tmp_path: Path) -> None:
    """A service that is loaded later, or for the first time after a restart, begins with entries of its own."""

    def begun(*, early: bool) -> Journal:
        journal = Journal(folder.open_file(tmp_path), folder.replaced_files(tmp_path), SHARING)
        journal.adopt(("s", "roles"), {})
        if early:
            journal.adopt(("other", "vpcs"), {"default": {"cidr": "a"}})
        journal.restore(lambda place, value: None)
        if not early:
            journal.adopt(("other", "vpcs"), {"default": {"cidr": "a"}})
        return journal

    def vpcs(journal: Journal) -> TrackedDict:
        return journal.registry.collections["other", "vpcs"]

    first = Journal(folder.open_file(tmp_path), folder.replaced_files(tmp_path), SHARING)
    first.adopt(("s", "roles"), {"r": {}})
    first.flush()
    for early in (True, False):
        assert vpcs(begun(early=early)) == {"default": {"cidr": "a"}}
    second = begun(early=True)
    second.flush()
    assert vpcs(begun(early=True)) == {"default": {"cidr": "a"}}
    del vpcs(second)["default"]
    second.flush()
    for early in (True, False):
        assert vpcs(begun(early=early)) == {}


# --- what entries share ------------------------------------------------------------------------------------


def test_entries_that_hold_one_another_do_so_again(tmp_path: Path) -> None:
    journal = opened(tmp_path)
    roles, parent = store(journal, "roles"), dict[str, Any](children=[])
    child = dict[str, Any](parent=(parent, {}))
    parent["children"].append(child)
    roles["parent"], roles["child"], roles["alias"] = parent, child, parent
    roles["child"]["state"] = "new"
    journal.flush()
    again = store(reopened(journal, tmp_path), "roles")
    assert again["parent"]["children"][0] is again["child"]
    assert again["child"]["parent"][0] is again["parent"]
    assert again["alias"] is again["parent"]
    assert again["child"]["state"] == "new"


def test_entry_that_another_one_holds_outlives_its_own_place(tmp_path: Path) -> None:
    """A training job is deleted; the tuning job that made it still counts it."""
    journal = opened(tmp_path)
    roles, child = store(journal, "roles"), {"state": "Completed"}
    roles["child"], roles["parent"] = child, {"children": [child]}
    journal.flush()
    del roles["child"]
    journal.flush()
    assert held(reopened(journal, tmp_path))["roles"] == {"parent": {"children": [{"state": "Completed"}]}}


def test_entry_that_outlives_its_place_keeps_what_was_inside_it(tmp_path: Path) -> None:
    journal = opened(tmp_path)
    store(journal, "buckets")["a"] = {"objects": {"old": 1}}
    store(journal, "roles")["b"] = {"shared": store(journal, "buckets")["a"]}
    journal.flush()
    store(journal, "buckets")["a"] = {"objects": {"new": 2}}
    journal.flush()
    again = reopened(journal, tmp_path)
    assert held(again) == held(journal)
    assert store(again, "roles")["b"] == {"shared": {"objects": {"old": 1}}}


def test_copies_of_tracked_dictionaries_are_ordinary_ones(tmp_path: Path) -> None:
    journal = opened(tmp_path)
    store(journal, "buckets")["b"] = {"objects": {"k": {}}}
    assert type(copy.deepcopy(store(journal, "buckets")["b"])["objects"]) is dict
    assert type(copy.copy(store(journal, "buckets"))) is dict


# --- what cannot be kept -----------------------------------------------------------------------------------


def test_what_no_file_can_hold_is_named_and_keeps_nothing_else_from_being_written(tmp_path: Path) -> None:
    journal = opened(tmp_path)
    roles = store(journal, "roles")
    roles["bad"], roles["good"] = {"lock": threading.Lock()}, {"messages": deque([1])}
    with pytest.raises(JournalError, match=r"cannot keep .*'roles'.*'bad'.*lock"):
        journal.flush()
    del roles["bad"]
    journal.flush()
    assert held(reopened(journal, tmp_path))["roles"] == {"good": {"messages": deque([1])}}


def test_key_that_cannot_be_named_is_refused(tmp_path: Path) -> None:
    journal = opened(tmp_path)
    store(journal, "roles")[object] = {}
    with pytest.raises(JournalError, match="no key that can be read again"):
        journal.flush()


def test_store_that_is_no_longer_there_is_refused(tmp_path: Path) -> None:
    journal = opened(tmp_path)
    store(journal, "roles")["a"] = {}
    journal.flush()
    other = Journal(folder.open_file(tmp_path), folder.replaced_files(tmp_path), Traits())
    with pytest.raises(JournalError, match="which this engine does not know"):
        other.restore(lambda place, value: None)


def test_journal_of_another_layout_is_refused(tmp_path: Path) -> None:
    folder.open_file(tmp_path).write(Changes(notes={"layout": "0"}))
    with pytest.raises(JournalError, match="has layout 0, this engine reads"):
        folder.open_file(tmp_path)


def test_journal_of_another_emulator_is_refused(tmp_path: Path) -> None:
    folder.open_file(tmp_path, "emulator 1.0").close()
    folder.open_file(tmp_path, "emulator 1.0").close()
    with pytest.raises(JournalError, match=r"emulator 1\.0, this engine reads .*emulator 2\.0"):
        folder.open_file(tmp_path, "emulator 2.0")


def test_file_that_is_no_journal_is_refused(tmp_path: Path) -> None:
    (tmp_path / "journal").mkdir()
    (tmp_path / "journal" / "entries.sqlite").write_bytes(b"something else" * 1000)
    with pytest.raises(JournalError, match="is no journal of the embedded AWS"):
        folder.open_file(tmp_path)


def test_port_of_an_account_stays(tmp_path: Path) -> None:
    file = folder.open_file(tmp_path)
    assert folder.port_to_serve(file, 4000) == 4000
    folder.remember_port(file, 4000)
    assert (folder.port_to_serve(file, 0), folder.port_to_serve(file, 4000)) == (4000, 4000)
    with pytest.raises(JournalError, match=r"is served on port 4000, .* not on 5000"):
        folder.port_to_serve(file, 5000)


def test_only_an_engines_own_things_are_tidied_away(tmp_path: Path) -> None:
    for name in ("jobs", "tmp", "notebooks", "s3", "mine"):
        (tmp_path / name).mkdir()
    (tmp_path / "engine.json").touch()
    file = folder.open_file(tmp_path)
    folder.tidy(tmp_path, file)
    assert (tmp_path / "jobs").exists()  # no engine has been here: they are somebody else's
    folder.remember_port(file, 4000)
    folder.tidy(tmp_path, file)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["journal", "mine", "notebooks", "s3"]


def test_folder_for_a_fresh_engine_must_be_fresh(tmp_path: Path) -> None:
    folder.refuse_used(tmp_path)
    (tmp_path / "s3").mkdir()
    with pytest.raises(JournalError, match="holds the state of an earlier engine"):
        folder.refuse_used(tmp_path)
