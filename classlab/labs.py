"""Lab manifests (``lab_assets/<folder>/lab.yaml``): what a lab is made of and what its pipeline runs on."""

from functools import cache
from pathlib import Path
from typing import Literal

import yaml
from pydantic import Field, ValidationError, field_validator

from classlab.contract import STEP_MAX
from classlab.errors import UserError
from classlab.settings import Strict, explain

LABS_FOLDER = Path(__file__).resolve().parent.parent / "lab_assets"
STEP_SCRIPTS = {"prepare": "prepare.py", "train": "train.py", "infer": "infer.py", "score": "score.py"}


class LabData(Strict):
    """The raw data of a lab."""

    file: str = Field(description="name in a --data folder and below data/ in the class bucket")
    public_source: str = Field(pattern=r"^s3://", description="where real AWS reads it from by default")
    sha256: str = Field(pattern=r"^([0-9a-f]{64})?$", description="of the public file; empty where not known")
    generator: str = Field(description="script that writes a seeded file of the same schema: `generate.py OUT`")


class JobStep(Strict):
    """A job of the pipeline: image, instance and time limit."""

    image: str = Field(description="repository:tag of one of AWS's images")
    instance_type: str = Field(pattern=r"^ml\.[a-z0-9]+\.[a-z0-9]+$")
    minutes: int = Field(ge=1, le=24 * 60, description="time limit of the job")


class PrepareStep(JobStep):
    """Processing job that checks and splits the raw data."""

    outputs: list[str] = Field(min_length=1, description="folders it writes, each an output of the job")


class TrainStep(JobStep):
    """Script-mode training job."""

    channels: list[str] = Field(min_length=1, description="outputs of prepare that it reads")
    hyperparameters: dict[str, str] = Field(default={})


class InferStep(JobStep):
    """Batch transform of the test rows."""

    input: str = Field(description="output of prepare that holds the rows, without labels")


class Gate(Strict):
    """The quality gate between training and the model."""

    metric: str
    at_least: float


class LabPipeline(Strict):
    """prepare → train → gate → model → infer → score."""

    prepare: PrepareStep
    train: TrainStep
    gate: Gate
    infer: InferStep
    score: JobStep


class Lab(Strict):
    """One lab; the folder of its sources is :attr:`folder`."""

    name: str = Field(description="lower case, hyphens; part of names on AWS")
    title: str
    kernel: str = Field(
        pattern=r"^[a-z0-9][a-z0-9_-]*$", description="name of the Jupyter kernel, made from requirements.txt"
    )
    kernel_download_mb: int = Field(
        default=0, ge=0, description="size of its interpreter, uv and wheels: said before downloading"
    )
    data: LabData
    pipeline: LabPipeline
    folder: Path = Field(exclude=True)
    language: Literal["en"] = "en"

    @field_validator("name")
    @classmethod
    def _short_enough(cls, value: str) -> str:
        if len(value) > STEP_MAX:
            raise ValueError(f"{value!r} is longer than the {STEP_MAX} characters that names on AWS leave")
        return value


def lab_folders(labs_folder: Path = LABS_FOLDER) -> list[str]:
    """Names of the folders that hold a manifest, sorted."""
    return sorted(found.parent.name for found in labs_folder.glob("*/lab.yaml"))


def read_lab(folder_name: str, labs_folder: Path = LABS_FOLDER) -> Lab:
    """The manifest of one lab; raises :class:`UserError` with file and key."""
    folder = labs_folder / folder_name
    path = folder / "lab.yaml"
    try:
        document = yaml.safe_load(path.read_text(encoding="utf-8"))
        return Lab.model_validate({**document, "folder": folder})
    except OSError as error:
        known = ", ".join(lab_folders(labs_folder))
        raise UserError(f"there is no lab {folder_name!r}; known labs: {known}") from error
    except (yaml.YAMLError, TypeError) as error:
        raise UserError(f"{path}: not a valid manifest: {error}") from error
    except ValidationError as error:
        raise UserError(explain(path, error, Lab)) from error


@cache
def _registries() -> dict[str, dict[str, str]]:
    """Registry accounts by repository, then region."""
    tables = yaml.safe_load((Path(__file__).parent / "image_registries.yaml").read_text(encoding="utf-8"))
    return {repository: table["accounts"] for table in tables for repository in table["repositories"]}


def image_uri(image: str, region: str) -> str:
    """URI of one of AWS's images (``repository:tag``) in a region; raises :class:`UserError` where it is not known."""
    accounts = _registries().get(image.partition(":")[0])
    if accounts is None:
        raise UserError(f"no registry of the image {image!r} is recorded; add it to classlab/image_registries.yaml")
    if region not in accounts:
        raise UserError(f"the image {image!r} is not recorded for {region}; regions: {', '.join(sorted(accounts))}")
    return f"{accounts[region]}.dkr.ecr.{region}.amazonaws.com/{image}"
