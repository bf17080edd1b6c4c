"""Nothing is sent before it is written; and objects are whole if the engine dies between the two."""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import subprocess
from collections.abc import Callable, Iterator, MutableMapping
from pathlib import Path
from typing import Any, cast
from unittest.mock import Mock

import pytest
from botocore.exceptions import BotoCoreError

from embedded_aws import launcher
from embedded_aws.front_door import App, Receive, Scope, Send
from embedded_aws.journal import acknowledging as acknowledging_module
from embedded_aws.journal.acknowledging import acknowledging
from embedded_aws.journal.file import JournalError
from embedded_aws.journal.journal import Journal
from embedded_aws.journal.tracked import Place, Registry, Traits
from embedded_aws.runtime.environments import Environment
from tests.embedded_aws.account import Account
from tests.embedded_aws.kept import KeptEngine
from tests.embedded_aws.waiting import eventually

ROOT = Path(__file__).parent.parent.parent
START = {"type": "http.response.start", "status": 200, "headers": []}
PLACE: Place = (("s", "roles"), "a")

# --- the order of things -----------------------------------------------------------------------------------


class Noted:
    """Stands for the journal: notes what is written, and cannot keep what it is told to refuse."""

    def __init__(self, refuse_at: int = 0) -> None:
        self.registry = Registry(Traits())
        self.happened: list[object] = []
        self._refuse_at = refuse_at
        self._flushes = 0

    def flush(self, touched: set[Place]) -> None:
        """As the journal's."""
        self._flushes += 1
        if self._flushes == self._refuse_at:
            raise JournalError("no room")
        self.happened.append(sorted(touched))


def answered(journal: Noted, *bodies: bytes) -> list[object]:
    """What happens when an application touches an entry before each part of its answer."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        del scope, receive
        await send(dict(START))
        for number, body in enumerate(bodies):
            journal.registry.note((PLACE[0], f"{number}"))
            more = number < len(bodies) - 1
            await send({"type": "http.response.body", "body": body, "more_body": more})

    async def send(message: MutableMapping[str, Any]) -> None:
        journal.happened.append(message.get("body", message.get("status")))

    async def receive() -> MutableMapping[str, Any]:
        return {"type": "http.request"}

    wrapped: App = acknowledging(app, cast("Journal", journal))
    asyncio.run(wrapped({"type": "http", "path": "/"}, receive, send))  # type: ignore[arg-type] # a coroutine
    return journal.happened


def test_what_a_request_touched_is_written_before_each_part_of_its_answer() -> None:
    address = PLACE[0]
    assert answered(Noted(), b"one", b"two") == [
        [(address, "0")],
        200,
        b"one",
        [(address, "0"), (address, "1")],
        b"two",
    ]


def test_what_cannot_be_kept_is_answered_as_a_failure() -> None:
    status, body = answered(Noted(refuse_at=1), b"one", b"two")
    assert status == 500
    assert json.loads(cast("bytes", body)) == {"__type": "InternalFailure", "message": "no room"}


def test_answer_that_has_begun_breaks_off() -> None:
    journal = Noted(refuse_at=2)
    with pytest.raises(JournalError, match="no room"):
        answered(journal, b"one", b"two")
    assert b"two" not in journal.happened


def test_tick_that_fails_is_not_the_last(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(acknowledging_module, "_TICK_SECONDS", 0)
    ticks: list[int] = []
    ticked_again = asyncio.Event()

    class Failing:
        def tick(self) -> None:
            ticks.append(len(ticks))
            if len(ticks) == 1:
                raise RuntimeError("dictionary changed size during iteration")
            ticked_again.set()

    async def app(*_: object) -> None:
        await asyncio.wait_for(ticked_again.wait(), timeout=10)

    wrapped = acknowledging(cast("App", app), cast("Journal", Failing()))
    asyncio.run(wrapped({"type": "lifespan"}, Mock(), Mock()))  # type: ignore[arg-type] # a coroutine
    assert ticks[:2] == [0, 1]


# --- death between an object's file and its record ---------------------------------------------------------

# The engine itself, but it dies before or after its journal writes, as soon as the file of the last argument exists.
DIES = """
import os, sys
from embedded_aws.journal.file import JournalFile

