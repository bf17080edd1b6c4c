"""The journal without an engine: what a death leaves, in it and in files beside it."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from embedded_aws.journal.file import Changes, JournalFile, Row
from embedded_aws.journal.replaced_files import ReplacedFiles
from tests.embedded_aws.journals import held, opened, reopened, store

ROOT = Path(__file__).parent.parent.parent


# --- deaths ------------------------------------------------------------------------------------------------

WRITES_FOR_EVER = """
import sys
from pathlib import Path
from embedded_aws.journal import folder
from embedded_aws.journal.journal import Journal
from embedded_aws.journal.tracked import Traits

at = Path(sys.argv[1])
journal = Journal(folder.open_file(at), folder.replaced_files(at), Traits())
store = journal.adopt(("s", "roles"), {})
journal.restore(lambda place, value: None)
number = len(store)
while True:
    store[number] = {"number": number, "content": "x" * 2000}
    if number:
        store[number - 1]["next"] = number
    journal.flush()
    print(number, flush=True)
    number += 1
"""


@pytest.mark.parametrize("acknowledged", [1, 50, 400])
def test_writer_that_is_killed_has_written_what_it_said(tmp_path: Path, acknowledged: int) -> None:
    for time in (1, 2):
        command = [sys.executable, "-c", WRITES_FOR_EVER, str(tmp_path)]
        with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as writer:
            assert writer.stdout
            said = [int(writer.stdout.readline()) for _ in range(acknowledged)][-1]
            writer.kill()
        found = store(opened(tmp_path), "roles")
        assert list(found) == list(range(len(found)))
        assert len(found) > said >= time * acknowledged - 1
        assert all(found[number]["next"] == number + 1 for number in range(len(found) - 1))


def test_transaction_that_was_cut_off_is_not_there_and_those_before_are(tmp_path: Path) -> None:
    journal = opened(tmp_path)
    store(journal, "roles")["first"] = {}
    journal.flush()
    log = tmp_path / "journal" / "entries.sqlite-wal"
    until = log.stat().st_size
    store(journal, "roles").update({f"role-{number}": {"x": "x" * 500} for number in range(100)})
    journal.flush()
    cut = tmp_path / "cut"
    (cut / "journal").mkdir(parents=True)
    for path in (log.parent / "entries.sqlite", log):
        (cut / "journal" / path.name).write_bytes(path.read_bytes())
    with (cut / "journal" / log.name).open("r+b") as half:
        half.truncate(until + (log.stat().st_size - until) // 2)
    assert held(opened(cut))["roles"] == {"first": {}}


# --- old files of objects ----------------------------------------------------------------------------------


def replace_file(replaced: ReplacedFiles, path: Path, content: str | None) -> None:
    replaced.keep(str(path))
    if content is None:
        path.unlink()
    else:
        path.with_suffix(".new").write_text(content)
        path.with_suffix(".new").replace(path)


@pytest.mark.parametrize("content", ["new", None])
def test_file_that_was_replaced_without_the_journal_knowing_comes_back(tmp_path: Path, content: str | None) -> None:
    journal, path = opened(tmp_path), tmp_path / "object"
    path.write_text("old")
    replace_file(journal.replaced, path, content)
    replace_file(journal.replaced, path, "newer") if content else None
    reopened(journal, tmp_path)
    assert path.read_text() == "old"
    assert list((tmp_path / "journal" / "replaced").iterdir()) == []


def test_file_that_was_replaced_with_the_journal_knowing_stays(tmp_path: Path) -> None:
    journal, path = opened(tmp_path), tmp_path / "object"
    path.write_text("old")
    replace_file(journal.replaced, path, "new")
    store(journal, "roles")["object"] = {"etag": "of the new one"}
    journal.replaced.settle = lambda until: None  # type: ignore[method-assign] # dies after the transaction
    journal.flush()
    again = reopened(journal, tmp_path)
    assert path.read_text() == "new"
    replace_file(again.replaced, path, "newest")
    reopened(again, tmp_path)
    assert path.read_text() == "new"


# --- any series of changes ---------------------------------------------------------------------------------


def test_file_writes_all_or_nothing(tmp_path: Path) -> None:
    file = JournalFile(tmp_path / "entries.sqlite")
    unwritable: Any = object()
    with pytest.raises(sqlite3.Error):
        file.write(Changes(rows=[Row((("s", "roles"), "a"), "", b"")], notes={"a": unwritable}))
    assert list(file.rows()) == []
