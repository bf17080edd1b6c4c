"""Serves files so that a part of a large one is read without the rest, and a large part is sent in pieces."""

from __future__ import annotations

import mmap
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

_LARGE = 1 << 20
Send = Callable[[dict[str, Any]], Awaitable[None]]


def read_file(path: Path) -> bytes | memoryview:
    """A file's content; a large one is mapped, and slices of it read only what they hold."""
    with path.open("rb") as file:
        if path.stat().st_size < _LARGE:
            return file.read()
        return memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))


def is_large(body: object) -> bool:
    """Whether a body is better sent in pieces."""
    return isinstance(body, memoryview) and len(body) > _LARGE


async def send_pieces(body: memoryview, send: Send, _receive: object) -> None:
    """Send a body in ASGI messages of a megabyte."""
    for start in range(0, len(body), _LARGE):
        piece = bytes(body[start : start + _LARGE])
        await send({"type": "http.response.body", "body": piece, "more_body": True})
    await send({"type": "http.response.body", "body": b"", "more_body": False})
