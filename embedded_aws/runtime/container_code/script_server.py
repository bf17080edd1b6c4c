"""Serve a model by the functions of a script, as the toolkits of scikit-learn, XGBoost, PyTorch and AutoGluon do.

The script may have `model_fn(model_dir)`, `input_fn(body, content_type)`, `predict_fn(data, model)` and
`output_fn(prediction, accept)`, or `transform_fn(model, body, content_type, accept)` in place of the last three; what
it has not is the toolkit's. In PyTorch's and AutoGluon's images each may take a context as one more argument.

Usage: start.py script_server FRAMEWORK SCRIPT MODEL_DIR PORT_FILE; SCRIPT ends with `/` where none is named.
"""

from __future__ import annotations

import importlib.util
import inspect
import os
import sys
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any

from .toolkits import TOOLKITS, Toolkit
from .wire import CSV, JSON, Reply, Request, Server, routed

STEPS = ("input_fn", "predict_fn", "output_fn")


@dataclass(frozen=True)
class Context:
    """What TorchServe hands to a handler, as far as it means anything with one model and no batches."""

    system_properties: Mapping[str, Any]
    headers: Mapping[str, str] = field(default_factory=dict)
    request_id: str = field(default_factory=lambda: str(uuid.uuid4()))

    def get_request_id(self, idx: int = 0) -> str:  # noqa: ARG002 # TorchServe's signature
        """The request's identifier."""
        return self.request_id

    def get_request_header(self, idx: int, key: str) -> str | None:  # noqa: ARG002 # TorchServe's signature
        """A header of the request."""
        return self.headers.get(key.lower())

    def get_all_request_header(self, idx: int) -> dict[str, str]:  # noqa: ARG002 # TorchServe's signature
        """All headers of the request."""
        return dict(self.headers)


class ScriptModel:
    """A loaded model behind the functions of its script and its toolkit."""

    def __init__(self, script: ModuleType | None, model_dir: str, toolkit: Toolkit) -> None:
        self._script = script
        self._toolkit = toolkit
        self._properties = {"model_dir": model_dir, "gpu_id": None, "batch_size": 1, "server_name": "TorchServe"}
        if self._own("transform_fn") and any(self._own(name) for name in STEPS):
            raise ValueError(
                "Cannot use transform_fn implementation in conjunction with input_fn, predict_fn, and/or output_fn "
                "implementation"
            )
        self._model = self._call("model_fn", Context(self._properties), model_dir)

    def answer(self, request: Request) -> Reply:
        """A prediction."""
        context = Context(self._properties, request.headers)
        accept = request.accept or os.environ.get("SAGEMAKER_DEFAULT_INVOCATIONS_ACCEPT", JSON)
        given = request.body.decode() if request.kind in {JSON, CSV} else request.body
        if self._own("transform_fn"):
            return _reply(self._call("transform_fn", context, self._model, given, request.content_type, accept), accept)
        body = given if self._own("input_fn") else request.body
        data = self._call("input_fn", context, body, request.content_type)
        prediction = self._call("predict_fn", context, data, self._model)
        return _reply(self._call("output_fn", context, prediction, accept), accept)

    def _own(self, name: str) -> Callable[..., Any] | None:
        return getattr(self._script, name, None)

    def _call(self, name: str, context: Context, *arguments: Any) -> Any:
        """The script's function, with the context if it takes it, else the toolkit's."""
        own = self._own(name)
        if own is None:
            return getattr(self._toolkit, name)(*arguments)
        if self._toolkit.gives_context and len(inspect.signature(own).parameters) == len(arguments) + 1:
            return own(*arguments, context)
        return own(*arguments)


def _reply(result: Any, accept: str) -> Reply:
    """What a script returned: a body, or a body and its content type (or a Flask-like response)."""
    body, kind = result if isinstance(result, tuple) else (result, accept)
    if hasattr(body, "get_data"):
        body, kind = body.get_data(), getattr(body, "mimetype", kind)
    return Reply(body.encode() if isinstance(body, str) else bytes(body), kind)


def load(path: Path) -> ModuleType:
    """Import a script, with its directory on the path."""
    sys.path.insert(0, str(path.parent))
    specification = importlib.util.spec_from_file_location(path.stem, path)
    if specification is None or specification.loader is None or not path.is_file():
        held = sorted(entry.name for entry in path.parent.glob("*"))
        raise FileNotFoundError(f"there is no script {path}; {path.parent} holds {held}")
    script = importlib.util.module_from_spec(specification)
    sys.modules[specification.name] = script
    specification.loader.exec_module(script)
    return script


def find(named: str, toolkit: Toolkit) -> ModuleType | None:
    """The script that is named, or the one that the toolkit looks for if it is there."""
    if not named.endswith("/"):
        return load(Path(named))
    if not toolkit.default_program:
        raise FileNotFoundError("no script is named: set SAGEMAKER_PROGRAM in the model's environment")
    default = Path(named) / toolkit.default_program
    return load(default) if default.exists() else None


def main() -> None:
    """Load the model, listen, say where."""
    framework, named, model_dir, port_file = sys.argv[1:]
    toolkit = TOOLKITS[framework]()
    model = ScriptModel(find(named, toolkit), model_dir, toolkit)
    Server().serve(routed(model.answer), Path(port_file))
