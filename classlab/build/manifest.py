"""The build manifest: what `classlab build` made, and where the class bucket will hold it.

Everything below ``build/assets`` is copied into the class bucket under ``assets/<build id>/`` by the class stack, each
file with the same relative path; ``build/lambda`` is the code of every function.
"""

import json
from pathlib import Path

from pydantic import Field, ValidationError

from classlab.contract import ASSETS_PREFIX
from classlab.errors import UserError
from classlab.settings import Strict

BUILD_FOLDER = Path("build")
MANIFEST_NAME = "build.json"
LAMBDA_FOLDER = "lambda"
ASSETS_FOLDER = "assets"


class BuiltFile(Strict):
    """A file below ``build/assets``."""

    path: str = Field(description="relative to build/assets, and to the prefix in the class bucket")
    sha256: str
    size: int = Field(description="bytes")


class BuiltPack(Strict):
    """A kernel pack: interpreter, uv and wheels in one archive."""

    kernel: str
    file: BuiltFile
    requirements_sha256: str = Field(description="of the lock the wheels come from")
    interpreter: str = Field(
        description="version and where it comes from, e.g. `3.12.1 managed` or `3.12.1 this machine`"
    )
    portable: bool = Field(description="whether the interpreter runs on any Linux of this architecture")


class BuildManifest(Strict):
    """``build/build.json``."""

    build_id: str = Field(pattern=r"^[0-9a-f]{16}$", description="over every file, the Lambda code and the labs")
    classroom: str
    lab_commit: str = Field(pattern=r"^[0-9a-f]{40}$", description="the one commit of the lab bundle")
    bundle: BuiltFile
    tools: BuiltFile = Field(description="archive of the scripts that run on a notebook instance")
    packs: list[BuiltPack]
    lab_files: list[BuiltFile] = Field(description="labs/<lab>/…: pipeline scripts and source.tar.gz")
    lambda_sha256: str = Field(description="over the tree of build/lambda")

    @property
    def files(self) -> list[BuiltFile]:
        """Every file that goes to the class bucket."""
        return [self.bundle, self.tools, *(pack.file for pack in self.packs), *self.lab_files]

    @property
    def asset_prefix(self) -> str:
        """Key prefix in the class bucket, with a slash at its end."""
        return f"{ASSETS_PREFIX}{self.build_id}/"


def read_build(classroom: str, folder: Path = BUILD_FOLDER) -> BuildManifest:
    """The manifest of the last build; refused where it is missing or was made for another classroom."""
    path = folder / MANIFEST_NAME
    command = "run `classlab build` first"
    try:
        build = BuildManifest.model_validate(json.loads(path.read_text(encoding="utf-8")))
    except OSError as error:
        raise UserError(f"{path} is missing: {command}") from error
    except (ValueError, ValidationError) as error:
        raise UserError(f"{path} is not a build manifest of this version: {command}") from error
    if build.classroom != classroom:
        raise UserError(f"{path} was made for the classroom {build.classroom!r}, not {classroom!r}: {command}")
    return build
