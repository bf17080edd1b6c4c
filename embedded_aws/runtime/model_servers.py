"""Which server stands for an image's own, and where it looks for code."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from embedded_aws.runtime.images import Image

SUBMIT_DIRECTORY, PROGRAM = "SAGEMAKER_SUBMIT_DIRECTORY", "SAGEMAKER_PROGRAM"


@dataclass(frozen=True, kw_only=True)
class ModelServer:
    """A module of `container_code` that serves.

    `submitted`: SAGEMAKER_SUBMIT_DIRECTORY may say where the code is (else it is in the model, whatever that says);
    `named`: SAGEMAKER_PROGRAM says which file it is; `several`: a container may serve several models;
    `bundled`: packages in the code's `lib` stand for its requirements.txt.
    """

    module: str
    submitted: bool = False
    named: bool = False
    several: bool = False
    bundled: bool = False

    def submitted_code(self, variables: Mapping[str, str]) -> str:
        """Where the code is if that was said: a directory of the container or an S3 location; empty if it was not."""
        return variables.get(SUBMIT_DIRECTORY, "").removeprefix("file://") if self.submitted else ""

    def program_of(self, variables: Mapping[str, str]) -> str:
        """The file that has the functions, empty where none is named."""
        return variables.get(PROGRAM, "") if self.named else ""


SERVERS = {
    "xgboost": ModelServer(module="script_server", submitted=True, named=True, several=True),
    "scikit-learn": ModelServer(module="script_server", submitted=True, named=True, several=True),
    "pytorch": ModelServer(module="script_server", named=True, several=True),
    "autogluon": ModelServer(module="script_server", named=True),
    "tensorflow-serving": ModelServer(module="tensorflow_server", bundled=True),
    "image-classification": ModelServer(module="image_classification.serve"),
}


def server_of(image: Image) -> ModelServer | None:
    """The server of an image; none for one that only trains."""
    return SERVERS.get(image.framework) if image.serves else None
