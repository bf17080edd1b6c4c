"""AWS's error texts for the emulator's own, by service, and by operation where that matters."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from html import unescape
from typing import Any
from xml.sax.saxutils import escape

_MESSAGE = re.compile(rb"<Message>(.*?)</Message>", re.DOTALL)

# {0}, {1}, ... are the groups of the pattern; {place} is `<region>:<account>`; other names are the request's members.
_TEXTS: Mapping[str, tuple[tuple[str, str], ...]] = {
    "iam": (
        (r"Login profile for user (\S+) already exists\.", "Login Profile for user {0} already exists."),
        (r"Login profile for user (\S+) cannot be found\.", "Login Profile for User {0} cannot be found."),
        (r"Role (\S+) not found\.", "The role with name {0} cannot be found."),
        (r"Policy version (\S+) not found\.", "Policy {PolicyArn} version {0} does not exist or is not attachable."),
        (r"Policy not found\.", "Policy {PolicyArn} was not found."),
        (r"Policy (arn:\S+) not found\.", "Policy {0} was not found."),
        (
            r"Cannot delete entity, must delete all inline policies first\.",
            "Cannot delete entity, must delete policies first.",
        ),
        (
            r"A policy called (\S+) already exists\.",
            "A policy called {0} already exists. Duplicate names are not allowed.",
        ),
        (
            r"A managed policy can have at most 5 versions\.",
            (
                "A managed policy can have up to 5 versions. Before you create a new version, you must delete an "
                "existing version."
            ),
        ),
    ),
    "states": (
        (r"State machine (arn:\S+) not found", "State Machine Does Not Exist: '{0}'"),
        (
            r"State machine (\S+) already exists",
            "State Machine Already Exists: 'arn:aws:states:{place}:stateMachine:{0}'",
        ),
        (r"Execution (\S+) not found", "Execution Does Not Exist: '{0}'"),
    ),
    "cloudformation": (
        (r"TemplateBody or TemplateURL is required", "Either Template URL or Template Body must be specified."),
        (r"Invalid TemplateURL: .*", "TemplateURL must be a supported URL."),
        (
            r"ChangeSet \[(.+)\] is in UNAVAILABLE status",
            "ChangeSet [{0}] cannot be executed in its current status of [FAILED]",
        ),
        (r"(.* pattern: \[a-zA-Z\]\[-a-zA-Z0-9\]\*)", "{0}|arn:[-a-zA-Z0-9:/._+]*"),
    ),
    "cloudformation:GetTemplate": ((r"Stack \[(.+)\] does not exist", "Stack with id {0} does not exist"),),
    "scheduler": ((r"Schedule (\S+) (does not exist|already exists) in group \S+\.", "Schedule {0} {1}."),),
    "logs": (
        (r"The specified log (group|stream) already exists: .*", "The specified log {0} already exists"),
        (r"The specified log (group|stream) does not exist: .*", "The specified log {0} does not exist."),
    ),
}
_BAD_JSON = re.compile(r"Template format error: .*line (\d+) column (\d+) \(char \d+\)")


def reworded(service: str, operation: str, text: str, asked: Mapping[str, Any]) -> str:
    """AWS's text for the emulator's; the same where there is no other."""
    if service == "cloudformation" and (found := _BAD_JSON.fullmatch(text)):
        return f"Template format error: JSON not well-formed. (line {found[1]}, column {int(found[2]) + 1})"
    for pattern, ours in (*_TEXTS.get(f"{service}:{operation}", ()), *_TEXTS.get(service, ())):
        if found := re.fullmatch(pattern, text, re.DOTALL):
            return ours.format(*found.groups(), **{"PolicyArn": "", **asked})
    return text


def reworded_body(service: str, operation: str, body: bytes, asked: Mapping[str, Any]) -> bytes:
    """An error's body with AWS's text, in XML or JSON."""
    if body.lstrip()[:1] == b"<":

        def xml(found: re.Match[bytes]) -> bytes:
            text = reworded(service, operation, unescape(found[1].decode()), asked)
            return f"<Message>{escape(text)}</Message>".encode()

        return _MESSAGE.sub(xml, body, count=1)
    try:
        content = json.loads(body)
    except ValueError:
        return body
    for key in ("message", "Message"):
        if isinstance(content.get(key), str):
            content[key] = reworded(service, operation, content[key], asked)
    return json.dumps(content).encode()
