"""Lab manifests (``lab_assets/<folder>/lab.yaml``): what a lab is made of and what its pipeline runs on."""

import re
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Literal, Self

import yaml
from pydantic import Field, ValidationError, field_validator, model_validator

from classlab.contract import LAB_MAX
from classlab.errors import UserError
from classlab.settings import Language, Strict, explain

LABS_FOLDER = Path(__file__).resolve().parent.parent / "lab_assets"
SOURCE_LANGUAGE: Language = "en"  # of the notebooks' sources; the others are translations
NOTEBOOK_SOURCE = "notebook.py"
NAME = re.compile(r"[a-z][a-z0-9-]*")
STEP_SCRIPTS = {"prepare": "prepare.py", "train": "train.py", "infer": "infer.py", "score": "score.py"}
PROCESSING_STARTER = "processing.sh"  # in every lab's code folder of a build


class LabData(Strict):
    """The raw data of a lab."""

    file: str = Field(description="name in a --data folder and below data/ in the class bucket")
    public_source: str = Field(
        default="", pattern=r"^(s3://.+)?$", description="where real AWS reads it from by default; empty: a script does"
    )
    sha256: str = Field(default="", pattern=r"^([0-9a-f]{64})?$", description="of the public file; empty if not known")
    download: str = Field(default="", description="script that fetches and packs the public data: `download.py OUT`")
    generator: str = Field(description="script that writes a seeded file of the same schema: `generate.py OUT`")


class Billed(Strict):
    """Something that runs on an instance, and what to expect of it on AWS."""

    instance_type: str = Field(pattern=r"^ml\.[a-z0-9]+\.[a-z0-9]+$")
    gpu: bool = Field(default=False, description="whether it needs a GPU, and with it a quota for one")
    expected_minutes: float = Field(
        gt=0, description="what AWS bills at full size, start-up included, of all instances together"
    )
    usd: float = Field(ge=0, description="expected_minutes at the price in instance_prices.yaml")


class JobStep(Billed):
    """A job of the pipeline: image and time limit too."""

    image: str = Field(description="repository:tag of one of AWS's images")
    minutes: int = Field(ge=1, le=24 * 60, description="time limit of the job")


class PrepareStep(JobStep):
    """Processing job that checks and splits the raw data, or what an earlier lab prepared."""

    outputs: list[str] = Field(min_length=1, description="folders it writes, each an output of the job")
    settings: dict[str, str] = Field(default={}, description="environment of the job: full-size defaults")


class TrainStep(JobStep):
    """Training job: the lab's script, or an algorithm that SageMaker brings."""

    channels: list[str] = Field(min_length=1, description="outputs of prepare that it reads")
    content_type: str = Field(default="text/csv", description="of every channel")
    hyperparameters: dict[str, str] = Field(default={})
    built_in: bool = Field(default=False, description="no script: the image is the algorithm")
    facts: bool = Field(default=False, description="prepare's output `facts` holds hyperparameters.json to add")
    volume_gib: int = Field(default=10, ge=1, le=1024)


class InferStep(JobStep):
    """Batch transform of the test set."""

    input: str = Field(description="output of prepare with what to predict, without labels")
    content_type: str = "text/csv"
    accept: str = "text/csv"
    split: Literal["line", "none"] = Field(default="line", description="a request a batch of lines, or a file")
    code: Literal["source", "model"] = Field(
        default="source", description="infer.py in the source archive, or as code/inference.py in the model's"
    )


class Gate(Strict):
    """The quality gate between training and the model; a built-in algorithm's metric is the job's own."""

    metric: str
    at_least: float


class LabPipeline(Strict):
    """prepare → train → gate → model → infer → score."""

    prepare: PrepareStep
    train: TrainStep
    gate: Gate
    infer: InferStep
    score: JobStep

    @property
    def jobs(self) -> dict[str, JobStep]:
        """Every job by its step."""
        return {"prepare": self.prepare, "train": self.train, "infer": self.infer, "score": self.score}


class Settings(Strict):
    """Values of one run in place of the manifest's: environment of prepare, hyperparameters of train."""

    prepare: dict[str, str] = Field(default={})
    train: dict[str, str] = Field(default={})


