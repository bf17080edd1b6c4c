"""What a SageMaker batch transform does, in one process: every file is a request, every answer a file `<name>.out`.

    python transform.py CODE MODULE MODEL INPUT OUTPUT CONTENT_TYPE ACCEPT

The module in the folder CODE brings `model_fn`, `input_fn`, `predict_fn` and `output_fn`, or, for a TensorFlow
SavedModel, `input_handler` and `output_handler`; then this file stands for TensorFlow Serving too.
"""

import base64
import importlib
import io
import json
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType, SimpleNamespace


def by_functions(code: ModuleType, model: Path, content_type: str, accept: str) -> Callable[[bytes], str | bytes]:
    """Answers of the four functions that the scikit-learn, XGBoost, PyTorch and AutoGluon images call."""
    loaded = code.model_fn(str(model))

    def answer(body: bytes) -> str | bytes:
        given = code.input_fn(body.decode("utf-8") if content_type.startswith("text/") else body, content_type)
        result = code.output_fn(code.predict_fn(given, loaded), accept)
        said: str | bytes = result[0] if isinstance(result, tuple) else result
        return said

    return answer


def by_handlers(code: ModuleType, model: Path, content_type: str, accept: str) -> Callable[[bytes], str | bytes]:
    """Answers of the two functions around TensorFlow Serving's REST interface, which takes text for bytes as b64."""
    import tensorflow as tf

    newest = max((path.parent for path in model.glob("*/saved_model.pb")), key=lambda folder: int(folder.name))
    loaded = tf.saved_model.load(str(newest))
    (given,) = loaded.signatures["serving_default"].structured_input_signature[1]
    context = SimpleNamespace(request_content_type=content_type, accept_header=accept)

    def answer(body: bytes) -> str | bytes:
        instances = json.loads(code.input_handler(io.BytesIO(body), context))["instances"]
        values = [base64.b64decode(one["b64"]) if isinstance(one, dict) else one for one in instances]
        (predictions,) = loaded.signatures["serving_default"](**{given: tf.constant(values)}).values()
        content = json.dumps({"predictions": predictions.numpy().tolist()}).encode()
        said: bytes = code.output_handler(SimpleNamespace(status_code=200, content=content), context)[0]
        return said

    return answer


def main() -> None:
    """Answer every file."""
    folder, module, model, rows, answers, content_type, accept = sys.argv[1:]
    sys.path.insert(0, folder)
    code = importlib.import_module(module)
    serve = by_handlers if hasattr(code, "input_handler") else by_functions
    answer = serve(code, Path(model), content_type, accept)
    for path in sorted(path for path in Path(rows).iterdir() if path.is_file()):
        said = answer(path.read_bytes())
        Path(answers, f"{path.name}.out").write_bytes(said.encode() if isinstance(said, str) else said)


if __name__ == "__main__":
    main()
