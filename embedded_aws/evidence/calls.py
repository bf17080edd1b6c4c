"""The table of calls: which are answered, which are refused, and what the installed botocore has that it lacks.

`python -m embedded_aws.evidence.calls` prints it; `--write` keeps it in `supported.md`; `--check` says what is new,
gone or changed against what is kept, and ends with status 1 if anything is.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

import botocore

from embedded_aws import launcher
from embedded_aws.evidence import probe

KEPT = Path(__file__).parent.parent / "supported.md"
Found = Mapping[str, Mapping[str, bool]]
_ENVIRONMENTS = Path(__file__).parent.parent.parent / ".envs"
_WORKS, _REFUSED = "| {} | ✓ | |", "| {} | | ✓ |"


def main() -> None:
    """Ask a fresh engine and print, write or check the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--environments", type=Path, default=_ENVIRONMENTS, help="where the engine's environment is")
    parser.add_argument("--write", action="store_true", help=f"keep the table in {KEPT.name}")
    parser.add_argument("--check", action="store_true", help="say what is new, gone or changed")
    options = parser.parse_args()
    found = ask(options.environments)
    if options.write:
        KEPT.write_text(table(found))
    if options.check:
        changes = list(differences(kept(KEPT.read_text()), found))
        sys.stdout.writelines(f"{change}\n" for change in changes)
        sys.exit(1 if changes else 0)
    sys.stdout.write(f"{supported(found)} calls work\n" if options.write else table(found))


def ask(environments: Path) -> Found:
    """What an engine of its own answers."""
    with tempfile.TemporaryDirectory() as folder:
        engine = launcher.start(state=Path(folder) / "state", environments=environments)
        try:
            return probe.answered(engine)
        finally:
            launcher.stop(engine)


def supported(found: Found) -> int:
    """How many calls are answered."""
    return sum(sum(calls.values()) for calls in found.values())


def table(found: Found) -> str:
    """All calls as Markdown."""
    return "\n".join(_lines(found)) + "\n"


def kept(text: str) -> dict[str, dict[str, bool]]:
    """The calls of a table, as `table` writes it."""
    read: dict[str, dict[str, bool]] = {}
    service = ""
    for line in text.splitlines():
        if line.startswith("## "):
            service = line.removeprefix("## ").split(":")[0]
            read[service] = {}
        elif line.endswith(("✓ | |", "| | ✓ |")):
            read[service][line.split("|")[1].strip()] = line.endswith("✓ | |")
    return read


def differences(before: Found, now: Found) -> Iterator[str]:
    """What is new, gone or changed, a line each."""
    for service, calls in now.items():
        known = before.get(service, {})
        for call in sorted(calls.keys() | known.keys()):
            if call not in known:
                yield f"{service} {call}: new in botocore {botocore.__version__}, {_word(works=calls[call])}"
            elif call not in calls:
                yield f"{service} {call}: gone from botocore {botocore.__version__}"
            elif calls[call] != known[call]:
                yield f"{service} {call}: {_word(works=known[call])} before, {_word(works=calls[call])} now"


def _lines(found: Found) -> Iterator[str]:
    yield "# Calls\n"
    yield (
        f"Of the calls that botocore {botocore.__version__} knows of these services {supported(found)} are answered; "
        "the others are\nrefused by their names. Written by `python -m embedded_aws.evidence.calls --write`.\n"
    )
    for service, calls in found.items():
        yield f"## {service}: {sum(calls.values())} of {len(calls)}\n"
        yield "| call | works | refused |"
        yield "|---|---|---|"
        yield from ((_WORKS if works else _REFUSED).format(call) for call, works in calls.items())
        yield ""


def _word(*, works: bool) -> str:
    return "answered" if works else "refused"


if __name__ == "__main__":
    main()
