"""One Jupyter kernel's messages over a websocket: execute a cell, collect its outputs."""

import json
import uuid
from dataclasses import dataclass
from typing import Any

import nbformat
from websockets.exceptions import WebSocketException
from websockets.sync.client import ClientConnection

from classlab.errors import UserError

CELL_SECONDS = 900.0
_WIDGET = "application/vnd.jupyter.widget-view+json"


class NotebookError(UserError):
    """A notebook, kernel or cell failed; the text says which and how."""


@dataclass(frozen=True)
class Answer:
    """Outcome of one cell."""

    outputs: list[Any]
    count: int | None
    error: str


class Outputs:
    """A cell's outputs as a notebook stores them: what is shown anew takes the place of what was shown before."""

    def __init__(self) -> None:
        self.kept: list[Any] = []
        self._outdated = False

    def collect(self, message: dict[str, Any]) -> None:
        """Add an output; text of one stream becomes one output."""
        if self._outdated:
            self.clear(wait=False)
        told = {**message, "header": {"msg_type": message["msg_type"]}}
        output = nbformat.v4.output_from_msg(told)  # type: ignore[no-untyped-call]  # nbformat has no types here
        last = self.kept[-1] if self.kept else None
        if output.output_type == "stream" and last is not None and last.get("name") == output.name:
            last["text"] += output.text
        else:
            self.kept.append(output)

    def clear(self, *, wait: bool) -> None:
        """Take away what was shown, or let the next output do it; a widget clears only what was shown in it."""
        self._outdated = wait
        if not wait:
            widgets = [place for place, output in enumerate(self.kept) if _WIDGET in output.get("data", {})]
            del self.kept[widgets[-1] + 1 if widgets else 0 :]


class KernelChannel:
    """The messages of one kernel."""

    def __init__(self, connection: ClientConnection) -> None:
        self._connection = connection

    def execute(self, source: str) -> Answer:
        """Run one cell; returns when the kernel has replied and is idle again."""
        request = self._send(source)
        outputs = Outputs()
        reply: dict[str, Any] | None = None
        idle = False
        while reply is None or not idle:
            message = self._receive()
            _raise_if_dead(message)
            if message.get("parent_header", {}).get("msg_id") != request:
                continue
            kind, content = message["msg_type"], message["content"]
            if kind == "execute_reply":
                reply = content
            elif kind == "status":
                idle = content["execution_state"] == "idle"
            elif kind == "clear_output":
                outputs.clear(wait=content["wait"])
            elif kind in ("stream", "display_data", "execute_result", "error"):
                outputs.collect(message)
        error = f"{reply['ename']}: {reply['evalue']}" if reply["status"] == "error" else ""
        return Answer(outputs.kept, reply.get("execution_count"), error)

    def _send(self, source: str) -> str:
        request = uuid.uuid4().hex
        header = {
            "msg_id": request,
            "msg_type": "execute_request",
            "session": request,
            "username": "",
            "version": "5.3",
        }
        content = {"code": source, "silent": False, "store_history": True, "allow_stdin": False, "stop_on_error": True}
        message = {"channel": "shell", "header": header, "parent_header": {}, "metadata": {}, "content": content}
        self._connection.send(json.dumps(message))
        return request

    def _receive(self) -> dict[str, Any]:
        try:
            frame = self._connection.recv(timeout=CELL_SECONDS)
            while isinstance(frame, bytes):  # a widget's buffers; no output of a cell comes so
                frame = self._connection.recv(timeout=CELL_SECONDS)
            message: dict[str, Any] = json.loads(frame)
        except TimeoutError as error:
            raise NotebookError(f"the kernel said nothing for {CELL_SECONDS:.0f} seconds") from error
        except WebSocketException as error:
            raise NotebookError(f"the kernel's channel broke: {error}") from error
        return message


def _raise_if_dead(message: dict[str, Any]) -> None:
    if message["msg_type"] == "status" and message["content"]["execution_state"] in ("dead", "restarting"):
        raise NotebookError("the kernel died; its log is in /aws/sagemaker/NotebookInstances")
