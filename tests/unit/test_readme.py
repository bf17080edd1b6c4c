"""The README: no gap left to fill, and every link leads somewhere."""

import re
from pathlib import Path

from classlab.cdk import PROJECT

TEXT = (PROJECT / "README.md").read_text(encoding="utf-8")


def test_no_gap_is_left_to_fill() -> None:
    assert "@@" not in TEXT


def test_every_link_within_the_project_leads_somewhere() -> None:
    links = re.findall(r"\]\((?!https?:)([^)#]+)\)", TEXT)
    assert links
    assert [link for link in links if not (PROJECT / Path(link)).exists()] == []


def test_every_command_of_make_that_is_named_exists() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (PROJECT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    assert set(re.findall(r"`?make ([a-z-]+)", TEXT)) - {"sure"} <= targets
