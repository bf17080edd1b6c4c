"""Where faults strike: in front of every service, whatever its protocol, for calls of services to each other too.

A lost answer is the ASGI message `HANG_UP`, which the server understands (embedded_aws/hanging_up.py).
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from dataclasses import dataclass
from typing import Any

from embedded_aws.faults.answers import Answer, answer, protocol_of
from embedded_aws.faults.rules import Fault, Faults, Request

HANG_UP = "embedded.hang_up"
_OWN = "/_"
"""The beginning of paths that belong to no service's API."""
_READ_BYTES = 8 << 20
"""Larger bodies are objects and code: what they are about is in their paths."""

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[MutableMapping[str, Any], Receive, Send], Awaitable[None]]


@dataclass(frozen=True)
class Asked:
    """An HTTP request; names of headers are in lower case."""

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes


Recognise = Callable[[Asked], Request]
"""Whose request it is, and about what."""
Tell = Callable[[Asked, Answer], None]
"""Told of a request that a fault has refused: no service hears of it."""


def fault_door(app: App, faults: Faults, recognise: Recognise, tell: Tell) -> App:
    """Wrap an application so that the faults asked for strike its requests."""

    async def serve(scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"].startswith(_OWN) or not faults.strike_requests:
            await app(scope, receive, send)
            return
        body, receive = await _read(scope, receive)
        asked = _asked(scope, body)
        request = recognise(asked)
        struck = faults.struck(request)
        if struck:
            await _struck(struck, asked, request, tell, app, scope, receive, send)
        else:
            await app(scope, receive, send)

    return serve


async def _struck(
    struck: list[Fault],
    asked: Asked,
    request: Request,
    tell: Tell,
    app: App,
    scope: Message,
    receive: Receive,
    send: Send,
) -> None:
    """Carry out, or do not, and answer late, wrongly or never."""
    late = _delayed(send, sum(fault.seconds for fault in struck))
    refused = next((fault for fault in struck if fault.kind in {"throttle", "error", "denied"}), None)
    if refused:
        await _drain(receive)
        given = answer(refused.kind, request, protocol_of(asked.headers, asked.query, request.namespace))
        tell(asked, given)
        await _send(late, given, head=asked.method == "HEAD")
    elif any(fault.kind == "lost" for fault in struck):
        await app(scope, receive, _nowhere)
        await send({"type": HANG_UP})
    else:
        await app(scope, receive, late)


def _asked(scope: Message, body: bytes) -> Asked:
    headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
    return Asked(scope["method"], scope["path"], scope.get("query_string", b"").decode("latin-1"), headers, body)


async def _read(scope: Message, receive: Receive) -> tuple[bytes, Receive]:
    """The body, unless it is large, and who gives it once more."""
    size = dict(scope["headers"]).get(b"content-length", b"")
    if not size.isdigit() or int(size) > _READ_BYTES:
        return b"", receive
    held: list[Message] = [await receive()]
    while held[-1].get("more_body", False):
        held.append(await receive())

    async def again() -> Message:
        return held.pop(0) if held else await receive()

    return b"".join(message.get("body", b"") for message in held), again


async def _drain(receive: Receive) -> None:
    """Who still sends does not listen."""
    while (await receive()).get("more_body", False):
        continue


async def _nowhere(_: Message) -> None:
    """Where a lost answer goes."""


def _delayed(send: Send, seconds: float) -> Send:
    """What sends the beginning of an answer so much later."""
    if not seconds:
        return send

    async def later(message: Message) -> None:
        if message["type"] == "http.response.start":
            await asyncio.sleep(seconds)
        await send(message)

    return later


async def _send(send: Send, given: Answer, *, head: bool) -> None:
    headers = [(name.encode(), value.encode()) for name, value in given.headers.items()]
    await send({"type": "http.response.start", "status": given.status, "headers": headers})
    await send({"type": "http.response.body", "body": b"" if head else given.body})
