"""Images: which are known, what their locks pin, and that a half-made environment never counts."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from embedded_aws.runtime import images, vetting
from embedded_aws.runtime.environments import (
    MARKER,
    Environment,
    EnvironmentMissingError,
    InstallError,
    find_python,
    uv_variables,
)
from embedded_aws.runtime.host import Host
from embedded_aws.runtime.images import IMAGES, UnknownImageError
from embedded_aws.sagemaker.errors import AwsError
from embedded_aws.sagemaker.kinds import MODEL, PROCESSING_JOB, TRAINING_JOB, Kind

ROLE = "arn:aws:iam::123456789012:role/worker"
PINNED = {
    "sagemaker-xgboost-3.2-0": {
        "numpy": "2.1.0",
        "pandas": "2.2.3",
        "scikit-learn": "1.8.0",
        "pyarrow": "22.0.0",
        "xgboost-cpu": "3.2.0",
    },
    "sagemaker-scikit-learn-1.9-0": {
        "numpy": "2.5.1",
        "pandas": "2.2.3",
        "scikit-learn": "1.9.0",
        "pyarrow": "25.0.0",
    },
    "pytorch-2.13-cpu": {
        "torch": "2.13.0+cpu",
        "numpy": "2.4.4",
        "pandas": "2.3.3",
        "scikit-learn": "1.8.0",
        "pyarrow": "23.0.1",
        "pillow": "12.3.0",
        "protobuf": "6.33.6",
    },
    "tensorflow-training-2.21-cpu": {
        "tensorflow-cpu": "2.21.0",
        "keras": "3.15.1",
        "numpy": "2.4.6",
        "pandas": "2.3.3",
        "scikit-learn": "1.8.0",
        "pyarrow": "23.0.1",
        "pillow": "12.3.0",
        "protobuf": "6.33.6",
    },
    "tensorflow-inference-2.20-cpu": {
        "tensorflow-cpu": "2.20.0",
        "numpy": "1.26.4",
        "pandas": "3.0.3",
        "scikit-learn": "1.9.0",
        "protobuf": "6.33.6",
    },
    "autogluon-1.5.0-cpu": {
        "autogluon-tabular": "1.5.0",
        "numpy": "2.1.3",
        "pandas": "2.3.3",
        "scikit-learn": "1.7.2",
        "xgboost-cpu": "3.1.3",
    },
}
LEFT_OUT = {
    "pytorch-2.13-cpu": {"torchvision", "nvidia-nccl-cu12"},
    "tensorflow-inference-2.20-cpu": {"tensorboard", "pillow"},
    "autogluon-1.5.0-cpu": {"torch", "xgboost", "ray"},
}
LOCKED = sorted(image.name for image in IMAGES.values() if not image.shares)
FRAMEWORKS = (
    ("763104351884.dkr.ecr.us-east-1.amazonaws.com/pytorch:2.13-cpu-amzn2023-sagemaker", "pytorch", "train"),
    ("763104351884.dkr.ecr.us-east-1.amazonaws.com/pytorch-inference:2.6-cpu-py312", "pytorch", "serve"),
    ("763104351884.dkr.ecr.us-east-1.amazonaws.com/tensorflow-training:2.21-cpu-py312", "tensorflow", "train"),
    ("763104351884.dkr.ecr.us-east-1.amazonaws.com/tensorflow-inference:2.20-cpu-py312", "tensorflow-serving", "serve"),
    (
        "763104351884.dkr.ecr.us-east-1.amazonaws.com/autogluon-training:1.5.0-cpu-py312-ubuntu22.04",
        "autogluon",
        "train",
    ),
    (
        "763104351884.dkr.ecr.eu-west-1.amazonaws.com/autogluon-inference:1.5.0-cpu-py312-ubuntu22.04",
        "autogluon",
        "serve",
    ),
    ("685385470294.dkr.ecr.eu-west-1.amazonaws.com/image-classification:1", "image-classification", "train serve"),
)


def pins(lock: Path) -> dict[str, str]:
    """The packages of a lock with their versions."""
    found = re.findall(r"^([a-z0-9_.-]+)==([^ ]+) \\$", lock.read_text(), re.MULTILINE)
    return {normal(package): version for package, version in found}


def normal(package: str) -> str:
    """A package's name in the form that is compared."""
    return re.sub(r"[-_.]+", "-", package).lower()


