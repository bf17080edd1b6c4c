"""Lab manifests: what is read, and how mistakes are told."""

from pathlib import Path

import pytest
import yaml

from classlab.errors import UserError
from classlab.labs import LABS_FOLDER, STEP_SCRIPTS, image_uri, read_lab


def write_manifest(folder: Path, **changes: object) -> Path:
    document = yaml.safe_load((LABS_FOLDER / "churn_xgboost" / "lab.yaml").read_text())
    document.update(changes)
    (folder / "mine").mkdir()
    (folder / "mine" / "lab.yaml").write_text(yaml.safe_dump(document))
    return folder


@pytest.mark.parametrize("manifest", sorted(LABS_FOLDER.glob("*/lab.yaml")), ids=lambda path: path.parent.name)
def test_every_lab_has_a_manifest_and_the_scripts_of_its_steps(manifest: Path) -> None:
    lab = read_lab(manifest.parent.name)
    needed = [*STEP_SCRIPTS.values(), lab.data.generator, "notebook.py", "requirements.txt", "container.txt"]
    assert [name for name in needed if not (lab.folder / name).is_file()] == []


@pytest.mark.parametrize("manifest", sorted(LABS_FOLDER.glob("*/lab.yaml")), ids=lambda path: path.parent.name)
def test_what_a_step_reads_is_what_prepare_writes(manifest: Path) -> None:
    pipeline = read_lab(manifest.parent.name).pipeline
    assert {*pipeline.train.channels, pipeline.infer.input} <= set(pipeline.prepare.outputs)


def test_an_unknown_lab_is_refused_with_the_known_ones() -> None:
    with pytest.raises(UserError, match=r"no lab 'chrun'.*churn_xgboost"):
        read_lab("chrun")


def test_an_unknown_key_is_refused_with_the_nearest_right_one(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"lab\.yaml: kernal: unknown key; did you mean 'kernel'"):
        read_lab("mine", write_manifest(tmp_path, kernal="x"))


def test_a_name_too_long_for_aws_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="longer than the 13 characters"):
        read_lab("mine", write_manifest(tmp_path, name="churn-with-xgboost"))


def test_an_image_is_named_with_its_region_and_registry() -> None:
    uri = image_uri("sagemaker-xgboost:3.2-0", "us-east-1")
    assert uri == "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-xgboost:3.2-0"


def test_an_image_of_another_region_comes_from_that_regions_registry() -> None:
    uri = image_uri("sagemaker-scikit-learn:1.9-0-cpu-py3", "eu-central-1")
    assert uri == "492215442770.dkr.ecr.eu-central-1.amazonaws.com/sagemaker-scikit-learn:1.9-0-cpu-py3"


@pytest.mark.parametrize(
    ("image", "region", "told"),
    [
        ("sagemaker-xgboost:3.2-0", "mars-north-1", "not recorded for mars-north-1; regions: af-south-1"),
        ("mine:1", "us-east-1", r"add it to classlab/image_registries\.yaml"),
    ],
)
def test_an_image_that_is_not_recorded_is_refused_with_what_to_do(image: str, region: str, told: str) -> None:
    with pytest.raises(UserError, match=told):
        image_uri(image, region)
