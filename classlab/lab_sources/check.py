"""`classlab labs check`: every rule over a lab's folder; each mistake with file and line."""

from dataclasses import dataclass
from pathlib import Path

from classlab.lab_sources import (
    file_rules,
    manifest_rules,
    neighbour_rules,
    notebook_rules,
    requirement_rules,
    translation_rules,
    word_rules,
)
from classlab.lab_sources.subject import Look, Subject

RULES: dict[str, Look] = {
    "manifest": manifest_rules.valid,
    "duplicate-keys": manifest_rules.duplicate_keys,
    "folder": manifest_rules.folder_name,
    "titles": manifest_rules.titles,
    "images": manifest_rules.images,
    "gpu": manifest_rules.gpus,
    "price": manifest_rules.prices,
    "starts-from": manifest_rules.origins,
    "reads": manifest_rules.read_labs,
    "steps": manifest_rules.steps_fit,
    "data-file": neighbour_rules.own_data,
    "kernel": neighbour_rules.own_kernel,
    "files": file_rules.present,
    "python": file_rules.parses,
    "outputs": file_rules.no_outputs,
    "accounts": file_rules.no_accounts,
    "pinned": requirement_rules.pinned,
    "locked": requirement_rules.locked,
    "kernel-python": requirement_rules.python_named,
    "hosts": requirement_rules.no_hosts,
    "notebook": notebook_rules.readable,
    "cell-length": notebook_rules.short,
    "explained": notebook_rules.explained,
    "names": notebook_rules.named,
    "tags": notebook_rules.known_tags,
    "exercise": notebook_rules.exercise,
    "installs": notebook_rules.installs_nothing,
    "words": word_rules.shown_words,
    "translation": translation_rules.complete,
    "sections": translation_rules.known,
    "translated-code": translation_rules.code_fits,
}


@dataclass(frozen=True)
class Finding:
    """A mistake: which rule says so, where, and what."""

    rule: str
    file: Path
    line: int
    text: str


def check(folder: Path) -> list[Finding]:
    """Every mistake of one lab, by file and line; empty where the lab keeps all rules."""
    subject = Subject(folder)
    found = [Finding(rule, *remark) for rule, look in RULES.items() for remark in look(subject)]
    return sorted(found, key=lambda finding: (finding.file, finding.line, finding.rule, finding.text))
