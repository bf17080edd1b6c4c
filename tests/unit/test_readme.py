"""The README: no gap left to fill, and every link leads somewhere."""

import re
from pathlib import Path

from classlab.cdk import PROJECT
from classlab.labs import Lab, lab_folders, read_lab

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


def test_the_table_of_labs_says_what_the_manifests_say() -> None:
    rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in TEXT.splitlines() if line.startswith("| `")]
    told = {row[0].strip("`"): row[1:6] for row in rows if row[0].strip("`") in lab_folders()}
    assert told == {folder: _row(read_lab(folder)) for folder in lab_folders()}


def _row(lab: Lab) -> list[str]:
    jobs = lab.pipeline.jobs.values()
    minutes, usd = sum(job.expected_minutes for job in jobs), sum(job.usd for job in jobs)
    started = sum(billed.usd for billed in lab.notebook.values())
    origin = f"`{lab.starts_from}`" if lab.starts_from else "–"
    return [origin, lab.kernel, f"{minutes:g}", f"{usd:.2f}", f"{started:.2f}"]
