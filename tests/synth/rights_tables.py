"""The rights of the class stack's functions as tables of Markdown, one row a statement."""

import re
from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from typing import Any

from tests.synth.access import as_list
from tests.synth.resolving import ACCOUNT, CLASS_BUCKET, REGION

Statement = Mapping[str, Any]
_HEAD = ["| for | actions | on | if |", "|---|---|---|---|"]
_ARN = re.compile(r"^arn:aws:[a-z0-9]+:[a-z0-9-]*:[0-9]*:")
_WORDS = {
    CLASS_BUCKET: "<bucket>",
    f"cdk-hnb659fds-assets-{ACCOUNT}-{REGION}": "<staging>",
    "-seatbucket-1a2b3c4d5e6f": "-seatbucket-*",
    "sample--ann-": "<class>--<attendee>-",
    "sample": "<class>",
}
_HASHED = {r"[0-9a-f]{64}\.\w+$": "<sha256>.*", r"^<class>-AttendeeBoundary\w{8}-1a2b3c4d5e6f$": "<boundary>"}


def table(statements: Iterable[Statement]) -> str:
    """The statements, sorted by their ids."""
    return "\n".join([*_HEAD, *(_row(one) for one in sorted(statements, key=lambda one: str(one["Sid"])))])


def _row(statement: Statement) -> str:
    effect = "" if statement["Effect"] == "Allow" else "**never** "
    cells = [_actions(as_list(statement["Action"])), _code(map(_named, as_list(statement["Resource"])))]
    return f"| {effect}{statement['Sid']} | {' | '.join(cells)} | {_conditions(statement.get('Condition', {}))} |"


def _actions(actions: Sequence[str]) -> str:
    """Every service once: `s3:` GetObject, PutObject."""
    pairs = sorted(action.split(":") for action in actions)
    services = groupby(pairs, key=lambda pair: pair[0])
    return "; ".join(f"`{service}:` {', '.join(name for _, name in group)}" for service, group in services)


def _conditions(conditions: Mapping[str, Mapping[str, object]]) -> str:
    return "; ".join(
        f"`{key}` {operator} {_code(map(_named, as_list(value)))}"
        for operator, keys in conditions.items()
        for key, value in keys.items()
    )


def _named(resource: str) -> str:
    """Without partition, region and account; what differs from class to class and build to build in brackets."""
    text = _ARN.sub("", resource)
    for made_up, word in _WORDS.items():
        text = text.replace(made_up, word)
    for made_up, word in _HASHED.items():
        text = re.sub(made_up, word, text)
    return text


def _code(texts: Iterable[str]) -> str:
    return ", ".join(f"`{text}`" for text in sorted(set(texts)))
