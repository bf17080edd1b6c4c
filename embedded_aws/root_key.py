"""The account root's access key, in a file of the state folder that only this user can read. Standard library only."""

from __future__ import annotations

import json
import secrets
from pathlib import Path

_FILE = "root.json"


def make(state: Path) -> tuple[str, str]:
    """A fresh key: its id and its secret."""
    key_id, secret = "AKIA" + secrets.token_hex(8).upper(), secrets.token_urlsafe(30)
    path = state / _FILE
    path.touch(mode=0o600)
    path.write_text(json.dumps({"access_key_id": key_id, "secret_access_key": secret}))
    return key_id, secret


def read_or_make(state: Path) -> tuple[str, str]:
    """The key that whoever starts the engine made, else a fresh one."""
    path = state / _FILE
    if not path.exists():
        return make(state)
    held = json.loads(path.read_text())
    return held["access_key_id"], held["secret_access_key"]
