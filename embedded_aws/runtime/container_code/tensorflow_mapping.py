"""What the TensorFlow inference image makes of a request to /invocations: TensorFlow Serving's JSON.

As in the container's own web server (aws/sagemaker-tensorflow-serving-container): JSON that already is a request goes
through, lists and JSON lines become instances, so do rows of CSV.
"""

from __future__ import annotations

import json
import re

from .wire import CSV, JSON, RefusedError, Request

JSON_LINES = "application/jsonlines"
_JSON_KINDS = (JSON, JSON_LINES, "application/jsons")
_REQUEST = re.compile(r'"(instances|inputs|examples)"\s*:')
_LINES = re.compile(r"[}\]]\s*[\[{]")
_MATRIX = re.compile(r"^\s*\[\s*\[")
_NUMBERS = re.compile(r'^\s*("|[\d.Ee+\-]+.*)')


def request_body(request: Request) -> str:
    """The body for TensorFlow Serving; RefusedError (415) for a content type that has none."""
    kind = request.headers.get("content-type", "")
    if kind in _JSON_KINDS:
        return _from_json(request.body.decode())
    if kind == CSV:
        return _from_csv(request.body.decode())
    raise RefusedError(415, json.dumps({"error": f"Unsupported Media Type: {kind or 'Unknown'}"}), JSON)


def answer_type(accept: str) -> str:
    """The content type of an answer."""
    return accept if accept in {JSON, JSON_LINES} else JSON


def _from_json(text: str) -> str:
    if _REQUEST.search(text):
        return text
    if _LINES.search(text):
        lines = [line.strip() for line in text.strip().splitlines() if line.strip()]
        return f'{{"instances":[{",".join(lines)}]}}' if len(lines) > 1 else f'{{"instances":{lines[0]}}}'
    return f'{{"instances":{text if _MATRIX.match(text) else f"[{text}]"}}}'


def _from_csv(text: str) -> str:
    """A row of several columns becomes a list; columns that are no numbers become strings."""
    quoted = not _NUMBERS.match(text)
    rows = []
    for line in text.strip().splitlines():
        cells = [json.dumps(cell) if quoted else cell for cell in line.strip().split(",")]
        if line.strip():
            rows.append(f"[{','.join(cells)}]" if len(cells) > 1 else cells[0])
    return f'{{"instances":[{",".join(rows)}]}}'