@pytest.mark.parametrize(
    "uri",
    [
        "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-xgboost:3.2-0",
        "141502667606.dkr.ecr.eu-west-1.amazonaws.com/sagemaker-xgboost:3.2-0",
    ],
)
def test_an_image_is_known_by_repository_and_tag(uri: str) -> None:
    assert images.resolve(uri) is images.XGBOOST


@pytest.mark.parametrize(
    "uri",
    [
        "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-xgboost:1.7-1",
        "683313688378.dkr.ecr.us-east-1.amazonaws.com/own/sagemaker-xgboost:3.2-0",
        "sagemaker-xgboost:3.2-0",
        "notebook-al2023-v1",
    ],
)
def test_an_unknown_image_is_refused_with_the_known(uri: str) -> None:
    with pytest.raises(UnknownImageError) as refused:
        images.resolve(uri)
    for image in (images.XGBOOST, images.SCIKIT_LEARN):
        assert image.uri in str(refused.value)


@pytest.mark.parametrize(("uri", "framework", "does"), FRAMEWORKS)
def test_the_frameworks_images_train_or_serve(uri: str, framework: str, does: str) -> None:
    image = images.resolve(uri)
    assert (image.framework, image.trains, image.serves) == (framework, "train" in does, "serve" in does)
    assert image.differences


def test_images_may_share_an_environment(tmp_path: Path) -> None:
    names = [images.PYTORCH.name, images.PYTORCH_INFERENCE.name, images.IMAGE_CLASSIFICATION.name]
    assert images.missing(tmp_path, names) == [images.PYTORCH]
    assert len({images.environment(IMAGES[name], tmp_path).folder for name in names}) == 1


@pytest.mark.parametrize("name", LOCKED)
def test_locks_pin_everything_by_hash_and_name_no_host(name: str) -> None:
    text = IMAGES[name].lock.read_text()
    assert pins(IMAGES[name].lock)
    assert text.count("--hash=sha256:") >= len(pins(IMAGES[name].lock))
    assert "://" not in text


@pytest.mark.parametrize("name", sorted(PINNED))
def test_locks_have_the_versions_of_awss_images(name: str) -> None:
    assert PINNED[name].items() <= pins(IMAGES[name].lock).items()


@pytest.mark.parametrize("name", sorted(LEFT_OUT))
def test_locks_leave_out_what_would_mislead_or_weigh(name: str) -> None:
    assert not LEFT_OUT[name] & pins(IMAGES[name].lock).keys()


@pytest.mark.parametrize("name", LOCKED)
def test_environments_hold_exactly_their_locks(name: str, all_environments: Path) -> None:
    made = images.environment(IMAGES[name], all_environments)
    program = "import importlib.metadata as m, platform; print(platform.python_version())\n"
    program += "print(*(f'{d.name}=={d.version}' for d in m.distributions()))"
    shown = subprocess.run([made.python, "-I", "-c", program], capture_output=True, text=True, check=True).stdout
    version, *packages = shown.split()
    assert version.startswith(f"{IMAGES[name].python}.")
    held = dict(entry.split("==") for entry in packages)
    assert {normal(package): version for package, version in held.items()} == pins(IMAGES[name].lock)


def test_an_environment_is_named_by_its_lock(tmp_path: Path) -> None:
    lock = tmp_path / "image.txt"
    lock.write_text("one")
    first = Environment("image", lock, tmp_path).folder
    lock.write_text("two")
    assert re.fullmatch(r"image-[0-9a-f]{12}", first.name)
    assert Environment("image", lock, tmp_path).folder != first


