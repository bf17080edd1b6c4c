"""Works in an attendee's environment as the attendee would: through the presigned URL and Jupyter's own interface.

The URL logs in (by cookies, on AWS as elsewhere); notebooks are read and saved with Jupyter's REST interface and
executed cell by cell over a kernel's websocket, inside the instance, on the instance's role.
"""

import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self
from urllib.parse import quote, urlsplit

import httpx
import nbformat
from websockets.exceptions import WebSocketException
from websockets.sync.client import ClientConnection, connect

from classlab.aws import Aws
from classlab.kernel_channel import KernelChannel, NotebookError

_KERNEL_START_SECONDS = 120.0
_REQUEST_SECONDS = 60.0


@dataclass(frozen=True)
class Executed:
    """What became of a notebook."""

    cells: int  # code cells that ran to their end
    total: int
    error: str  # empty where all ran


def presigned_url(aws: Aws, notebook_instance: str) -> str:
    """A URL that opens JupyterLab of the environment; on AWS it must be opened within five minutes.

    AWS's own URL opens "the Jupyter server home page" (API reference, CreatePresignedNotebookInstanceUrl). That
    `view=lab` opens JupyterLab is not written there; awslabs/service-workbench-on-aws adds it for that.
    """
    answer = aws.sagemaker.create_presigned_notebook_instance_url(NotebookInstanceName=notebook_instance)
    return f"{answer['AuthorizedUrl']}&view=lab"


class NotebookSession:
    """One person's browser session with a notebook instance. Use it as a context manager."""

    def __init__(self, url: str) -> None:
        self._client = httpx.Client(follow_redirects=True, timeout=_REQUEST_SECONDS, trust_env=False)
        self._url = url
        self._base = ""

    def __enter__(self) -> Self:
        """Open the URL, which logs in."""
        answer = self._client.get(self._url)
        if answer.status_code != httpx.codes.OK:
            raise NotebookError(f"the presigned URL answers {answer.status_code}: ask for a new one")
        parts = urlsplit(str(answer.url))
        self._base = f"{parts.scheme}://{parts.netloc}"
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the connections."""
        self._client.close()

    def kernels(self) -> list[str]:
        """Names of the kernels that are registered."""
        return sorted(self._request("GET", "/api/kernelspecs")["kernelspecs"])

    def files(self, folder: str = "") -> list[str]:
        """Paths of the files and folders in a folder below `SageMaker`."""
        entries = self._request("GET", f"/api/contents/{quote(folder)}", params={"content": "1"})["content"]
        return sorted(entry["path"] for entry in entries)

    def read_text(self, path: str) -> str:
        """A text file."""
        answer = self._request("GET", f"/api/contents/{quote(path)}", params={"content": "1", "format": "text"})
        return str(answer["content"])

    def write_text(self, path: str, text: str) -> None:
        """Write a text file, as the editor does."""
        self._request("PUT", f"/api/contents/{quote(path)}", json={"type": "file", "format": "text", "content": text})

    def execute(
        self,
        path: str,
        *,
        kernel: str | None = None,
        skipped_tag: str = "",
        heard: Callable[[int, int], None] = lambda _done, _total: None,
    ) -> Executed:
        """Run a notebook from top to bottom and save it with its outputs, also after an error.

        `kernel` None takes the one that the notebook names. Cells tagged `skipped_tag` are left out. `heard` gets the
        cells done and the total.
        """
        document = self._request("GET", f"/api/contents/{quote(path)}", params={"content": "1"})["content"]
        notebook = nbformat.from_dict(document)  # type: ignore[no-untyped-call]  # nbformat has no types here
        name = kernel or notebook.metadata.kernelspec.name
        code = [cell for cell in notebook.cells if cell.cell_type == "code"]
        cells = [cell for cell in code if skipped_tag not in cell.metadata.get("tags", [])]
        done, error = 0, ""
        with self._kernel(path, name) as channel:
            for cell in cells:
                heard(done, len(cells))
                answer = channel.execute(cell.source)
                cell.outputs, cell.execution_count = answer.outputs, answer.count
                if answer.error:
                    error = f"cell {done + 1} of {len(cells)}: {answer.error}"
                    break
                done += 1
        self._request("PUT", f"/api/contents/{quote(path)}", json={"type": "notebook", "content": notebook})
        heard(done, len(cells))
        return Executed(done, len(cells), error)

    def run_code(self, source: str, *, kernel: str) -> str:
        """Run one piece of code in a fresh kernel; returns what it wrote. Raises :class:`NotebookError`."""
        with self._kernel(f"scratch-{uuid.uuid4().hex[:8]}.ipynb", kernel) as channel:
            answer = channel.execute(source)
        if answer.error:
            raise NotebookError(answer.error)
        return "".join(output.get("text", "") for output in answer.outputs)

    @contextmanager
    def _kernel(self, path: str, name: str) -> Iterator[KernelChannel]:
        body = {"path": path, "name": path, "type": "notebook", "kernel": {"name": name}}
        session = self._request("POST", "/api/sessions", json=body, timeout=_KERNEL_START_SECONDS)
        try:
            with self._channel(session["kernel"]["id"]) as connection:
                yield KernelChannel(connection)
        finally:
            self._request("DELETE", f"/api/sessions/{session['id']}")

    def _channel(self, kernel: str) -> ClientConnection:
        address = self._base.replace("http", "ws", 1) + f"/api/kernels/{kernel}/channels?session_id={uuid.uuid4().hex}"
        cookies = "; ".join(f"{cookie.name}={cookie.value}" for cookie in self._client.cookies.jar)
        try:
            return connect(
                address,
                additional_headers={"Cookie": cookies},
                max_size=None,
                open_timeout=_KERNEL_START_SECONDS,
                proxy=None,
            )
        except (OSError, WebSocketException) as error:
            raise NotebookError(f"the kernel's channel cannot be opened: {error}") from error

    def _request(self, method: str, path: str, **arguments: Any) -> Any:  # noqa: ANN401 # Jupyter's JSON is what it is
        token = {"X-XSRFToken": self._client.cookies.get("_xsrf") or ""} if method != "GET" else {}
        try:
            answer = self._client.request(method, self._base + path, headers=token, **arguments)
        except httpx.HTTPError as error:
            raise NotebookError(f"Jupyter gives no answer to {method} {path}: {error}") from error
        if answer.is_error:
            raise NotebookError(f"Jupyter answers {answer.status_code} to {method} {path}: {answer.text[:500]}")
        return answer.json() if answer.content else None
