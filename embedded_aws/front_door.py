"""The ASGI front door: the engine's own routes, and no way to the emulator's administration. No emulator import."""

from __future__ import annotations

import hmac
import json
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]
Control = Callable[[str, str, bytes], tuple[int, dict[str, Any]]]
"""Method, path and body to status and content."""

# Administration that would let anybody reset, inspect or reconfigure the engine without credentials.
_CLOSED = ("/_ministack/", "/_localstack/", "/health")
# Addresses of one use that the emulator hands out itself: a custom resource's answer, a wait condition's signal.
_OPEN = ("/_ministack/cfn-response/", "/_ministack/cfn-signal/", "/_ministack/lambda-")


def front_door(app: App, inventory: Callable[[], list[dict[str, str]]], control: Control, secret: str) -> App:
    """Wrap the emulator's application with `/_embedded/health`, `/_embedded/inventory` and the control's routes."""

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        path = scope.get("path", "")
        if scope["type"] == "lifespan" or not path.startswith(("/_", "/health")):
            await app(scope, receive, send)
        elif path == "/_embedded/health":
            await _reply(send, 200, {"status": "ok"})
        elif path.startswith("/_embedded/") and not _authorized(scope, secret):
            await _reply(send, 403, {"message": f"{path} is for the account's root: send its secret"})
        elif path == "/_embedded/inventory":
            await _reply(send, 200, {"items": inventory()})
        elif path.startswith("/_embedded/"):
            await _reply(send, *control(scope["method"], path, await _body(receive)))
        elif path.startswith(_CLOSED) and not path.startswith(_OPEN):
            await _reply(send, 404, {"message": f"{path} is not served"})
        else:
            await app(scope, receive, send)

    return answer


def _authorized(scope: Scope, secret: str) -> bool:
    given = dict(scope["headers"]).get(b"authorization", b"")
    return hmac.compare_digest(given, f"Bearer {secret}".encode())


async def _body(receive: Receive) -> bytes:
    parts = [message := await receive()]
    while message.get("more_body", False):
        parts.append(message := await receive())
    return b"".join(part.get("body", b"") for part in parts)


async def _reply(send: Send, status: int, content: dict[str, Any]) -> None:
    body = json.dumps(content).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