moment, flag = sys.argv[1], sys.argv.pop()
write = JournalFile.write

def write_and_die(self, changes):
    about_objects = any("s3" in repr(row.place) for row in changes.rows) or "s3" in repr(changes.gone)
    dies = os.path.exists(flag) and about_objects
    if dies and moment == "before":
        os._exit(9)
    write(self, changes)
    if dies:
        os._exit(9)

JournalFile.write = write_and_die
del sys.argv[1]
from embedded_aws.__main__ import main
main()
"""
Serve = Callable[[str], Account]


@pytest.fixture
def dying(tmp_path: Path, environments: Path) -> Iterator[Serve]:
    """Starts an engine that dies when the journal writes, once `tmp_path/flag` is there."""
    state, served = tmp_path / "state", []

    def serve(moment: str) -> Account:
        python = Environment("engine", ROOT / "embedded_aws" / "requirements.txt", environments).python
        options = ["--state", str(state), "--environments", str(environments)]
        command = [str(python), "-c", DIES, moment, *options, str(tmp_path / "flag")]
        variables = os.environ | {launcher.STATE_VARIABLE: str(state)}  # it is the engine: it need not hand over
        served.append(subprocess.Popen(command, cwd=ROOT, stderr=subprocess.DEVNULL, env=variables))
        eventually((state / "engine.json").exists, seconds=30)
        port = json.loads((state / "engine.json").read_text())["port"]
        key = json.loads((state / "root.json").read_text())
        pair, pid = (key["access_key_id"], key["secret_access_key"]), served[-1].pid
        place = (f"http://127.0.0.1:{port}", launcher.ACCOUNT, launcher.REGION)
        return Account(launcher.Engine(*place, *pair, pid, state))

    yield serve
    for process in served:
        process.kill()
        process.wait()


CHANGES: dict[str, Callable[[Any, str], object]] = {
    "replaced": lambda s3, bucket: s3.put_object(Bucket=bucket, Key="k", Body=b"new"),
    "deleted": lambda s3, bucket: s3.delete_object(Bucket=bucket, Key="k"),
    "made": lambda s3, bucket: s3.put_object(Bucket=bucket, Key="other", Body=b"new"),
}


@pytest.mark.parametrize("versioned", [False, True])
@pytest.mark.parametrize("what", list(CHANGES))
@pytest.mark.parametrize("moment", ["before", "after"])
def test_object_is_the_old_or_the_new_one_and_whole(
    tmp_path: Path, environments: Path, dying: Serve, moment: str, what: str, *, versioned: bool
) -> None:
    """PutObject: "Amazon S3 never adds partial objects" (Amazon S3 API Reference)."""
    dead = dying(moment)
    s3 = dead.client("s3")
    s3.create_bucket(Bucket="it-is")
    if versioned:
        s3.put_bucket_versioning(Bucket="it-is", VersioningConfiguration={"Status": "Enabled"})
    old = s3.put_object(Bucket="it-is", Key="k", Body=b"the old one")
    before = s3.list_object_versions(Bucket="it-is")
    (tmp_path / "flag").touch()
    with pytest.raises(BotoCoreError):
        CHANGES[what](s3, "it-is")
    os.waitpid(dead.engine.pid, 0)
    kept = KeptEngine(tmp_path / "state", environments)
    s3, found = kept.account.client("s3"), {}
    for item in s3.list_objects_v2(Bucket="it-is").get("Contents", []):
        answer = s3.get_object(Bucket="it-is", Key=item["Key"])
        found[item["Key"]] = answer["Body"].read()
        assert answer["ETag"].strip('"') == hashlib.md5(found[item["Key"]]).hexdigest()  # noqa: S324 # as S3 does
    after = {"replaced": {"k": b"new"}, "deleted": {}, "made": {"k": b"the old one", "other": b"new"}}
    assert found == ({"k": b"the old one"} if moment == "before" else after[what])
    if moment == "before":
        assert s3.list_object_versions(Bucket="it-is").get("Versions") == before["Versions"]
    if versioned:
        version = s3.get_object(Bucket="it-is", Key="k", VersionId=old["VersionId"])
        assert version["Body"].read() == b"the old one"
    kept.end()
