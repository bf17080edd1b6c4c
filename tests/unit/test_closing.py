"""Two classes can be closed at once from one folder."""

from pathlib import Path
from unittest.mock import create_autospec

from classlab.cdk import PROJECT, Cdk
from classlab.closing import destroy_class_stack


def test_every_command_writes_to_a_folder_of_its_own_and_leaves_none() -> None:
    folders: list[Path] = []

    def run(*arguments: str) -> None:
        folders.append(Path(arguments[arguments.index("--output") + 1]))
        assert folders[-1].is_dir()

    cdk = create_autospec(Cdk, instance=True)
    cdk.run.side_effect = run
    for _ in range(2):
        destroy_class_stack(cdk)
    assert len(set(folders)) == 2
    assert not any(folder.exists() or folder.is_relative_to(PROJECT) for folder in folders)
