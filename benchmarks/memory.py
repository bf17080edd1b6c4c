"""Memory of a process and everything below it, read from /proc."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_SAMPLE_SECONDS = 0.5


@contextmanager
def peak_of(root: int) -> Iterator[list[float]]:
    """Samples of the memory of a process and everything below it, in MiB."""
    samples: list[float] = [0.0]
    over = threading.Event()

    def watch() -> None:
        while not over.wait(_SAMPLE_SECONDS):
            samples.append(tree_mib(root))

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield samples
    finally:
        over.set()
        watcher.join()


def tree_mib(root: int) -> float:
    """MiB that the tree holds: the proportional set size, so that shared pages count once."""
    return sum(_kib(pid) for pid in _tree(root)) / 1024


def _tree(root: int) -> set[int]:
    """The process and its descendants."""
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and (parent := _parent(entry)):
            children.setdefault(parent, []).append(int(entry.name))
    found, open_ = set(), [root]
    while open_:
        pid = open_.pop()
        found.add(pid)
        open_ += children.get(pid, [])
    return found


def _parent(process: Path) -> int:
    """Parent of a process; 0 if it has ended. The name before it may hold blanks and brackets."""
    try:
        return int((process / "stat").read_text().rpartition(")")[2].split()[1])
    except (OSError, IndexError):
        return 0


def _kib(pid: int) -> int:
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0  # it has ended meanwhile
    return sum(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
