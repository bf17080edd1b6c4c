"""A loopback server for sandboxes: credentials of a role, and the way from a presigned URL to JupyterLab.

- `GET /credentials/ID` with the sandbox's token answers like the container credentials endpoint of AWS; SDKs and
  the command line find it by AWS_CONTAINER_CREDENTIALS_FULL_URI and AWS_CONTAINER_AUTHORIZATION_TOKEN.
- `GET /notebook-instances/NAME[/PATH]?authToken=T&view=lab` leads, for five minutes after T was given, to JupyterLab
  with its own token. AWS serves the notebook under this address; here the browser moves on to the instance's port.
  Without a path or `view=lab` AWS opens the home page of the classic Jupyter, which is not here: that is answered.
"""

from __future__ import annotations

import hmac
import json
import secrets
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

from embedded_aws.clock import URL_SECONDS, Clock
from embedded_aws.sagemaker.errors import AwsError
from embedded_aws.sagemaker.ports import Credentials

POLL_SECONDS = 0.05


@dataclass(frozen=True)
class Grant:
    """What a sandbox needs to fetch its role's credentials; `close` it when the sandbox ends."""

    variables: Mapping[str, str]
    close: Callable[[], None]


@dataclass(frozen=True)
class _Invitation:
    """A presigned URL's other end."""

    notebook: str
    target: str
    until: float


@dataclass(frozen=True)
class _Answer:
    """What a request is answered with."""

    status: int
    body: str
    headers: Mapping[str, str]


class Doors:
    """The server; it listens from its construction until `close`."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._grants: dict[str, tuple[str, str, Callable[[], Credentials]]] = {}
        self._invitations: dict[str, _Invitation] = {}
        self._lock = threading.Lock()
        self._server = _Server(("127.0.0.1", 0), _handler(self.answer))
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(POLL_SECONDS,), name="doors", daemon=True
        )
        self._thread.start()

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self._server.server_port}"

    def grant(self, role_arn: str, session: Callable[[], Credentials]) -> Grant:
        """Let a sandbox ask for credentials; `session` gives fresh ones, or AwsError when the role is gone."""
        number, token = secrets.token_hex(8), secrets.token_urlsafe(32)
        with self._lock:
            self._grants[number] = (token, role_arn, session)
        variables = {
            "AWS_CONTAINER_CREDENTIALS_FULL_URI": f"{self.url}/credentials/{number}",
            "AWS_CONTAINER_AUTHORIZATION_TOKEN": token,
        }
        return Grant(variables, lambda: self._withdraw(number))

    def _withdraw(self, number: str) -> None:
        with self._lock:
            self._grants.pop(number, None)

    def invite(self, notebook: str, target: str) -> str:
        """A URL that leads, with `view=lab`, to `target` (JupyterLab's address with its token) for five minutes."""
        token = secrets.token_urlsafe(48)
        with self._lock:
            now = time.monotonic()
            self._invitations = {key: held for key, held in self._invitations.items() if held.until > now}
            self._invitations[token] = _Invitation(notebook, target, now + self._clock.limit(URL_SECONDS))
        return f"{self.url}/notebook-instances/{notebook}?authToken={token}"

    def close(self) -> None:
        """Stop listening."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def answer(self, path: str, authorization: str) -> _Answer:
        """Answer a GET."""
        parts = urlsplit(path)
        kind, _, rest = parts.path.lstrip("/").partition("/")
        if kind == "credentials":
            return self._credentials(rest, authorization)
        if kind == "notebook-instances":
            asked = {name: values[0] for name, values in parse_qs(parts.query).items()}
            return self._lead(rest, asked.get("authToken", ""), asked.get("view", ""))
        return _Answer(404, "Not found", {})

    def _credentials(self, number: str, authorization: str) -> _Answer:
        with self._lock:
            token, role_arn, session = self._grants.get(number, ("", "", None))
        if session is None or not hmac.compare_digest(token.encode(), authorization.encode()):
            return _json(403, {"code": "AccessDenied", "message": "These credentials are not for whoever asks."})
        try:
            held = session()
        except AwsError as error:
            return _json(400, {"code": error.code, "message": error.message})
        body = {
            "RoleArn": role_arn,
            "AccessKeyId": held.access_key_id,
            "SecretAccessKey": held.secret_access_key,
            "Token": held.session_token,
            "Expiration": held.expiration.strftime("%Y-%m-%dT%H:%M:%SZ"),
        }
        return _json(200, body)

    def _lead(self, rest: str, token: str, view: str) -> _Answer:
        notebook, _, path = rest.partition("/")
        with self._lock:
            held = self._invitations.get(token)
        if held is None or held.notebook != notebook or held.until < time.monotonic():
            return _Answer(403, "This URL has expired or is not valid: ask for a new one.", {})
        if not path and view != "lab":
            return _Answer(501, "Jupyter's home page is not here, only JupyterLab: add &view=lab to this URL.", {})
        target = urlsplit(held.target)
        return _Answer(302, "", {"Location": target._replace(path=f"/{path}" if path else target.path).geturl()})


def _json(status: int, body: Mapping[str, str]) -> _Answer:
    return _Answer(status, json.dumps(body), {"Content-Type": "application/json"})


class _Server(ThreadingHTTPServer):
    """A class of sandboxes may knock at once."""

    request_queue_size = 128
    daemon_threads = True


def _handler(answer: Callable[[str, str], _Answer]) -> type[BaseHTTPRequestHandler]:
    """A request handler that answers GETs with a function."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            given = answer(self.path, self.headers.get("Authorization", ""))
            body = given.body.encode()
            self.send_response(given.status)
            for name, value in {"Content-Length": str(len(body)), **given.headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 # the base class names it so
            """Paths hold tokens: nothing is logged."""

    return Handler