class Lab(Strict):
    """One lab; the folder of its sources is :attr:`folder`."""

    name: str = Field(pattern=f"^{NAME.pattern}$", description="lower case, hyphens; part of names on AWS")
    titles: dict[Language, str] = Field(alias="title", description="by language; English at least")
    kernel: str = Field(
        pattern=r"^[a-z0-9][a-z0-9_-]*$", description="name of the Jupyter kernel, made from requirements.txt"
    )
    kernel_python: str = Field(default="3.12", pattern=r"^3\.\d+$", description="that every package has wheels for")
    kernel_download_mb: int = Field(
        default=0, ge=0, description="size of its interpreter, uv and wheels: said before downloading"
    )
    notebooks: dict[str, str] = Field(
        default={}, description="further notebooks: name to percent source; notebook.py is always there"
    )
    borrows: dict[str, str] = Field(default={}, description="file of this lab to its one source: `<folder>/<file>`")
    starts_from: str = Field(default="", description="folder of the lab whose prepared data is this lab's raw data")
    reads: list[str] = Field(
        default=[], description="folders of further labs whose outputs its notebooks read where they are there"
    )
    data: LabData | None = Field(default=None, description="raw data; or starts_from")
    pipeline: LabPipeline
    notebook: dict[str, Billed] = Field(
        default={}, description="what its notebooks start by themselves, by name: training, tuning, endpoint"
    )
    more_images: dict[str, str] = Field(
        default={}, description="images that attendees may also use by hand: name in lab.json to repository:tag"
    )
    small: Settings = Field(default=Settings(), description="settings for the generated, miniature data")
    folder: Path = Field(exclude=True)

    @field_validator("name")
    @classmethod
    def _short_enough(cls, value: str) -> str:
        if len(value) > LAB_MAX:
            raise ValueError(f"{value!r} is longer than the {LAB_MAX} characters that names on AWS leave")
        return value

    @model_validator(mode="after")
    def _comes_from_somewhere(self) -> Self:
        if (self.data is None) != bool(self.starts_from):
            raise ValueError("exactly one of `data` and `starts_from` says where the lab's input comes from")
        if SOURCE_LANGUAGE not in self.titles:
            raise ValueError("title: an English title (`en`) is needed")
        return self

    @model_validator(mode="after")
    def _notebooks_are_told_apart(self) -> Self:
        if self.name in self.notebooks or NOTEBOOK_SOURCE in self.notebooks.values():
            raise ValueError(f"notebooks: {NOTEBOOK_SOURCE} becomes {self.name} by itself; name further notebooks only")
        if bad := [name for name in self.notebooks if not NAME.fullmatch(name)]:
            raise ValueError(f"notebooks: {bad[0]!r} is no name: lower case letters, digits and hyphens")
        return self

    @property
    def title(self) -> str:
        """In English, for the instructor."""
        return self.titles[SOURCE_LANGUAGE]

    def titled(self, language: Language) -> str:
        """In the class's language, English where there is none."""
        return self.titles.get(language, self.title)

    @property
    def notebook_sources(self) -> dict[str, str]:
        """The percent source of every notebook by the notebook's name, the lab's own first."""
        return {self.name: NOTEBOOK_SOURCE, **self.notebooks}

    @property
    def raw(self) -> LabData:
        """Its own raw data; raises :class:`UserError` where the lab starts from another."""
        if self.data is None:
            raise UserError(f"the lab {self.name} has no raw data of its own: it starts from {self.starts_from}")
        return self.data

    def file(self, name: str) -> Path:
        """Where a file of the lab lies: in its folder, or in the lab it is borrowed from."""
        borrowed = self.borrows.get(name)
        return self.folder.parent / borrowed if borrowed else self.folder / name

    @property
    def installs_in_jobs(self) -> bool:
        """Whether container.txt names a package, which jobs then install before they run."""
        lines = self.file("container.txt").read_text(encoding="utf-8").splitlines()
        return any(line.strip() and not line.strip().startswith("#") for line in lines)


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


def in_order(labs: Sequence[Lab]) -> list[Lab]:
    """Labs after those they start from, otherwise as given; raises :class:`UserError` where one is missing."""
    by_folder = {lab.folder.name: lab for lab in labs}
    done: dict[str, Lab] = {}
    for lab in labs:
        _place(lab, by_folder, done, trail=())
    return list(done.values())


def earlier(lab: Lab) -> list[Lab]:
    """The labs that this one builds on, the first one first."""
    chain: list[Lab] = []
    while lab.starts_from:
        lab = read_lab(lab.starts_from, lab.folder.parent)
        if lab in chain:
            raise UserError(f"{lab.folder / 'lab.yaml'}: starts_from: the labs start from each other in a circle")
        chain.insert(0, lab)
    return chain


def read_too(lab: Lab) -> list[Lab]:
    """The labs whose outputs its notebooks read where they are there, beside those it builds on."""
    return [read_lab(folder, lab.folder.parent) for folder in lab.reads]


def _place(lab: Lab, labs: Mapping[str, Lab], done: dict[str, Lab], *, trail: tuple[str, ...]) -> None:
    where = lab.folder / "lab.yaml"
    if lab.folder.name in trail:
        raise UserError(f"{where}: starts_from: the labs start from each other in a circle")
    if lab.starts_from:
        if lab.starts_from not in labs:
            raise UserError(f"the lab {lab.name} starts from {lab.starts_from}, which the class does not have: add it")
        _place(labs[lab.starts_from], labs, done, trail=(*trail, lab.folder.name))
    done.setdefault(lab.folder.name, lab)


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
