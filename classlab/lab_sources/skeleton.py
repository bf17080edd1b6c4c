"""`classlab labs new`: a small lab that runs, copied from the template, whose name gives way to the new one's."""

import shutil
from pathlib import Path

from classlab.contract import LAB_MAX
from classlab.errors import UserError
from classlab.labs import NAME

TEMPLATES = Path(__file__).resolve().parents[1] / "templates"
_NAME, _FOLDER, _TITLE = "new-lab", "new_lab", "New lab"


def begin(name: str, *, labs_folder: Path, tests_folder: Path) -> tuple[Path, Path]:
    """Write the lab's folder and its tests; returns both. Nothing that is there is ever overwritten.

    Raises:
        UserError: the name cannot be one, or is taken.
    """
    if not NAME.fullmatch(name) or len(name) > LAB_MAX:
        raise UserError(f"{name!r} is no name of a lab: {LAB_MAX} lower case letters, digits and hyphens at most")
    folder_name = name.replace("-", "_")
    folder, test = labs_folder / folder_name, tests_folder / f"test_{folder_name}.py"
    for path in (folder, test):
        if path.exists():
            raise UserError(f"{path} is there already: choose another name")
    template = TEMPLATES / _FOLDER
    folder.mkdir(parents=True)
    for source in sorted(path for path in template.iterdir() if path.is_file()):
        if source.suffix == ".txt":
            shutil.copyfile(source, folder / source.name)  # locks stay as they are, byte for byte
        else:
            _write(folder / source.name, source, name)
    _write(test, TEMPLATES / f"test_{_FOLDER}.py", name)
    return folder, test


def _write(target: Path, source: Path, name: str) -> None:
    words = {_NAME: name, _FOLDER: name.replace("-", "_"), _TITLE: name.replace("-", " ").capitalize()}
    text = source.read_text(encoding="utf-8")
    for old, new in words.items():
        text = text.replace(old, new)
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(text, encoding="utf-8")
