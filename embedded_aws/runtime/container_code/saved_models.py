"""SavedModels in numbered directories, and TensorFlow Serving's REST contract over one of them.

TensorFlow itself answers here, by the model's `serving_default` signature (or another that a request names); the image
has TensorFlow Serving's own program for that.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from .wire import JSON, RefusedError

DEFAULT_SIGNATURE = "serving_default"
_FILE = "saved_model.pb"


def find(base: Path) -> dict[str, dict[int, Path]]:
    """Every model below a directory (`[<name>/]<version>/saved_model.pb`): its versions, by its directory's name."""
    found: dict[str, dict[int, Path]] = {}
    for file in sorted(base.rglob(_FILE)):
        if file.parent.name.isdigit():
            found.setdefault(file.parent.parent.name, {})[int(file.parent.name)] = file.parent
    return found


class Servable:
    """One version of one model, loaded."""

    def __init__(self, folder: Path) -> None:
        import tensorflow

        self._tensorflow = tensorflow
        self._model = tensorflow.saved_model.load(str(folder))

    def predict(self, text: str | bytes) -> bytes:
        """The answer to the body of a `:predict`; RefusedError (400) in TensorFlow Serving's form."""
        try:
            asked = json.loads(text)
        except ValueError as error:
            raise refused(f"JSON Parse error: {error}") from None
        if not isinstance(asked, dict) or ("instances" in asked) == ("inputs" in asked):
            raise refused("Missing 'inputs' or 'instances' key")
        signature = self._signature(asked.get("signature_name", DEFAULT_SIGNATURE))
        specifications = signature.structured_input_signature[1]
        rows = "instances" in asked
        given = columns(asked["instances"], list(specifications)) if rows else named(asked["inputs"], specifications)
        outputs = signature(**self._tensors(given, specifications))
        plain = {name: _plain(name, tensor.numpy()) for name, tensor in outputs.items()}
        return json.dumps(_by_row(plain) if rows else _by_column(plain)).encode()

    def _signature(self, name: str) -> Any:
        if name not in self._model.signatures:
            raise refused(f"Serving signature name: {json.dumps(name)} not found in signature def")
        return self._model.signatures[name]

    def _tensors(self, given: Mapping[str, Any], specifications: Mapping[str, Any]) -> dict[str, Any]:
        tensors = {}
        for name, specification in specifications.items():
            if name not in given:
                raise refused(f"Missing input {name!r}; the signature takes {', '.join(specifications)}")
            try:
                tensors[name] = self._tensorflow.constant(_decoded(given[name]), dtype=specification.dtype)
            except (TypeError, ValueError) as error:
                raise refused(f"Failed to process input {name!r}: {error}") from None
            if not specification.shape.is_compatible_with(tensors[name].shape):
                raise refused(f"input {name!r} has the shape {tensors[name].shape}, not {specification.shape}")
        return tensors


def refused(text: str) -> RefusedError:
    """A 400 as TensorFlow Serving gives it."""
    return RefusedError(400, json.dumps({"error": text}), JSON)


def columns(instances: Any, names: list[str]) -> dict[str, list[Any]]:
    """Instances (one value each, or an object of inputs each) as a batch of every input."""
    if not isinstance(instances, list) or not instances:
        raise refused("'instances' must be a list with at least one element")
    if all(isinstance(item, dict) and set(item) != {"b64"} for item in instances):
        if any(set(item) != set(instances[0]) for item in instances):
            raise refused("every instance must have the same inputs")
        return {name: [item[name] for item in instances] for name in instances[0]}
    if len(names) != 1:
        raise refused(f"instances must name their inputs: {', '.join(names)}")
    return {names[0]: instances}


def named(inputs: Any, specifications: Mapping[str, Any]) -> Mapping[str, Any]:
    """Inputs by their names; a lone one may come without."""
    if isinstance(inputs, dict) and set(inputs) != {"b64"}:
        return inputs
    if len(specifications) != 1:
        raise refused(f"inputs must be named: {', '.join(specifications)}")
    return {next(iter(specifications)): inputs}


def _decoded(value: Any) -> Any:
    """{"b64": text} stands for bytes, wherever it is."""
    if isinstance(value, dict) and set(value) == {"b64"}:
        return base64.b64decode(value["b64"])
    return [_decoded(item) for item in value] if isinstance(value, list) else value


def _plain(name: str, array: Any) -> Any:
    """An output as JSON: strings as text, or as base64 where its name ends with _bytes."""
    if array.dtype.kind not in "OS":
        return array.tolist()
    return _text(array.tolist(), encoded=name.endswith("_bytes"))


def _text(value: Any, *, encoded: bool) -> Any:
    if isinstance(value, list):
        return [_text(item, encoded=encoded) for item in value]
    return {"b64": base64.b64encode(value).decode()} if encoded else value.decode()


def _by_row(outputs: Mapping[str, Any]) -> dict[str, Any]:
    if len(outputs) == 1:
        return {"predictions": next(iter(outputs.values()))}
    return {"predictions": [dict(zip(outputs, row, strict=True)) for row in zip(*outputs.values(), strict=True)]}


def _by_column(outputs: Mapping[str, Any]) -> dict[str, Any]:
    return {"outputs": next(iter(outputs.values())) if len(outputs) == 1 else dict(outputs)}
