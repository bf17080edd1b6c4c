"""The web server of a model container: one thread for each connection, refusals and failures as HTTP answers."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

JSON, CSV, NPY, OCTETS = "application/json", "text/csv", "application/x-npy", "application/octet-stream"
TEXT = "text/plain"


@dataclass(frozen=True)
class Request:
    """One request; the names of headers are in lower case."""

    method: str
    path: str
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def content_type(self) -> str:
        """What the body says it is."""
        return self.headers.get("content-type", OCTETS)

    @property
    def kind(self) -> str:
        """The content type without its parameters."""
        return self.content_type.split(";")[0].strip().lower()

    @property
    def accept(self) -> str:
        """What is asked for, empty if that is anything."""
        first = self.headers.get("accept", "").split(",")[0].split(";")[0].strip()
        return "" if first == "*/*" else first


@dataclass(frozen=True)
class Reply:
    """One answer."""

    body: bytes = b""
    content_type: str = OCTETS
    status: int = 200


class RefusedError(Exception):
    """A request that is not answered; `status` is the HTTP one (400, 406, 415)."""

    def __init__(self, status: int, text: str, content_type: str = TEXT) -> None:
        super().__init__(text)
        self.status = status
        self.content_type = content_type


Handle = Callable[[Request], Reply]


class Server(ThreadingHTTPServer):
    """On a free port of the loopback address; many may come at once."""

    request_queue_size = 128
    daemon_threads = True
    handle: Handle

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)

    def serve(self, handle: Handle, port_file: Path) -> None:
        """Say where, then answer until the process ends."""
        self.handle = handle
        port_file.with_suffix(".new").write_text(str(self.server_port))
        port_file.with_suffix(".new").rename(port_file)
        self.serve_forever()


def answer(handle: Handle, request: Request) -> Reply:
    """The reply of a handler, whatever happens in it; the traceback of a failure goes to the log."""
    try:
        return handle(request)
    except RefusedError as error:
        return Reply(str(error).encode(), error.content_type, error.status)
    except Exception as error:  # noqa: BLE001 # what a model does is not ours
        traceback.print_exc()
        return Reply("".join(traceback.format_exception_only(error)).strip().encode(), TEXT, 500)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: Server

    def do_GET(self) -> None:
        self._answer()

    def do_POST(self) -> None:
        self._answer()

    def _answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        headers = {name.lower(): value for name, value in self.headers.items()}
        reply = answer(self.server.handle, Request(self.command, self.path, body, headers))
        self.send_response(reply.status)
        self.send_header("Content-Type", reply.content_type)
        self.send_header("Content-Length", str(len(reply.body)))
        self.end_headers()
        self.wfile.write(reply.body)


def routed(invocations: Handle) -> Handle:
    """GET /ping and POST /invocations, as every model container has them."""

    def handle(request: Request) -> Reply:
        if (request.method, request.path) == ("GET", "/ping"):
            return Reply()
        if (request.method, request.path) == ("POST", "/invocations"):
            return invocations(request)
        return Reply(status=404)

    return handle
