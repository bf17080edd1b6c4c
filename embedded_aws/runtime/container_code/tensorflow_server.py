"""Serve SavedModels as the TensorFlow inference image does: its /invocations, its handlers, and the REST API behind.

`code/inference.py` in the model may have `input_handler(data, context)` and `output_handler(response, context)`, or
`handler(data, context)` in place of both; requests then reach the model by the REST API at `context.rest_uri`. Without
it JSON, JSON lines and CSV become TensorFlow Serving's requests.

Usage: start.py tensorflow_server FRAMEWORK CODE_DIR MODEL_DIR PORT_FILE (FRAMEWORK is not looked at).
"""

from __future__ import annotations

import io
import json
import os
import re
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from . import saved_models, tensorflow_mapping
from .saved_models import Servable
from .script_server import load
from .wire import JSON, RefusedError, Reply, Request, Server, routed

PREDICT = "predict"
_REST = re.compile(r"^/v1/models/(?P<name>[^/:]+)(/versions/(?P<version>\d+))?(:(?P<method>\w+))?$")


class Context(NamedTuple):
    """What a handler is told of a request."""

    model_name: str
    model_version: str | None
    method: str
    rest_uri: str
    grpc_port: str | None
    custom_attributes: str | None
    request_content_type: str
    accept_header: str
    content_length: int


class Models:
    """The loaded models, and the REST API over them; the default one is the first by name, or the one that is set."""

    def __init__(self, base: Path) -> None:
        found = saved_models.find(base)
        if not found:
            held = sorted(path.relative_to(base).as_posix() for path in base.rglob("*") if path.is_file())[:20]
            raise ValueError(f"no SavedModel bundles found! {base} has to hold NUMBER/saved_model.pb, and has {held}")
        self._loaded = {
            name: {number: Servable(folder) for number, folder in versions.items()} for name, versions in found.items()
        }
        self.default = os.environ.get("SAGEMAKER_TFS_DEFAULT_MODEL_NAME") or next(iter(self._loaded))
        self._find(self.default, None)

    def rest(self, request: Request) -> Reply:
        """A request to /v1/models/...: a prediction, or the state of a model."""
        match = _REST.match(request.path)
        if match is None:
            raise RefusedError(404, json.dumps({"error": f"Malformed request: {request.method} {request.path}"}), JSON)
        servable = self._find(match["name"], match["version"])
        if request.method == "GET" and not match["method"]:
            return Reply(json.dumps(self._status(match["name"])).encode(), JSON)
        if request.method == "POST" and match["method"] == PREDICT:
            return Reply(servable.predict(request.body), JSON)
        text = (
            f"{request.method} :{match['method'] or ''} is not implemented by the embedded AWS; it has POST :{PREDICT}"
        )
        raise saved_models.refused(text)

    def _find(self, name: str, version: str | None) -> Servable:
        versions = self._loaded.get(name, {})
        number = int(version) if version else max(versions, default=None)
        if number not in versions:
            wanted = f"{name}/versions/{version}" if version else name
            text = f"Servable not found for request: {wanted}; there are {', '.join(self._loaded)}"
            raise RefusedError(404, json.dumps({"error": text}), JSON)
        return versions[number]

    def _status(self, name: str) -> dict[str, Any]:
        ready = {"error_code": "OK", "error_message": ""}
        states = [{"version": str(n), "state": "AVAILABLE", "status": ready} for n in self._loaded[name]]
        return {"model_version_status": states}


class Service:
    """Answers /invocations with the handlers of the model's code, or by the image's own mapping."""

    def __init__(self, models: Models, code: Path, port: int) -> None:
        self._models = models
        self._path = f"/v1/models/{models.default}:{PREDICT}"
        self._uri = f"http://localhost:{port}{self._path}"
        self._handler = _handler(code / "inference.py")

    def answer(self, request: Request) -> Reply:
        """A prediction."""
        if self._handler is None:
            body = tensorflow_mapping.request_body(request).encode()
            reply = self._models.rest(Request("POST", self._path, body))
            return Reply(reply.body, tensorflow_mapping.answer_type(request.accept))
        try:
            body, kind = self._handler(io.BytesIO(request.body), self._context(request))
        except Exception as error:
            traceback.print_exc()
            raise RefusedError(500, json.dumps({"error": str(error)}), JSON) from error
        return Reply(body.encode() if isinstance(body, str) else bytes(body), kind)

    def _context(self, request: Request) -> Context:
        return Context(
            model_name=self._models.default,
            model_version=None,
            method=PREDICT,
            rest_uri=self._uri,
            grpc_port=None,
            custom_attributes=None,
            request_content_type=request.headers.get("content-type", JSON),
            accept_header=request.headers.get("accept", JSON),
            content_length=len(request.body),
        )


def _handler(script: Path) -> Callable[[Any, Context], Any] | None:
    """The model's own handler: one function, or what it does before and after asking the model."""
    if not script.exists():
        return None
    sys.path.insert(0, str(script.parent / "lib"))
    own = load(script)
    if hasattr(own, "handler"):
        whole: Callable[[Any, Context], Any] = own.handler
        return whole
    if not (hasattr(own, "input_handler") and hasattr(own, "output_handler")):
        raise NotImplementedError(f"{script} has neither handler nor both of input_handler and output_handler")
    import requests  # the image has it: TensorFlow needs it

    def handle(data: Any, context: Context) -> Any:
        response = requests.post(context.rest_uri, data=own.input_handler(data, context), timeout=60)
        return own.output_handler(response, context)

    return handle


def main() -> None:
    """Load the models, listen, say where."""
    _, code, model_dir, port_file = sys.argv[1:]
    server = Server()
    models = Models(Path(model_dir))
    invocations = routed(Service(models, Path(code), server.server_port).answer)

    def handle(request: Request) -> Reply:
        return models.rest(request) if request.path.startswith("/v1/") else invocations(request)

    server.serve(handle, Path(port_file))
