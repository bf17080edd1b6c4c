"""Every word that a notebook plots has its letters in the kernel's fonts, in every language: no boxes."""

import json
import os
import subprocess
from pathlib import Path
from typing import get_args

import pytest

from classlab.build.bundle import contents
from classlab.labs import Lab, lab_folders, read_lab
from classlab.settings import Language
from embedded_aws.runtime.environments import Environment
from lifecycle import configure
from tests.labs.lab_words import words_of

LABS = [read_lab(folder) for folder in lab_folders()]
SMALLEST = read_lab("image_builtin")  # its kernel stands for all: their fonts are the same
FONTS = ("koreanize-matplotlib", "matplotlib-fontja")
# Draws every word and prints what matplotlib says of letters that no font has.
DRAW = """
import json, sys, warnings
import matplotlib.pyplot as plt
with warnings.catch_warnings(record=True) as said:
    warnings.simplefilter("always")
    for number, word in enumerate(json.loads(sys.argv[1])):
        figure = plt.figure()
        figure.text(0, 0.5, word.replace("$", ""))
        figure.canvas.draw()
        plt.close(figure)
print(json.dumps([str(one.message) for one in said]))
"""


def fonts_of(lab: Lab) -> dict[str, str]:
    """The packages that bring fonts, and their versions in the lab's kernel."""
    lines = lab.file("requirements.txt").read_text(encoding="utf-8").splitlines()
    pins = (line.split()[0].split("==") for line in lines if "==" in line.partition("#")[0])
    return {name: version for name, version in pins if name in FONTS}


@pytest.fixture(scope="module")
def kernel(environments: Path) -> Path:
    """The environment of a lab's kernel."""
    made = Environment("kernel-fonts", SMALLEST.file("requirements.txt"), environments)
    made.make()
    return made.folder


def missing(kernel: Path, folder: Path, words: list[str]) -> list[str]:
    """What matplotlib misses when it draws words where the lifecycle scripts linked the kernel's fonts."""
    variables = {"HOME": str(folder), "MPLCONFIGDIR": str(folder), "MPLBACKEND": "agg", "PATH": os.environ["PATH"]}
    command = [str(kernel / "bin/python"), "-c", DRAW, json.dumps(words)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=folder, env=variables)
    assert done.returncode == 0, done.stderr
    found: list[str] = json.loads(done.stdout.splitlines()[-1])
    return found


@pytest.mark.parametrize("lab", LABS, ids=lambda lab: lab.name)
def test_every_kernel_has_the_same_fonts(lab: Lab) -> None:
    assert sorted(fonts_of(lab)) == sorted(FONTS)
    assert fonts_of(lab) == fonts_of(SMALLEST)


def test_plots_show_no_boxes(kernel: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(configure, "HOME", tmp_path)
    configure.link_fonts(kernel)
    tables = [table for lab in LABS for language in get_args(Language) for table in words_of(lab, language).values()]
    words = [word for table in tables for word in table.values()]
    assert len(words) > 300
    files = contents(LABS, language="ko", region="us-east-1")
    for settings in {files[f"{lab.name}/matplotlibrc"] for lab in LABS}:
        (tmp_path / "matplotlibrc").write_bytes(settings)
        assert missing(kernel, tmp_path, words) == []
    (tmp_path / "matplotlibrc").unlink()
    assert any("Glyph" in said for said in missing(kernel, tmp_path, words))  # else this could not fail
