"""Between the requests and TensorFlow Serving: the two functions that SageMaker's TensorFlow image calls.

A request is one picture file (application/x-image, or image/jpeg and the like); the answer is
``{"probabilities": […], "classes": […]}``, as from the other labs' models. JSON goes through to TensorFlow Serving and
back as it is, for whoever sends pixels. train.py puts this file beside the model as code/inference.py.
"""

import base64
import json
from pathlib import Path
from typing import Any

CLASSES_FILE = "classes.json"
PICTURES = ("application/x-image", "image/")
JSON = "application/json"


def input_handler(data: Any, context: Any) -> str:  # noqa: ANN401 - a stream, and the server's own type
    """What TensorFlow Serving is asked: the picture goes to the model as it is, which decodes it by itself."""
    body, kind = data.read(), context.request_content_type or ""
    if kind.startswith(JSON):
        return str(body.decode("utf-8"))
    if not kind.startswith(PICTURES):
        raise ValueError(f"content type {kind!r} is not served; send a picture as application/x-image")
    if not body:
        raise ValueError("the request is empty; send a picture")
    return json.dumps({"instances": [{"b64": base64.b64encode(body).decode("ascii")}]})


def output_handler(response: Any, context: Any) -> tuple[bytes, str]:  # noqa: ANN401 - requests' and the server's types
    """The answer and its content type; raises ValueError with what TensorFlow Serving said against the request."""
    if response.status_code != 200:
        raise ValueError(response.content.decode("utf-8"))
    if (context.accept_header or JSON).partition(";")[0].strip() not in {JSON, "*/*"}:
        raise ValueError(f"accept {context.accept_header!r} is not served; ask for {JSON}")
    if (context.request_content_type or "").startswith(JSON):
        return response.content, JSON
    classes = json.loads(Path(__file__).with_name(CLASSES_FILE).read_text(encoding="utf-8"))
    probabilities = json.loads(response.content)["predictions"][0]
    return json.dumps({"probabilities": probabilities, "classes": classes}).encode(), JSON
