"""The web server of a model container: GET /ping and POST /invocations over the functions of a script.

Runs in the image's own environment, on its own (it imports nothing of ours). The script (SAGEMAKER_PROGRAM) has to
have `model_fn(model_dir)`; it may have `input_fn(body, content_type)`, `predict_fn(data, model)` and
`output_fn(prediction, accept)`, or `transform_fn(model, body, content_type, accept)` in place of these three. Defaults
are those of the image's toolkit, for JSON, CSV and NPY; anything else is answered with 415 or 406.

Usage: python model_server.py SCRIPT MODEL_DIR PORT_FILE FRAMEWORK (it takes a free port and writes it to PORT_FILE).
"""

from __future__ import annotations

import importlib.util
import inspect
import io
import json
import os
import sys
import traceback
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import ModuleType
from typing import Any

JSON, CSV, NPY, OCTETS = "application/json", "text/csv", "application/x-npy", "application/octet-stream"
DEFAULT_ACCEPT = os.environ.get("SAGEMAKER_DEFAULT_INVOCATIONS_ACCEPT", JSON)


class RefusedError(Exception):
    """A request in a format that is not understood; `status` is 415 or 406."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status


def decode(body: bytes, content_type: str) -> Any:  # noqa: ANN401 # numpy is the image's, not ours
    """The toolkits' default input_fn: an array."""
    import numpy as np  # type: ignore[import-not-found] # the image has it

    kind = content_type.split(";")[0].strip().lower()
    if kind == JSON:
        return np.array(json.loads(body))
    if kind == CSV:
        return np.genfromtxt(io.StringIO(body.decode()), dtype=np.float32, delimiter=",", ndmin=2)
    if kind == NPY:
        return np.load(io.BytesIO(body), allow_pickle=False)
    raise RefusedError(415, f"content type {content_type} is not understood: send {JSON}, {CSV} or {NPY}")


def encode(prediction: Any, accept: str) -> tuple[bytes, str]:  # noqa: ANN401 # whatever a model predicts
    """The toolkits' default output_fn."""
    import numpy as np

    if isinstance(prediction, bytes):
        return prediction, accept
    array = np.asarray(prediction)
    if accept == JSON:
        return json.dumps(array.tolist()).encode(), JSON
    if accept == CSV:
        text = io.StringIO()
        np.savetxt(text, np.atleast_1d(array), delimiter=",", fmt="%s")
        return text.getvalue().encode(), CSV
    if accept == NPY:
        octets = io.BytesIO()
        np.save(octets, array, allow_pickle=False)
        return octets.getvalue(), NPY
    raise RefusedError(406, f"cannot answer as {accept}: ask for {JSON}, {CSV} or {NPY}")


class Service:
    """A loaded model behind the functions of its script."""

    def __init__(self, script: ModuleType, model_dir: str, framework: str) -> None:
        self._script = script
        self._framework = framework
        if not hasattr(script, "model_fn"):
            raise NotImplementedError(f"{script.__file__} has no model_fn(model_dir)")
        self._model = script.model_fn(model_dir)

    def answer(self, body: bytes, content_type: str, accept: str) -> tuple[bytes, str]:
        """The body and the content type of a prediction."""
        given = body.decode() if content_type.split(";")[0].strip() in {JSON, CSV} else body
        if hasattr(self._script, "transform_fn"):
            return self._finished(self._script.transform_fn(self._model, given, content_type, accept), accept)
        if hasattr(self._script, "input_fn"):
            data = self._script.input_fn(given, content_type)
        else:
            data = self._default_input(body, content_type)
        prediction = self._predict(data)
        if hasattr(self._script, "output_fn"):
            return self._finished(self._script.output_fn(prediction, accept), accept)
        return encode(prediction, accept)

    def _default_input(self, body: bytes, content_type: str) -> Any:  # noqa: ANN401 # numpy's or xgboost's
        array = decode(body, content_type)
        if self._framework != "xgboost":
            return array
        import xgboost  # type: ignore[import-not-found] # the image has it

        return xgboost.DMatrix(array)

    def _predict(self, data: Any) -> Any:  # noqa: ANN401 # whatever a model takes and gives
        if hasattr(self._script, "predict_fn"):
            return self._script.predict_fn(data, self._model)
        if self._framework == "xgboost":
            return self._model.predict(data, validate_features=False)
        return self._model.predict(data)

    @staticmethod
    def _finished(result: Any, accept: str) -> tuple[bytes, str]:  # noqa: ANN401 # a script's answer
        """What a script returned: a body, or a body and its content type (or a Flask-like response)."""
        body, kind = result if isinstance(result, tuple) else (result, accept)
        if hasattr(body, "get_data"):
            body, kind = body.get_data(), getattr(body, "mimetype", kind)
        return (body.encode() if isinstance(body, str) else bytes(body)), kind


def wanted(accept: str | None) -> str:
    """What a request asks for; anything means the default."""
    first = (accept or "*/*").split(",")[0].split(";")[0].strip()
    return DEFAULT_ACCEPT if first in {"", "*/*"} else first


def handler(service: Service) -> type[BaseHTTPRequestHandler]:
    """A request handler over a service."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_GET(self) -> None:
            self._reply(200 if self.path == "/ping" else 404, b"", OCTETS)

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            if self.path != "/invocations":
                self._reply(404, b"", OCTETS)
                return
            try:
                content_type = self.headers.get("Content-Type") or OCTETS
                answer, kind = service.answer(body, content_type, wanted(self.headers.get("Accept")))
            except RefusedError as error:
                self._reply(error.status, str(error).encode(), "text/plain")
            except Exception:  # noqa: BLE001 # the script is not ours
                text = traceback.format_exc()
                sys.stderr.write(text)
                self._reply(500, text.splitlines()[-1].encode(), "text/plain")
            else:
                self._reply(200, answer, kind)

        def _reply(self, status: int, body: bytes, kind: str) -> None:
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    return Handler


class Server(ThreadingHTTPServer):
    """A thread for each connection; many may come at once."""

    request_queue_size = 128
    daemon_threads = True


def load(path: Path) -> ModuleType:
    """Import a script, with its directory on the path."""
    sys.path.insert(0, str(path.parent))
    specification = importlib.util.spec_from_file_location(inspect.getmodulename(str(path)) or "inference", path)
    if specification is None or specification.loader is None or not path.exists():
        raise FileNotFoundError(
            f"there is no script {path}; {path.parent} holds {sorted(entry.name for entry in path.parent.glob('*'))}"
        )
    script = importlib.util.module_from_spec(specification)
    sys.modules[specification.name] = script
    specification.loader.exec_module(script)
    return script


def main() -> None:
    """Load the model, listen, say where."""
    script, model_dir, port_file, framework = sys.argv[1:]
    service = Service(load(Path(script)), model_dir, framework)
    server = Server(("127.0.0.1", 0), handler(service))
    place = Path(port_file)
    place.with_suffix(".new").write_text(str(server.server_port))
    place.with_suffix(".new").rename(place)
    server.serve_forever()


if __name__ == "__main__":
    main()