def test_a_half_made_environment_does_not_count_and_is_made_again(tmp_path: Path) -> None:
    lock = tmp_path / "empty.txt"
    lock.write_text("# nothing to install\n")
    made = Environment("empty", lock, tmp_path / "environments")
    (made.folder / "bin").mkdir(parents=True)
    (made.folder / "bin" / "python").write_text("cut off")
    with pytest.raises(EnvironmentMissingError, match=r"python -m embedded_aws.runtime.images --environments .* empty"):
        _ = made.python
    made.make()
    assert (made.folder / MARKER).exists()
    version = subprocess.run([made.python, "--version"], capture_output=True, text=True, check=True).stdout
    assert version.startswith("Python 3.12")


def test_a_whole_environment_is_left_as_it_is(environments: Path) -> None:
    marker = images.environment(images.LAMBDA, environments).folder / MARKER
    before = marker.stat().st_mtime_ns
    said: list[str] = []
    images.prepare(environments, said.append)
    assert (marker.stat().st_mtime_ns, said) == (before, [])


def test_preparing_says_first_what_it_downloads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[str] = []
    monkeypatch.setattr(Environment, "make", lambda environment: made.append(environment.name))
    said: list[str] = []
    images.prepare(tmp_path, said.append)
    assert sorted(made) == LOCKED
    size = sum(image.download_mb for image in IMAGES.values())
    assert said[0] == f"making {len(LOCKED)} image environments; this downloads up to {size} MB"
    assert len(said) == 1 + len(LOCKED)


@pytest.mark.parametrize(
    ("given", "then"),
    [
        ({}, {"UV_TORCH_BACKEND": "cpu"}),
        ({"PIP_FIND_LINKS": "/wheels  /more"}, {"UV_FIND_LINKS": "/wheels,/more"}),
        ({"PIP_FIND_LINKS": "/wheels", "UV_FIND_LINKS": "/own"}, {"UV_FIND_LINKS": "/own"}),
        ({"UV_TORCH_BACKEND": "xpu"}, {"UV_TORCH_BACKEND": "xpu"}),
    ],
)
def test_uv_looks_for_pytorch_where_pip_does_else_on_its_own_site(
    given: dict[str, str], then: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("PIP_FIND_LINKS", "UV_FIND_LINKS", "UV_TORCH_BACKEND"):
        monkeypatch.delenv(name, raising=False)
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    found = uv_variables()
    assert {name: found[name] for name in found if name in {"UV_FIND_LINKS", "UV_TORCH_BACKEND"}} == then


def test_a_python_that_is_nowhere_is_left_to_uv() -> None:
    assert find_python("3.98") == "3.98"


def test_an_install_that_fails_says_what_uv_said_and_does_not_count(tmp_path: Path) -> None:
    lock = tmp_path / "broken.txt"
    lock.write_text("no-hash==1.0\n")
    broken = Environment("broken", lock, tmp_path / "environments")
    with pytest.raises(
        InstallError, match=r"the environment broken could not be made; uv says:\n(.*\n)*.*no-hash==1.0"
    ):
        broken.make()
    assert not broken.ready


def test_the_command_refuses_an_unknown_name(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "embedded_aws.runtime.images", "--environments", str(tmp_path), "sagemaker-xgbost"]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ended.returncode == 2
    assert "unknown: sagemaker-xgbost; there are sagemaker-xgboost-3.2-0" in ended.stderr


@pytest.mark.parametrize(
    ("kind", "record"),
    [
        (TRAINING_JOB, {"AlgorithmSpecification": {"TrainingImage": images.PYTORCH.uri}, "RoleArn": ROLE}),
        (PROCESSING_JOB, {"AppSpecification": {"ImageUri": images.PYTORCH.uri}, "RoleArn": ROLE}),
        (MODEL, {"PrimaryContainer": {"Image": images.PYTORCH_INFERENCE.uri}, "ExecutionRoleArn": ROLE}),
    ],
    ids=lambda value: getattr(value, "name", ""),
)
def test_an_image_without_its_environment_is_refused_with_the_command(
    kind: Kind, record: dict[str, Any], tmp_path: Path
) -> None:
    host = cast("Host", SimpleNamespace(environments=tmp_path, region="us-east-1", account="123456789012"))
    with pytest.raises(
        AwsError, match=r"not been made; make it with: python -m .*images .* pytorch-2.13-cpu$"
    ) as refused:
        vetting.vet(host, kind, record)
    assert refused.value.code == "ValidationException"
