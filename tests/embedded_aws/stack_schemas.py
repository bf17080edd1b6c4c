"""CloudFormation's public resource schemas, as cfn-lint has them."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import cfnlint

SCHEMAS = Path(cfnlint.__file__).parent / "data" / "schemas"


@cache
def schema_of(kind: str) -> dict[str, Any]:
    """A type's schema."""
    found: dict[str, Any] = json.loads((SCHEMAS / "resources" / f"{_files()[kind]}.json").read_text())
    return found


@cache
def _files() -> dict[str, str]:
    """The name of each type's file."""
    found: dict[str, str] = json.loads((SCHEMAS / "providers" / "us-east-1.json").read_text())
    return found
