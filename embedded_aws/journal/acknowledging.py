"""Between the services and the wire: what a response says is written before it leaves."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import MutableMapping
from typing import Any

from embedded_aws.front_door import App, Receive, Scope, Send
from embedded_aws.journal.file import JournalError
from embedded_aws.journal.journal import Journal
from embedded_aws.journal.tracked import Place, of_one_request

_TICK_SECONDS = 0.25
_log = logging.getLogger(__name__)


def acknowledging(app: App, journal: Journal) -> App:
    """Flush the journal before each message of a response, and between them for what goes on in the background.

    What cannot be kept is answered with status 500.
    """

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            flushing = asyncio.create_task(_keep_flushing(journal))
            await app(scope, receive, send)
            flushing.cancel()
            return
        if scope["type"] != "http":
            await app(scope, receive, send)
            return
        with of_one_request() as touched:
            await app(scope, receive, _Kept(send, journal, touched))

    return answer


async def _keep_flushing(journal: Journal) -> None:
    """Write what changes in the background, until cancelled."""
    said = ""
    while True:
        await asyncio.sleep(_TICK_SECONDS)
        try:
            journal.tick()
        except Exception as error:  # noqa: BLE001 # whatever keeps one tick from writing, the next one tries again
            if str(error) != said:
                said = str(error)
                _log.exception("the journal is behind")


class _Kept:
    """Sends a response's messages once the journal has what they say; the first waits for the beginning of the body."""

    def __init__(self, send: Send, journal: Journal, touched: set[Place]) -> None:
        self._send = send
        self._journal = journal
        self._touched = touched
        self._start: MutableMapping[str, Any] | None = None
        self._refused = False

    async def __call__(self, message: MutableMapping[str, Any]) -> None:
        if self._refused:
            return
        if message["type"] == "http.response.start":
            self._start = message
            return
        try:
            self._journal.flush(self._touched)
        except JournalError as error:
            _log.exception("a response was held back")
            await self._refuse(str(error))
            return
        if self._start is not None:
            await self._send(self._start)
            self._start = None
        await self._send(message)

    async def _refuse(self, text: str) -> None:
        """Status 500; a response that has begun can only break off."""
        if self._start is None:
            raise JournalError(text)
        self._refused = True
        body = json.dumps({"__type": "InternalFailure", "message": text}).encode()
        headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
        await self._send({"type": "http.response.start", "status": 500, "headers": headers})
        await self._send({"type": "http.response.body", "body": body})
