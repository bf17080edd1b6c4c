"""Notebooks from percent sources: without outputs, in the class's language, and without solutions for attendees."""

import json
from typing import Any

import pytest

from classlab.build.notebook import build_notebooks
from classlab.errors import UserError
from classlab.labs import Lab
from classlab.settings import Language


def cells(lab: Lab, language: Language = "en", *, solutions: bool = False) -> list[dict[str, Any]]:
    """The cells of the lab's own notebook."""
    found: list[dict[str, Any]] = json.loads(build_notebooks(lab, language, solutions=solutions)["tiny"])["cells"]
    return found


def test_a_lab_has_its_own_notebook_first_and_its_further_ones(lab: Lab) -> None:
    assert list(build_notebooks(lab, "en")) == ["tiny", "tiny-more"]


def test_the_notebook_runs_on_the_labs_kernel_and_has_no_outputs(lab: Lab) -> None:
    notebook = json.loads(build_notebooks(lab, "ko")["tiny"])
    assert notebook["metadata"]["kernelspec"] == {"name": "tiny", "display_name": "작은 실습", "language": "python"}
    code = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
    assert all(cell["outputs"] == [] and cell["execution_count"] is None for cell in code)
    assert build_notebooks(lab, "ko") == build_notebooks(lab, "ko")


def test_solutions_are_for_instructors_and_cells_keep_their_ids(lab: Lab) -> None:
    given, solved = cells(lab), cells(lab, solutions=True)
    assert [cell["metadata"].get("tags", []) for cell in given] == [[], [], ["exercise"], ["check"]]
    assert [cell for cell in solved if cell["metadata"].get("tags") != ["solution"]] == given
    assert "answer = 42" in "".join(str(cell["source"]) for cell in solved)
    assert "answer = 42" not in "".join(str(cell["source"]) for cell in given)


@pytest.mark.parametrize(
    ("language", "title", "one"), [("en", "Title", "one"), ("ko", "제목", "하나"), ("ja", "題名", "一つ")]
)
def test_named_cells_speak_the_classs_language(lab: Lab, language: Language, title: str, one: str) -> None:
    found = cells(lab, language)
    assert "".join(found[0]["source"]) == f"# {title}"
    assert "".join(found[1]["source"]) == f'words = {{"one": "{one}"}}'
    assert found[2:] == cells(lab)[2:]


def test_headings_in_a_translation_that_are_no_names_belong_to_the_text(lab: Lab) -> None:
    path = lab.folder / "notebook.ko.md"
    text = "## 자료\n\n```\n## words\n```\n\n## The data"
    path.write_text(path.read_text().replace("# 제목", text))
    assert "".join(cells(lab, "ko")[0]["source"]) == text


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("## intro", "## other", r"notebook\.ko\.md: the cell 'intro' has no section: add `## intro`"),
        ("```python", "words:\n```python", r"notebook\.ko\.md:5: 'words' is a code cell: one ```python block"),
    ],
)
def test_a_translation_that_lacks_something_is_told(lab: Lab, old: str, new: str, told: str) -> None:
    path = lab.folder / "notebook.ko.md"
    path.write_text(path.read_text().replace(old, new))
    with pytest.raises(UserError, match=told):
        build_notebooks(lab, "ko")


def test_a_missing_translation_is_told_and_english_needs_none(lab: Lab) -> None:
    (lab.folder / "notebook.ja.md").unlink()
    with pytest.raises(UserError, match=r"notebook\.ja\.md: the translation of the lab's notebook cannot be read"):
        build_notebooks(lab, "ja")
    assert cells(lab)


def test_a_lab_without_a_notebook_is_named(lab: Lab) -> None:
    (lab.folder / "notebook.py").unlink()
    with pytest.raises(UserError, match=r"notebook\.py: the source"):
        build_notebooks(lab, "en")


def test_a_source_begins_with_a_cell(lab: Lab) -> None:
    (lab.folder / "notebook.py").write_text("first = 1\n# %%\nsecond = 2\n")
    with pytest.raises(UserError, match="every cell begins with a line `# %%`"):
        build_notebooks(lab, "en")
