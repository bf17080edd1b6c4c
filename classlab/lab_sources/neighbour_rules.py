"""Rules about labs that lie beside each other: what one class may have together."""

from collections.abc import Iterator
from pathlib import Path

from classlab.lab_sources.subject import Remark, Subject
from classlab.labs import Lab, lab_folders


def own_data(subject: Subject) -> Iterator[Remark]:
    """No two labs have data of one name: the class's bucket holds it once."""
    for other in _neighbours(subject):
        if subject.lab and subject.lab.data and other.data and subject.lab.data.file == other.data.file:
            yield subject.at("data", "file", text=f"data: {other.name} has a file {other.data.file} too; rename one")


def own_kernel(subject: Subject) -> Iterator[Remark]:
    """Labs that name one kernel lock the same packages for the same Python."""
    for other in _neighbours(subject):
        if subject.lab and subject.lab.kernel == other.kernel and _packages(subject.lab) != _packages(other):
            text = (
                f"kernel: {other.name} has a kernel {other.kernel!r} of other packages; rename one, or borrow the lock"
            )
            yield subject.at("kernel", text=text)


def _neighbours(subject: Subject) -> list[Lab]:
    """The other labs beside this one whose manifests can be read."""
    folders: list[Path] = [subject.folder.parent / name for name in lab_folders(subject.folder.parent)]
    labs = [Subject(folder).lab for folder in folders if folder.name != subject.folder.name]
    return [lab for lab in labs if lab]


def _packages(lab: Lab) -> tuple[str, bytes]:
    path = lab.file("requirements.txt")
    return lab.kernel_python, path.read_bytes() if path.is_file() else b""
