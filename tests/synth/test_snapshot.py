"""Every change of a template is seen in review: compared with the stored text, with hashes blanked.

After a change that is meant: ``CLASSLAB_UPDATE_SNAPSHOTS=1 python -m pytest tests/synth/test_snapshot.py``.
"""

import json
import os
import re
from pathlib import Path

import pytest

from tests.synth.conftest import TEMPLATES, Template

SNAPSHOTS = Path(__file__).parent / "snapshots"
_HASH = re.compile(r"\b[0-9a-f]{64}\b")


def _blanked(template: Template) -> str:
    return _HASH.sub("<sha256>", json.dumps(template, indent=1, sort_keys=True)) + "\n"


@pytest.mark.parametrize("which", TEMPLATES)
def test_the_template_is_as_stored(request: pytest.FixtureRequest, which: str) -> None:
    path = SNAPSHOTS / f"{which}.json"
    text = _blanked(request.getfixturevalue(which))
    if os.environ.get("CLASSLAB_UPDATE_SNAPSHOTS"):
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    assert text == path.read_text(encoding="utf-8")
