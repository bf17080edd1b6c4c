"""The judge: what is left of a class, in the embedded AWS and on this machine. Shares no code with the teardown.

An item that was not there before the class is a leftover unless AWS itself keeps it: what has no delete call, and
what the whole account shares. The table below is the judge's own.
"""

import os
import re
import socket
import tempfile
import time
from collections.abc import Collection, Iterator
from pathlib import Path
from urllib.parse import urlsplit

from classlab.rehearsal.inventory import Inventory, Item
from classlab.reporting.report import JudgeReport, KeptItem

_NO_DELETE = "AWS has no call to delete it"
_SHARED = "shared by the whole account; AWS's own services make it again"
KEPT = (
    (re.compile(r"sagemaker TransformJob "), _NO_DELETE),
    (re.compile(r"cloudwatch_logs _log_groups \S+//aws/sagemaker/(Training|Processing|Transform)Jobs$"), _SHARED),
    (re.compile(r"cloudwatch_logs _log_groups \S+//aws/sagemaker/NotebookInstances$"), _SHARED),
    (
        re.compile(
            r"eventbridge _rules \S+\|StepFunctionsGetEventsForSageMaker(Training|Processing|Transform)JobsRule$"
        ),
        _SHARED,
    ),
)
_LAST_NAME = re.compile(r"[^/|:]+$")
_POLL_SECONDS = 0.1
# What our own tools call temporary folders; everything else that a rehearsal starts is given a TMPDIR of its own.
_TEMPORARY = re.compile(r"(classlab|embedded-aws|ministack)")


def judge_account(
    before: Inventory, now: Inventory, strangers: frozenset[Item], told: Collection[str] = ()
) -> JudgeReport:
    """Compare the account with what it was before the class.

    `strangers` are the items of `before` that are theirs, `told` the ARNs that the teardown said it keeps: what AWS
    keeps and the teardown did not tell is a leftover too.
    """
    leftovers, kept = [], []
    for item in sorted(now.keys() - before.keys()):
        why = _why_kept(item)
        if why is None:
            leftovers.append(str(item))
        elif not _is_told(item, told):
            leftovers.append(f"{item} ({why}; the teardown did not tell)")
        else:
            kept.append(KeptItem(arn=str(item), why=why))
    changed = [(item, what) for item, what in _changes(before, now) if not (_why_kept(item) and what != "is gone")]
    return JudgeReport(
        asked=len(now),
        baseline=len(before),
        leftovers=leftovers,
        kept=kept,
        baseline_changed=[f"{item} {what}" for item, what in changed if item not in strangers],
        strangers=len(strangers),
        strangers_changed=[f"{item} {what}" for item, what in changed if item in strangers],
    )


def judge_machine(
    *, endpoint: str, mark: str, folders: tuple[Path, ...], temporary_before: frozenset[str]
) -> list[str]:
    """What the rehearsal left on this machine: what `still_at_work` finds, folders, and temporary ones of our tools."""
    remains = still_at_work(endpoint=endpoint, mark=mark, folders=folders)
    remains += [f"folder {folder}" for folder in folders if folder.exists()]
    fresh = temporary_entries() - temporary_before
    return remains + [f"temporary folder {name}" for name in sorted(fresh)]


def still_at_work(*, endpoint: str, mark: str, folders: tuple[Path, ...], patience: float = 0) -> list[str]:
    """Processes that carry `mark` (NAME=value), the port, and what is mounted or held by a loop device in `folders`.

    Whatever goes by itself within `patience` seconds is nothing that was left.
    """
    deadline = time.monotonic() + patience
    while (remains := _at_work(endpoint, mark, folders)) and time.monotonic() < deadline:
        time.sleep(_POLL_SECONDS)
    return remains


def _at_work(endpoint: str, mark: str, folders: tuple[Path, ...]) -> list[str]:
    remains = [f"process {process}" for process in _marked_processes(mark)]
    if _listens(endpoint):
        remains.append(f"a listener at {endpoint}")
    remains += [f"mount {point}" for point in _mount_points() if _is_below(point, folders)]
    return remains + [f"loop device of {file}" for file in _loop_files() if _is_below(file, folders)]


def temporary_entries() -> frozenset[str]:
    """What lies in this machine's temporary folder under a name that our tools use."""
    return frozenset(str(path) for path in Path(tempfile.gettempdir()).iterdir() if _TEMPORARY.match(path.name.lower()))


def _why_kept(item: Item) -> str | None:
    return next((why for pattern, why in KEPT if pattern.match(str(item))), None)


def _is_told(item: Item, told: Collection[str]) -> bool:
    name = _LAST_NAME.findall(item.id)
    return bool(name) and any(_LAST_NAME.findall(arn) == name for arn in told)


def _changes(before: Inventory, now: Inventory) -> Iterator[tuple[Item, str]]:
    for item in sorted(before):
        if item not in now:
            yield item, "is gone"
        elif now[item] != before[item]:
            yield item, "was changed"


def _marked_processes(mark: str) -> Iterator[str]:
    """Other processes with the mark in their environment, as `pid command`; none where there is no /proc."""
    for entry in Path("/proc").glob("[0-9]*"):
        if entry.name == str(os.getpid()):
            continue
        try:
            variables = (entry / "environ").read_bytes().split(b"\0")
            command = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()
        except OSError:
            continue  # gone meanwhile, or another user's
        if mark.encode() in variables and command:
            yield f"{entry.name} {command[:120]}"


def _is_below(path: str, folders: tuple[Path, ...]) -> bool:
    return any(Path(path).is_relative_to(folder) for folder in folders)


def _mount_points() -> list[str]:
    """Where something is mounted; none where there is no /proc."""
    try:
        lines = Path("/proc/self/mounts").read_text().splitlines()
    except OSError:
        return []
    return [line.split()[1].encode().decode("unicode_escape") for line in lines]


def _loop_files() -> list[str]:
    """The files behind loop devices; those of another mount namespace too."""
    found = []
    for file in Path("/sys/block").glob("loop*/loop/backing_file"):
        try:
            found.append(file.read_text().strip())
        except OSError:
            continue  # let go meanwhile
    return found


def _listens(endpoint: str) -> bool:
    address = urlsplit(endpoint)
    with socket.socket() as probe:
        probe.settimeout(2)
        return probe.connect_ex((address.hostname or "127.0.0.1", address.port or 80)) == 0
