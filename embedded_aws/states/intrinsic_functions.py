"""The intrinsic functions of JSONPath states, with the types and limits that AWS gives them.

No emulator import. AWS: Step Functions developer guide, "Intrinsics for JSONPath states in Step Functions". The name
of the error is AWS's, its text is not.
"""

from __future__ import annotations

import base64
import hashlib
import json
import math
import random
import re
import uuid
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from embedded_aws.states.step_functions import TaskError

_LONGEST_TEXT = 10_000
_LONGEST_RANGE = 1_000
_DIGESTS = {"MD5": "md5", "SHA-1": "sha1", "SHA-256": "sha256", "SHA-384": "sha384", "SHA-512": "sha512"}
_SLOT = re.compile(r"\\(.)|\{\}", re.DOTALL)
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)

Args = Sequence[Any]


def call(name: str, args: Args) -> Any:  # noqa: ANN401 # any JSON value
    """What a function gives; TaskError (States.IntrinsicFailure) if it takes no such arguments."""
    if name not in _FUNCTIONS:
        raise TaskError("States.IntrinsicFailure", f"{name} is no intrinsic function")
    try:
        return _FUNCTIONS[name](*args)
    except (ValueError, TypeError, LookupError) as error:
        raise TaskError("States.IntrinsicFailure", f"Invalid arguments in {name}: {error}") from error


def unescaped(text: str) -> str:
    """A text literal of an invocation without its backslashes."""
    return _ESCAPED.sub(lambda found: found[1], text)


def formatted(template: str, args: Args) -> str:
    """States.Format: a literal, still escaped, whose `{}` are as many as the arguments."""
    values = iter([value if isinstance(value, str) else _json(value) for value in args])

    def fill(found: re.Match[str]) -> str:
        return found[1] if found[1] is not None else next(values)

    try:
        filled = _SLOT.sub(fill, template)
    except StopIteration:
        raise TaskError("States.IntrinsicFailure", "States.Format has fewer arguments than {}") from None
    if next(values, None) is not None:
        raise TaskError("States.IntrinsicFailure", "States.Format has more arguments than {}")
    return filled


def _json(value: object) -> str:
    return json.dumps(value, separators=(",", ":"))


def _array(value: object) -> list[Any]:
    if not isinstance(value, list):
        raise TypeError(f"{value!r} is no array")
    return value


def _text(value: object) -> str:
    if not isinstance(value, str) or len(value) > _LONGEST_TEXT:
        raise TypeError(f"no text of at most {_LONGEST_TEXT} characters")
    return value


def _integer(value: object) -> int:
    """Numbers are rounded to the nearest integer."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError(f"{value!r} is no number")
    return math.floor(value + 0.5)


def _same(left: object, right: object) -> bool:
    """Equal as JSON: true is not 1."""
    return _json(left) == _json(right) or (left == right and bool not in (type(left), type(right)))


def _partition(value: object, size: object) -> list[list[Any]]:
    array, chunk = _array(value), _integer(size)
    if chunk < 1:
        raise ValueError("the size must be positive")
    return [array[start : start + chunk] for start in range(0, len(array), chunk)]


def _range(first: object, last: object, step: object) -> list[int]:
    start, end, by = _integer(first), _integer(last), _integer(step)
    numbers = range(start, end + (1 if by > 0 else -1), by)
    if len(numbers) > _LONGEST_RANGE:
        raise ValueError(f"a range has at most {_LONGEST_RANGE} numbers")
    return list(numbers)


def _item(value: object, index: object) -> Any:  # noqa: ANN401 # any JSON value
    place = _integer(index)
    if place < 0:
        raise IndexError("an index is not negative")
    return _array(value)[place]


def _unique(value: object) -> list[Any]:
    found: list[Any] = []
    for item in _array(value):
        if not any(_same(item, held) for held in found):
            found.append(item)
    return found


def _digest(value: object, algorithm: str) -> str:
    text = value if isinstance(value, str) else _json(value)
    return hashlib.new(_DIGESTS[algorithm], _text(text).encode()).hexdigest()


def _merge(left: object, right: object, deep: object) -> dict[str, Any]:
    if deep is not False:
        raise ValueError("deep merging is not supported")
    if not isinstance(left, dict) or not isinstance(right, dict):
        raise TypeError("only objects are merged")
    return {**left, **right}


def _random(first: object, last: object, seed: object = None) -> int:
    """From the first number on, below the last; the same seed gives the same number."""
    generator = random.Random(None if seed is None else _integer(seed))  # noqa: S311 # no secret
    return generator.randrange(_integer(first), _integer(last))


def _split(value: object, delimiters: object) -> list[str]:
    pieces = re.split(f"[{re.escape(_text(delimiters))}]", _text(value))
    return [piece for piece in pieces if piece]


def _parsed(value: object) -> Any:  # noqa: ANN401 # any JSON value
    if not isinstance(value, str):
        raise TypeError(f"{value!r} is no text")
    return json.loads(value)


def _decoded(value: object) -> str:
    text = _text(value)
    return base64.b64decode(text + "=" * (-len(text) % 4)).decode(errors="replace")


_FUNCTIONS: Mapping[str, Callable[..., Any]] = {
    "States.Array": lambda *items: list(items),
    "States.ArrayPartition": _partition,
    "States.ArrayContains": lambda array, item: any(_same(item, held) for held in _array(array)),
    "States.ArrayRange": _range,
    "States.ArrayGetItem": _item,
    "States.ArrayLength": lambda array: len(_array(array)),
    "States.ArrayUnique": _unique,
    "States.Base64Encode": lambda text: base64.b64encode(_text(text).encode()).decode(),
    "States.Base64Decode": _decoded,
    "States.Hash": _digest,
    "States.JsonMerge": _merge,
    "States.StringToJson": _parsed,
    "States.JsonToString": _json,
    "States.MathRandom": _random,
    "States.MathAdd": lambda left, right: _integer(left) + _integer(right),
    "States.StringSplit": _split,
    "States.UUID": lambda: str(uuid.uuid4()),
}
