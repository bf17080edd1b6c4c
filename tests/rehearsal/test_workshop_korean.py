"""A Korean class without GPUs for attendees: the notebook goes on with the model that a pipeline trained."""

import json
import re
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from classlab.build.notebook import build_notebooks
from classlab.cli.main import main
from classlab.contract import WORK_PREFIX
from classlab.labs import Lab
from classlab.rehearsal.options import Options
from classlab.reporting.report import Report
from classlab.settings import Language

pytestmark = [pytest.mark.rehearsal, pytest.mark.workshop]
LAB = "image-builtin"
CLASSROOM = Path(__file__).parents[2] / "classroom.example.yaml"
REFUSAL = "The account-level service limit 'ml.g4dn.xlarge for training job usage' is 0 Instances"
# What AWS answers where the quota is used up; the pipeline, which is the instructor's run here, has its GPU.
_REFUSED = f"""
def refused(**request):
    answer = {{"Code": "ResourceLimitExceeded", "Message": "{REFUSAL}"}}
    raise ClientError({{"Error": answer}}, "CreateTrainingJob")


sagemaker.create_training_job = refused
"""


def _without_gpu(lab: Lab, language: Language) -> dict[str, str]:
    """What attendees get, with the refusal behind the cell that makes the clients."""
    notebooks = {name: json.loads(text) for name, text in build_notebooks(lab, language).items()}
    for notebook in notebooks.values():
        notebook["cells"] = list(_refusing(notebook["cells"]) if lab.name == LAB else notebook["cells"])
    return {name: json.dumps(notebook) for name, notebook in notebooks.items()}


def _refusing(cells: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for cell in cells:
        yield cell
        if "s3, sagemaker, logs = " in "".join(cell["source"]):
            yield {**cell, "id": f"{cell['id']}-refused", "source": _REFUSED}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the rehearsal works."""
    return tmp_path_factory.mktemp("korean")


@pytest.fixture(scope="module")
def day(environments: Path, folder: Path) -> tuple[int, Report]:
    """Exit status and report."""
    classroom = folder / "classroom.yaml"
    classroom.write_text(CLASSROOM.read_text(encoding="utf-8") + "language: ko\n", encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("CLASSLAB_DATA", raising=False)
        patch.setattr("classlab.cli.rehearse.Options", partial(Options, folder=folder / "rehearsal"))
        patch.setattr("classlab.build.bundle.build_notebooks", _without_gpu)
        words = ["rehearse", "--labs", "image_builtin", "--classroom", str(classroom), "--attendees", "1", "--json"]
        done = CliRunner().invoke(main, words, catch_exceptions=False)
    return done.exit_code, Report.read(folder / "rehearsal/report.json")


@pytest.fixture(scope="module")
def said(day: tuple[int, Report], folder: Path) -> str:
    """Everything that the built-in algorithm's notebook printed and showed."""
    home = folder / "rehearsal/closed" / WORK_PREFIX / day[1].notebooks[0].attendee
    (path,) = home.rglob(f"{LAB}/{LAB}.ipynb")
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    outputs = [output for cell in cells for output in cell.get("outputs", [])]
    texts = ["".join(output.get("text") or output.get("data", {}).get("text/plain", [])) for output in outputs]
    return "\n".join(texts)  # values that are shown end no line


def test_everything_held(day: tuple[int, Report]) -> None:
    assert (day[1].problems, day[0]) == ([], 0)
    assert {row.status for row in day[1].notebooks} == {"succeeded"}


def test_the_refusal_is_told_in_the_classs_language(said: str) -> None:
    assert f"오늘은 GPU를 쓸 수 없습니다: {REFUSAL}" in said
    assert "여러분의 버킷에 있던, 이전 실행에서 나온 모델입니다." in said


def test_the_pipelines_model_is_scored(day: tuple[int, Report], said: str) -> None:
    metrics = next(row.metrics for row in day[1].labs if row.name == LAB)
    assert metrics["accuracy"] >= 0.9
    sentence, row = [line for line in said.splitlines() if line.startswith("정확도 ")]
    assert sentence.startswith(f"정확도 {metrics['accuracy']:.3f}, 매크로 F1 ")
    assert float(row.split()[-1]) == pytest.approx(metrics["accuracy"], abs=0.005)  # the baseline's, then this one's


def test_the_words_of_tables_and_messages_are_korean(said: str) -> None:
    assert re.search(r"^자리 \S+, 버킷 \S+, 리전 \S+$", said, re.MULTILINE)
    assert re.search(r"^학습: \d+초, 초당 사진 \d+\.\d장$", said, re.MULTILINE)
    for english in ("seat ", "bucket ", "macro F1", "pictures", "magic "):
        assert english not in said
