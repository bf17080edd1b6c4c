"""The one exception the control plane raises: an AWS error with its code, its text and its HTTP status."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


class AwsError(Exception):
    """An error as AWS answers it.

    `code` is AWS's error code, `message` its text, `status` the HTTP status; `members` are further
    members of the error's shape (ModelError has OriginalStatusCode, ...).
    """

    def __init__(self, code: str, message: str, status: int = 400, members: Mapping[str, Any] | None = None) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.status = status
        self.members = dict(members or {})


def validation(message: str) -> AwsError:
    """A ValidationException with this text."""
    return AwsError("ValidationException", message)


def not_implemented(what: str) -> AwsError:
    """What AWS has and this engine does not: refused by name, never accepted and ignored."""
    return AwsError("UnknownOperationException", f"{what} is not implemented by the embedded AWS")
