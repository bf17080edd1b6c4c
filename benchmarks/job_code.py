"""Python that runs beside a lab's modules, in the packages of its job images; the project's own has few of them."""

import json
import os
import subprocess
from pathlib import Path
from typing import Any

from classlab.labs import Lab, image_uri
from embedded_aws.runtime import images

# Tests and benchmarks pass a body of Python; the lab's modules can be imported in it, `arguments` are what they gave.
_HEAD = "import json, sys; sys.path.insert(0, sys.argv[1]); arguments = json.loads(sys.argv[2])\n"


def environments_of(lab: Lab, folder: Path) -> Path:
    """The folder with the environments of the lab's images; made if they are missing."""
    uris = {image_uri(step.image, "us-east-1") for step in lab.pipeline.jobs.values()}
    images.prepare(folder, print, sorted({images.resolve(uri).name for uri in uris}))
    return folder


def asked(code: Path, python: Path, body: str, *arguments: object) -> Any:  # noqa: ANN401 - any JSON
    """What Python printed last, as JSON, with the modules of ``code``; an error of it is this one's text."""
    command = [str(python), "-c", _HEAD + body, str(code), json.dumps(arguments, default=str)]
    environment = {"OMP_NUM_THREADS": "1", **os.environ}  # threads that wait for each other crawl on a busy machine
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise AssertionError(done.stderr)
    return json.loads(done.stdout.splitlines()[-1])
