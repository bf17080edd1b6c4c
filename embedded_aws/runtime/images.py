"""The images the engine knows, and which Python environment stands for each. Standard library only.

`python -m embedded_aws.runtime.images --environments DIR` prepares the environments of all, or of those it names.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from embedded_aws.runtime.environments import PYTHON, Environment, InstallError

LOCKS = Path(__file__).parent / "images"
_URI = re.compile(r"^\d{12}\.dkr\.ecr\.[a-z0-9-]+\.amazonaws\.com(?:\.cn)?/(?P<repository_tag>[^/@]+:[^/@]+)$")
_REGISTRY = "763104351884.dkr.ecr.us-east-1.amazonaws.com"
_ALGORITHMS = "811284229777.dkr.ecr.us-east-1.amazonaws.com"
_XGBOOST = "683313688378.dkr.ecr.us-east-1.amazonaws.com"
Report = Callable[[str], None]


class UnknownImageError(ValueError):
    """An image that the engine has no environment for; the text lists those it has."""


@dataclass(frozen=True, kw_only=True)
class Image:
    """A container image (or another fixed set of software) and what stands for it here.

    `uri` is AWS's address in us-east-1, empty for what is no container image; `framework` whose contract of training
    (where it `trains`) and of serving (where it `serves`) it follows; `shares` the image whose environment it uses,
    else `python` and `download_mb` are its own environment's version and what its lock downloads (an upper bound:
    packages shared with another lock come once); `differences` what a user of it might miss, the first one first.
    """

    name: str
    uri: str = ""
    framework: str = ""
    trains: bool = True
    serves: bool = True
    shares: Image | None = None
    python: str = PYTHON
    download_mb: int = 0
    differences: tuple[str, ...] = ()

    @property
    def lock(self) -> Path:
        """Its packages, with hashes."""
        return LOCKS / f"{(self.shares or self).name}.txt"


_TOOLKITS = "the toolkits, web and model servers (training and serving follow the same contract with the engine's code)"
_EXTRAS = "sagemaker, mlflow, opencv-python, mpi4py, numba, bokeh, imageio, plotly, seaborn, shap, s3fs"
XGBOOST = Image(
    name="sagemaker-xgboost-3.2-0",
    uri=f"{_XGBOOST}/sagemaker-xgboost:3.2-0",
    download_mb=155,
    framework="xgboost",
    differences=(
        "xgboost-cpu stands for xgboost",
        f"not here: {_TOOLKITS}, dask, dask-cuda, cuda-python, pynvml, numba, matplotlib, cryptography, retrying",
        "the built-in algorithm (training without a script) is not here",
    ),
)
SCIKIT_LEARN = Image(
    name="sagemaker-scikit-learn-1.9-0",
    uri=f"{_XGBOOST}/sagemaker-scikit-learn:1.9-0-cpu-py3",
    framework="scikit-learn",
    download_mb=145,
    differences=(f"not here: {_TOOLKITS}, cryptography, protobuf",),
)
PYTORCH = Image(
    name="pytorch-2.13-cpu",
    uri=f"{_REGISTRY}/pytorch:2.13-cpu-amzn2023-sagemaker",
    framework="pytorch",
    serves=False,
    python="3.11",
    download_mb=355,
    differences=(
        "Python 3.11 stands for 3.12",
        f"not here: {_TOOLKITS}, {_EXTRAS}, torchvision, torchaudio, deepspeed, fastai",
    ),
)
PYTORCH_INFERENCE = Image(
    name="pytorch-inference-2.6-cpu",
    uri=f"{_REGISTRY}/pytorch-inference:2.6-cpu-py312",
    framework="pytorch",
    trains=False,
    shares=PYTORCH,
    differences=(
        "torch 2.13.0 on Python 3.11 stands for torch 2.6.0 on Python 3.12",
        "not here: TorchServe (the engine's server follows its contract), torchvision, torchaudio, opencv-python, h5py",
    ),
)
TENSORFLOW = Image(
    name="tensorflow-training-2.21-cpu",
    uri=f"{_REGISTRY}/tensorflow-training:2.21-cpu-py312",
    framework="tensorflow",
    serves=False,
    download_mb=470,
    differences=(f"not here: {_TOOLKITS}, {_EXTRAS}, torch, tensorflow-io, tensorflow-datasets, jupyterlab, Spark's",),
)
TENSORFLOW_INFERENCE = Image(
    name="tensorflow-inference-2.20-cpu",
    uri=f"{_REGISTRY}/tensorflow-inference:2.20-cpu-py312",
    framework="tensorflow-serving",
    trains=False,
    download_mb=405,
    differences=(
        "tensorflow-cpu 2.20.0 behind the engine's own server stands for TensorFlow Serving 2.20.0",
        "not here: tensorflow-serving-api, gRPC on port 8500, nginx, falcon, gunicorn, gevent, awscli",
    ),
)
AUTOGLUON = Image(
    name="autogluon-1.5.0-cpu",
    uri=f"{_REGISTRY}/autogluon-training:1.5.0-cpu-py312-ubuntu22.04",
    framework="autogluon",
    serves=False,
    download_mb=285,
    differences=(
        "autogluon.tabular with LightGBM, CatBoost and xgboost-cpu stands for all of AutoGluon",
        f"not here: {_TOOLKITS}, torch and the models made with it, fastai, ray, autogluon.multimodal and timeseries",
    ),
)
AUTOGLUON_INFERENCE = Image(
    name="autogluon-inference-1.5.0-cpu",
    uri=f"{_REGISTRY}/autogluon-inference:1.5.0-cpu-py312-ubuntu22.04",
    framework="autogluon",
    trains=False,
    shares=AUTOGLUON,
    differences=AUTOGLUON.differences,
)
IMAGE_CLASSIFICATION = Image(
    name="image-classification-1",
    uri=f"{_ALGORITHMS}/image-classification:1",
    framework="image-classification",
    shares=PYTORCH,
    differences=("a stand-in written with PyTorch and run on CPUs stands for AWS's closed algorithm",),
)
NOTEBOOK = Image(
    name="notebook-al2023-v1",
    download_mb=90,
    differences=(
        "JupyterLab with one plain Python 3.12 kernel stands for AWS's conda kernels (Python 3.10), R and Spark",
        "AWS CLI 1 stands for AWS CLI 2, a script for sudo; yum, Docker and systemd are not here",
    ),
)
LAMBDA = Image(name="lambda-python3.12", download_mb=20)
ALWAYS = (NOTEBOOK, LAMBDA)
"""What runs without a container image: every engine needs their environments."""
IMAGES = {
    image.name: image
    for image in (
        *(XGBOOST, SCIKIT_LEARN, PYTORCH, PYTORCH_INFERENCE, TENSORFLOW, TENSORFLOW_INFERENCE),
        *(AUTOGLUON, AUTOGLUON_INFERENCE, IMAGE_CLASSIFICATION),
        *ALWAYS,
    )
}


def resolve(uri: str) -> Image:
    """The image behind an ECR address of any account and region; `registries` says who may have it."""
    match = _URI.match(uri)
    for image in IMAGES.values():
        if match and image.uri.endswith(f"/{match['repository_tag']}"):
            return image
    known = ", ".join(image.uri for image in IMAGES.values() if image.uri)
    raise UnknownImageError(f"The embedded AWS cannot run the image {uri}; it has: {known}")


def needed(uris: Iterable[str]) -> list[str]:
    """Names of the images behind these addresses, and of those that every engine needs."""
    return list(dict.fromkeys(image.name for image in (*ALWAYS, *map(resolve, uris))))


def environment(image: Image, environments: Path) -> Environment:
    """The environment that stands for an image."""
    holder = image.shares or image
    return Environment(holder.name, holder.lock, environments, holder.python)


def missing(environments: Path, names: Sequence[str] = tuple(IMAGES)) -> list[Image]:
    """The images whose environments have to be made for those of these names, each environment once."""
    holders = dict.fromkeys(IMAGES[name].shares or IMAGES[name] for name in names)
    return [image for image in holders if not environment(image, environments).ready]


def prepare(environments: Path, report: Report, names: Sequence[str] = tuple(IMAGES)) -> None:
    """Make the environments of these images, saying first how much that downloads, then each as it is done."""
    images = missing(environments, names)
    if not images:
        return
    size = sum(image.download_mb for image in images)
    report(f"making {len(images)} image environments; this downloads up to {size} MB")
    for image in images:
        report(f"making {image.name} (up to {image.download_mb} MB)")
        environment(image, environments).make()


def main() -> None:
    """The command line: progress goes to standard error."""
    parser = argparse.ArgumentParser(prog="python -m embedded_aws.runtime.images", description=__doc__)
    parser.add_argument("--environments", type=Path, required=True, help="directory to make them in")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(IMAGES)} (default: all)")
    arguments = parser.parse_args()
    if unknown := set(arguments.names) - set(IMAGES):
        parser.error(f"unknown: {', '.join(sorted(unknown))}; there are {', '.join(IMAGES)}")
    try:
        prepare(arguments.environments, lambda line: print(line, file=sys.stderr), arguments.names or tuple(IMAGES))  # noqa: T201 # a command line's progress
    except InstallError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
