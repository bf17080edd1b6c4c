"""The job images' environments, generated and real churn data, and the lab's scripts in a temporary folder."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.lab_scripts import LabScripts
from classlab.labs import Lab, read_lab
from embedded_aws.runtime import images
from embedded_aws.runtime.environments import Environment
from tests.labs import animals

ENVIRONMENTS = Path(__file__).resolve().parents[2] / ".envs"


@pytest.fixture(scope="session")
def environments() -> Path:
    """Where the environments of the job images are; made if they are missing."""
    images.prepare(ENVIRONMENTS, print, [images.XGBOOST.name, images.SCIKIT_LEARN.name])
    return ENVIRONMENTS


@pytest.fixture(scope="session")
def churn() -> Lab:
    """The churn lab."""
    return read_lab("churn_xgboost")


@pytest.fixture(scope="session")
def generated(churn: Lab, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file that the lab's generator makes."""
    path = tmp_path_factory.mktemp("generated") / "churn.csv"
    subprocess.run([sys.executable, "-I", churn.folder / churn.raw.generator, path], check=True)
    return path


@pytest.fixture(scope="session")
def real() -> Path:
    """The real churn file, where this machine has it."""
    path = Path(os.environ.get("CLASSLAB_DATA", "")) / "churn.csv"
    if "CLASSLAB_DATA" not in os.environ or not path.is_file():
        pytest.skip("CLASSLAB_DATA names no folder with the real churn.csv")
    return path


@pytest.fixture
def scripts(churn: Lab, environments: Path, tmp_path: Path) -> LabScripts:
    """The lab's scripts, ready to run."""
    return LabScripts.of(churn, environments=environments, work=tmp_path)


@pytest.fixture(scope="session")
def animals_archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The miniature set that the image data lab draws."""
    return animals.generate(tmp_path_factory.mktemp("animals") / "animals.tar")


@pytest.fixture(scope="session")
def animals_lab(environments: Path) -> animals.Animals:
    """The image data lab's scripts, with what its jobs install, made once for each state of the lock."""
    image = images.SCIKIT_LEARN
    lock = animals.LAB.folder / "container.txt"
    container = Environment("image-data-container", lock, environments, image.python)
    container.make()
    packages = container.folder / f"lib/python{image.python}/site-packages"
    return animals.Animals(python=images.environment(image, environments).python, packages=packages)


@pytest.fixture(scope="session")
def animals_prepared(
    animals_lab: animals.Animals, animals_archive: Path, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """What the image data lab prepares of the miniature set: train, validation, test and labels."""
    work = tmp_path_factory.mktemp("prepared-animals")
    animals_lab.prepare(animals_archive, work, **animals.LAB.small.prepare)
    return work / "prepared"
