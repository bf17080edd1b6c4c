"""The TensorFlow lab for tests: its scripts and TensorFlow itself in the job images' packages, and its model served."""

import http.client
import json
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks import job_code
from benchmarks.lab_scripts import LabScripts
from classlab.labs import read_lab
from embedded_aws.runtime import images

LAB = read_lab("image_tensorflow")
START = Path(images.__file__).parent / "container_code/start.py"


def environments_of(folder: Path) -> Path:
    """The folder with the environments of the lab's images; made if they are missing."""
    return job_code.environments_of(LAB, folder)


def asked(python: Path, body: str, *arguments: object) -> Any:  # noqa: ANN401 - what the body printed last, as JSON
    """What Python code prints when it runs beside the lab's modules; an error of it is this one's text."""
    return job_code.asked(LAB.folder, python, body, *arguments)


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What the server said."""

    status: int
    body: bytes

    @property
    def json(self) -> Any:  # noqa: ANN401 - any JSON
        """Read as JSON."""
        return json.loads(self.body)


@dataclass(frozen=True, kw_only=True)
class Served:
    """The model behind the engine's TensorFlow server."""

    port: int

    def ask(self, body: bytes, kind: str = "application/x-image", accept: str = "application/json") -> Answer:
        """One request to /invocations."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=120)
        try:
            connection.request("POST", "/invocations", body, {"Content-Type": kind, "Accept": accept})
            reply = connection.getresponse()
            return Answer(status=reply.status, body=reply.read())
        finally:
            connection.close()


@contextmanager
def served(scripts: LabScripts) -> Iterator[Served]:
    """A server of what the lab's training wrote, in the inference image's packages, as long as the block lasts."""
    model, port_file = scripts.work / "model", scripts.work / "port"
    command = [scripts.pythons["infer"], START, "tensorflow_server", "tensorflow-serving", model / "code", model]
    with subprocess.Popen([*map(str, command), str(port_file)]) as process:
        try:
            while not port_file.exists():
                assert process.poll() is None, "the server ended while it started"
                time.sleep(0.2)
            yield Served(port=int(port_file.read_text()))
        finally:
            process.terminate()


def transform(server: Served, pictures: Sequence[Path], folder: Path) -> None:
    """What a batch transform does: every file is a request, every answer a file."""
    folder.mkdir()
    for picture in pictures:
        answer = server.ask(picture.read_bytes())
        assert answer.status == 200, answer.body
        (folder / f"{picture.name}.out").write_bytes(answer.body)
