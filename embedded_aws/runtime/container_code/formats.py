"""Arrays to and from JSON, CSV and NPY, as the toolkits' default input_fn and output_fn do it."""

from __future__ import annotations

import io
import json
from typing import Any

from .wire import CSV, JSON, NPY, RefusedError


def decode(body: bytes, content_type: str) -> Any:
    """An array; RefusedError (415) for another format."""
    import numpy as np

    kind = content_type.split(";")[0].strip().lower()
    if kind == JSON:
        return np.array(json.loads(body))
    if kind == CSV:
        return np.genfromtxt(io.StringIO(body.decode()), dtype=np.float32, delimiter=",", ndmin=2)
    if kind == NPY:
        return np.load(io.BytesIO(body), allow_pickle=False)
    raise RefusedError(415, f"content type {content_type} is not understood: send {JSON}, {CSV} or {NPY}")


def encode(prediction: Any, accept: str) -> tuple[bytes, str]:
    """A body and its content type; RefusedError (406) for another format."""
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
