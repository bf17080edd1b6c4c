"""Write what a stop of the instance wipes: kernelspecs, fonts, the SageMaker SDK's defaults, and `seat.json`.

`configure.py --contents contents.tsv`, with the exports of the lifecycle configuration (CLASSLAB_*). Runs with the
system's Python 3.9, standard library only.
"""

from __future__ import annotations

import argparse
import json
import os
from pathlib import Path

HOME = Path.home()
STATE = HOME / "SageMaker/.classlab"
# The SageMaker SDK would ask IAM whether the role suffices; attendees may not ask, and the job itself tells.
# The SDK's docstrings make Python 3.12 warn once of each, in the middle of a learner's notebook.
SDK_VARIABLES = {"SAGEMAKER_VALIDATE_ROLE": "false", "PYTHONWARNINGS": "ignore::SyntaxWarning"}
SEAT_KEYS = (
    "stack",
    "bucket",
    "class_bucket",
    "asset_prefix",
    "role_arn",
    "classroom",
    "attendee",
    "notebook_instance",
    "tuning_prefix",
)


def read_packs(contents: Path) -> list[tuple[str, str, Path]]:
    """Kernel, title and environment of every pack in the list that came with the tools."""
    lines = [line.split("\t") for line in contents.read_text(encoding="utf-8").splitlines()]
    packs = [line[1:] for line in lines if line[0] == "pack"]
    return [(kernel, title, STATE / f"kernels/{kernel}-{sha[:12]}/env") for kernel, _path, sha, _mib, title in packs]


def register_kernel(kernel: str, title: str, environment: Path) -> None:
    """Tell Jupyter of a kernel; it reads the region from its environment like any AWS SDK."""
    spec = {
        "argv": [str(environment / "bin/python"), "-m", "ipykernel_launcher", "-f", "{connection_file}"],
        "display_name": title,
        "language": "python",
        "env": {"AWS_DEFAULT_REGION": os.environ["AWS_DEFAULT_REGION"], **SDK_VARIABLES},
    }
    write(HOME / f".local/share/jupyter/kernels/{kernel}/kernel.json", spec)


def link_fonts(environment: Path) -> None:
    """Let matplotlib find the fonts that packages of the kernel bring."""
    folder = HOME / ".local/share/fonts"
    folder.mkdir(parents=True, exist_ok=True)
    for font in environment.glob("lib/python*/site-packages/*/fonts/*.ttf"):
        link = folder / font.name
        link.unlink(missing_ok=True)
        link.symlink_to(font)


def seat() -> dict[str, object]:
    """Whose seat this is, from the environment, and the tags that whatever is made here must carry."""
    values: dict[str, object] = {key: os.environ[f"CLASSLAB_{key.upper()}"] for key in SEAT_KEYS}
    tags = [{"Key": f"classlab:{key}", "Value": values[key]} for key in ("classroom", "attendee")]
    return {**values, "region": os.environ["AWS_DEFAULT_REGION"], "tags": tags}


def sdk_config(mine: dict[str, object]) -> dict[str, object]:
    """Defaults of the SageMaker SDK: the attendee's own bucket, role and tags, and nothing sent home."""
    session = {"DefaultS3Bucket": mine["bucket"], "DefaultS3ObjectKeyPrefix": "sdk"}
    role = {"RoleArn": mine["role_arn"], "Tags": mine["tags"]}
    return {
        "SchemaVersion": "1.0",
        "SageMaker": {
            "PythonSDK": {"Modules": {"Session": session, "TelemetryOptOut": True}},
            "TrainingJob": role,
            "ProcessingJob": role,
            "TransformJob": {"Tags": mine["tags"]},
            "Model": {"ExecutionRoleArn": mine["role_arn"], "Tags": mine["tags"]},
            "EndpointConfig": {"Tags": mine["tags"]},
            "Endpoint": {"Tags": mine["tags"]},
        },
    }


def write(path: Path, document: object) -> None:
    """One JSON file (which is YAML too), never half written."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(path.name + ".new")
    draft.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
    draft.replace(path)


def main() -> None:
    """Write everything."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--contents", type=Path, required=True)
    for kernel, title, environment in read_packs(parser.parse_args().contents):
        register_kernel(kernel, title, environment)
        link_fonts(environment)
    write(STATE / "seat.json", seat())
    write(HOME / ".config/sagemaker/config.yaml", sdk_config(seat()))


if __name__ == "__main__":
    main()
