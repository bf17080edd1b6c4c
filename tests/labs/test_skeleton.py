"""A lab that `classlab labs new` writes runs, from generator to score, in the job images' environments."""

import subprocess
import sys
from pathlib import Path

from benchmarks.lab_scripts import LabScripts
from classlab.lab_sources.skeleton import begin
from classlab.labs import read_lab


def test_a_new_labs_scripts_pass_its_gate(environments: Path, tmp_path: Path) -> None:
    folder, _ = begin("trial", labs_folder=tmp_path / "labs", tests_folder=tmp_path / "tests")
    lab = read_lab(folder.name, folder.parent)
    assert lab.data
    data = tmp_path / lab.data.file
    subprocess.run([sys.executable, "-I", folder / lab.data.generator, data], check=True)
    scripts = LabScripts.of(lab, environments=environments, work=tmp_path / "work")
    scripts.prepare(data)
    assert scripts.train()[lab.pipeline.gate.metric] >= lab.pipeline.gate.at_least
    scripts.infer()
    assert scripts.score()["auc"] >= lab.pipeline.gate.at_least
