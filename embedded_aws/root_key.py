"""The account root's access key, in a file of the state folder that only this user can read. Standard library only."""

from __future__ import annotations

import json
import secrets
from pathlib import Path

from embedded_aws.journal.file import JournalError

_FILE = "root.json"


def make(state: Path) -> tuple[str, str]:
    """A fresh key: its id and its secret."""
    key_id, secret = "AKIA" + secrets.token_hex(8).upper(), secrets.token_urlsafe(30)
    draft = state / f"{_FILE}.new"
    draft.touch(mode=0o600)
    draft.write_text(json.dumps({"access_key_id": key_id, "secret_access_key": secret}))
    draft.replace(state / _FILE)  # who is killed here leaves no half of it
    return key_id, secret


def read_or_make(state: Path) -> tuple[str, str]:
    """The key that whoever starts the engine made, else a fresh one; JournalError if its file holds none."""
    path = state / _FILE
    if not path.exists():
        return make(state)
    try:
        held = json.loads(path.read_text())
        return held["access_key_id"], held["secret_access_key"]
    except (ValueError, TypeError, KeyError) as error:
        raise JournalError(f"{path} holds no root key: put it back, or remove it for a new one") from error
