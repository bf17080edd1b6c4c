"""A manifest as text: what stands on which line, and which keys stand there twice."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import yaml

Key = tuple[int | str, ...]  # keys and positions from the outermost inwards


@dataclass(frozen=True)
class ManifestText:
    """``lab.yaml`` before anything is made of it."""

    path: Path
    document: object
    lines: Mapping[Key, int]  # of every key, from 1
    twice: tuple[tuple[Key, int], ...]  # keys that stand there again, and where
    broken: tuple[int, str] | None  # line and mistake where it is no YAML

    def line(self, *key: int | str) -> int:
        """Where a key stands; a missing one is looked for in what should hold it."""
        while key and key not in self.lines:
            key = key[:-1]
        return self.lines.get(key, 1)


def read_manifest(path: Path) -> ManifestText:
    """The manifest with its lines; what is wrong with it stands in the answer."""
    try:
        text = path.read_text(encoding="utf-8")
        node = yaml.compose(text)
        document = yaml.safe_load(text)
    except (OSError, UnicodeDecodeError) as error:
        return _broken(path, 1, f"the manifest cannot be read: {error}")
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        return _broken(path, mark.line + 1 if mark else 1, f"no valid YAML: {getattr(error, 'problem', error)}")
    found = list(_keys(node, ())) if node else []
    lines: dict[Key, int] = {}
    twice = []
    for key, line in found:
        if key in lines:
            twice.append((key, line))
        lines.setdefault(key, line)
    return ManifestText(path=path, document=document, lines=lines, twice=tuple(twice), broken=None)


def _broken(path: Path, line: int, text: str) -> ManifestText:
    return ManifestText(path=path, document=None, lines={}, twice=(), broken=(line, text))


def _keys(node: yaml.Node, above: Key) -> Iterator[tuple[Key, int]]:
    """Every key below a node with its line."""
    if isinstance(node, yaml.MappingNode):
        for name, value in node.value:
            key = (*above, str(name.value))
            yield key, name.start_mark.line + 1
            yield from _keys(value, key)
    elif isinstance(node, yaml.SequenceNode):
        for number, value in enumerate(node.value):
            yield (*above, number), value.start_mark.line + 1
            yield from _keys(value, (*above, number))
