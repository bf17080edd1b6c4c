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
from embedded_aws.journal.tracked import of_one_request

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
            sent = False
            failed = False

            async def send_kept(message: MutableMapping[str, Any]) -> None:
                nonlocal sent, failed
                if failed:
                    return
                try:
                    journal.flush(touched)
                except JournalError as error:
                    _log.exception("a response was held back")
                    failed = True
                    if sent:
                        raise
                    await _refuse(send, str(error))
                    return
                sent = True
                await send(message)

            await app(scope, receive, send_kept)

    return answer


async def _keep_flushing(journal: Journal) -> None:
    """Write what changes in the background, until cancelled."""
    while True:
        await asyncio.sleep(_TICK_SECONDS)
        try:
            journal.tick()
        except JournalError:
            _log.exception("the journal is behind")


async def _refuse(send: Send, text: str) -> None:
    body = json.dumps({"__type": "InternalFailure", "message": text}).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": 500, "headers": headers})
    await send({"type": "http.response.body", "body": body})
