"""JupyterLab as a browser uses it: through a presigned URL, by cookies, over REST and a kernel's websocket."""

from __future__ import annotations

import json
import uuid
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

import httpx
from websockets.sync.client import connect


class Door:
    """A browser session with a notebook instance: JupyterLab, not the home page that AWS's URL opens by itself."""

    def __init__(self, url: str) -> None:
        self._client = httpx.Client(follow_redirects=True, timeout=60, trust_env=False)
        self.page = self._client.get(f"{url}&view=lab")
        parts = urlsplit(str(self.page.url))
        self.address = f"{parts.scheme}://{parts.netloc}"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._client.close()

    def ask(self, method: str, path: str, **more: Any) -> Any:  # noqa: ANN401 # Jupyter's JSON
        """What Jupyter answers."""
        headers = {"X-XSRFToken": self._client.cookies.get("_xsrf") or ""}
        answer = self._client.request(method, self.address + path, headers=headers, **more)
        answer.raise_for_status()
        return answer.json() if answer.content else None

    def run(self, source: str, kernel: str = "python3") -> str:
        """What a piece of code prints, or its error, in a fresh kernel."""
        made = self.ask("POST", "/api/kernels", json={"name": kernel})
        cookies = "; ".join(f"{cookie.name}={cookie.value}" for cookie in self._client.cookies.jar)
        address = self.address.replace("http", "ws", 1) + f"/api/kernels/{made['id']}/channels"
        with connect(address, additional_headers={"Cookie": cookies}, max_size=None, proxy=None) as channel:
            number = uuid.uuid4().hex
            header = {
                "msg_id": number,
                "msg_type": "execute_request",
                "session": number,
                "username": "",
                "version": "5.3",
            }
            content = {"code": source, "silent": False, "store_history": False, "allow_stdin": False}
            request = {"header": header, "parent_header": {}, "metadata": {}, "content": content, "channel": "shell"}
            channel.send(json.dumps(request))
            printed = self._listen(channel, number)
        self.ask("DELETE", f"/api/kernels/{made['id']}")
        return printed

    @staticmethod
    def _listen(channel: Any, number: str) -> str:  # noqa: ANN401 # a websocket
        printed = ""
        while True:
            message = json.loads(channel.recv(timeout=60))
            if message["parent_header"].get("msg_id") != number:
                continue
            content = message["content"]
            if message["msg_type"] == "stream":
                printed += content["text"]
            elif message["msg_type"] == "error":
                printed += f"{content['ename']}: {content['evalue']}"
            elif message["msg_type"] == "status" and content["execution_state"] == "idle":
                return printed
