"""A tiny build, the sample classroom, and its templates, synthesised once a session; `full` ones have all of ours."""

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from aws_cdk import App

from app import build_app
from classlab.fitting import longest_minutes
from classlab.labs import in_order, lab_folders, read_lab
from infra.inputs import PROJECT, ClassInputs, read_class, read_last_build
from infra.stacks.attendee import AttendeeStack
from infra.stacks.classroom import ClassroomStack

Template = dict[str, Any]
CLASSROOM_FILE = PROJECT / "classroom.example.yaml"
ROSTER_FILE = PROJECT / "roster.example.csv"
_WORKSHOP = (
    "churn_xgboost", "churn_autogluon", "image_data", "image_builtin", "image_tensorflow", "image_pytorch",
)  # fmt: skip
LABS = in_order([read_lab(folder) for folder in _WORKSHOP if folder in lab_folders()])
TEMPLATES = ("class_template", "attendee_template", "full_class_template", "full_attendee_template")  # fixtures
_LAB_FILES = ("labs/churn-xgboost/prepare.py", "labs/churn-xgboost/score.py", "labs/churn-xgboost/source.tar.gz")


def _built(folder: Path, path: str) -> dict[str, object]:
    """A file of the fake build, its content its own path."""
    target = folder / "assets" / path
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(path, encoding="utf-8")
    return {"path": path, "sha256": hashlib.sha256(path.encode()).hexdigest(), "size": len(path)}


def make_build(folder: Path, classroom: str = "sample") -> Path:
    """A build folder with a few bytes in every file."""
    pack = {
        "kernel": "churn-xgboost",
        "file": _built(folder, "packs/churn-xgboost.tar.gz"),
        "requirements_sha256": "b" * 64,
        "interpreter": "3.12.1 managed",
        "portable": True,
    }
    manifest = {
        "build_id": "0123456789abcdef",
        "classroom": classroom,
        "lab_commit": "a" * 40,
        "bundle": _built(folder, "labs.bundle"),
        "tools": _built(folder, "tools.tar.gz"),
        "packs": [pack],
        "lab_files": [_built(folder, path) for path in _LAB_FILES],
        "lambda_sha256": "c" * 64,
    }
    (folder / "lambda").mkdir()
    (folder / "lambda" / "code.py").write_text("", encoding="utf-8")
    (folder / "build.json").write_text(json.dumps(manifest), encoding="utf-8")
    return folder


def template_of(app: App, stack: str) -> Template:
    """The template of one stack of an app."""
    template: Template = app.synth().get_stack_by_name(stack).template
    return template


@pytest.fixture(scope="session")
def build_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tiny build."""
    return make_build(tmp_path_factory.mktemp("build"))


@pytest.fixture(scope="session")
def lifecycle_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two tiny scripts, so that the snapshot does not change with the real ones."""
    folder = tmp_path_factory.mktemp("lifecycle")
    for name in ("on-create.sh", "on-start.sh"):
        (folder / name).write_text(f"#!/bin/bash\necho {name}\n", encoding="utf-8")
    return folder


@pytest.fixture(scope="session")
def inputs() -> ClassInputs:
    """The sample classroom."""
    return read_class({"classroom": CLASSROOM_FILE}.get)


@pytest.fixture(scope="session")
def full_inputs(tmp_path_factory: pytest.TempPathFactory) -> ClassInputs:
    """The sample classroom with every lab there is."""
    document = yaml.safe_load(CLASSROOM_FILE.read_text(encoding="utf-8"))
    document |= {"labs": [lab.folder.name for lab in LABS], "max_job_minutes": longest_minutes(LABS)}
    path = tmp_path_factory.mktemp("full") / "classroom.yaml"
    path.write_text(yaml.safe_dump(document), encoding="utf-8")
    return read_class({"classroom": path}.get)


@pytest.fixture(scope="session")
def class_app(inputs: ClassInputs, build_folder: Path) -> App:
    """An app with the class stack."""
    app = App(analytics_reporting=False)
    build = read_last_build({"build": build_folder}.get, inputs.classroom.name)
    ClassroomStack(app, inputs=inputs, build=build)
    return app


@pytest.fixture(scope="session")
def class_template(class_app: App) -> Template:
    """The class stack's template."""
    return template_of(class_app, "sample")


@pytest.fixture(scope="session")
def attendee_app(inputs: ClassInputs, lifecycle_folder: Path) -> App:
    """An app with the stack of ann."""
    app = App(analytics_reporting=False)
    AttendeeStack(app, inputs=inputs, attendee="ann", lifecycle=lifecycle_folder)
    return app


@pytest.fixture(scope="session")
def attendee_template(attendee_app: App) -> Template:
    """The attendee stack's template."""
    return template_of(attendee_app, "sample--ann")


@pytest.fixture(scope="session")
def full_class_template(full_inputs: ClassInputs, build_folder: Path) -> Template:
    """The class stack's template with every lab."""
    app = App(analytics_reporting=False)
    ClassroomStack(app, inputs=full_inputs, build=read_last_build({"build": build_folder}.get, "sample"))
    return template_of(app, "sample")


@pytest.fixture(scope="session")
def full_attendee_template(full_inputs: ClassInputs, lifecycle_folder: Path) -> Template:
    """The attendee stack's template with every lab."""
    app = App(analytics_reporting=False)
    AttendeeStack(app, inputs=full_inputs, attendee="ann", lifecycle=lifecycle_folder)
    return template_of(app, "sample--ann")


@pytest.fixture(scope="session")
def synthesise(tmp_path_factory: pytest.TempPathFactory) -> Callable[[dict[str, str]], dict[str, bytes]]:
    """Runs the app as `cdk` does: context in, template files out, as bytes by stack name."""

    def run(context: dict[str, str]) -> dict[str, bytes]:
        app = App(analytics_reporting=False, context=context, outdir=str(tmp_path_factory.mktemp("cdk.out")))
        build_app(app)
        return {stack.stack_name: Path(stack.template_full_path).read_bytes() for stack in app.synth().stacks}

    return run
