"""Model containers: fetch the model and its code, start the image's server, ask it."""

from __future__ import annotations

import shutil
import tempfile
import time
from abc import ABC, abstractmethod
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from embedded_aws.runtime import engine_code, images, model_client, model_files
from embedded_aws.runtime.container import ML, Container, ContainerSpec, Stop
from embedded_aws.runtime.host import Host
from embedded_aws.runtime.images import Image
from embedded_aws.runtime.job import JobFailed
from embedded_aws.runtime.logs import LogStream
from embedded_aws.runtime.model_client import ANSWER_SECONDS
from embedded_aws.runtime.model_servers import ModelServer, server_of
from embedded_aws.runtime.sandbox import Process
from embedded_aws.sagemaker import models
from embedded_aws.sagemaker.ports import Invocation, Record, Response

PORT_FILE = "port"
START_SECONDS = 300
PING_SECONDS = 0.05


@dataclass(frozen=True, kw_only=True)
class Serving:
    """What to serve: a model's record, under which name it appears in texts, and where its log goes."""

    model: Record
    name: str
    log_group: str
    log_stream: str


@dataclass(frozen=True)
class RunningServer:
    """A server that has answered a ping."""

    process: Process
    port: int


class ServingContainer(ABC):
    """A container that serves; JobFailed from the constructor if it does not come up."""

    def __init__(self, host: Host, serving: Serving, stop: Stop) -> None:
        self._opened: Container | None = None
        self._principal = host.acting_as(serving.model["ExecutionRoleArn"])
        self._description: dict[str, Any] = models.container(serving.model)
        self._variables: dict[str, str] = self._description.get("Environment", {})
        self._name = serving.name
        self._stop = stop
        self._image = images.resolve(self._description["Image"])
        parent = host.state / "models"
        parent.mkdir(parents=True, exist_ok=True)
        self._folder = Path(tempfile.mkdtemp(prefix=f"{serving.model['ModelName']}-", dir=parent))
        self._ml = self._folder / "ml"
        self._log = LogStream(self._principal, serving.log_group, serving.log_stream)
        try:
            self._kind = _server(self._image)
            self._start(host)
        except BaseException:
            self.close()
            raise

    @abstractmethod
    def ask(self, invocation: Invocation, seconds: float = ANSWER_SECONDS) -> Response:
        """One request to /invocations; TimeoutError when there is no answer in time."""

    def close(self) -> None:
        """End it."""
        if self._opened:
            self._opened.close()
        self._log.close()
        shutil.rmtree(self._folder, ignore_errors=True)

    @abstractmethod
    def _start(self, host: Host) -> None:
        """Fetch, install and start what has to be there before the first request."""

    def _open(self, host: Host) -> Container:
        """The container itself, with what differs from AWS's image in its log; code that was submitted is in it."""
        (self._ml / "code").mkdir(parents=True)
        if (submitted := self._kind.submitted_code(self._variables)).startswith("s3://"):
            model_files.fetch_code(self._principal, submitted, self._ml / "code")
        for difference in self._image.differences:
            self._log.write(f"[embedded AWS] {self._image.name}: {difference}")
        spec = ContainerSpec(
            image=self._image,
            hostname="container-1",
            ml=self._ml,
            principal=self._principal,
            read_only=engine_code.MOUNTS,
        )
        self._opened = Container(host, spec)
        return self._opened

    @property
    def _shared_code(self) -> str:
        """The directory of the code that was submitted, in the container; empty where the code is in the model."""
        submitted = self._kind.submitted_code(self._variables)
        return f"{ML}/code" if submitted.startswith("s3://") else submitted

    def _outside(self, path: str) -> Path:
        """Where a path below /opt/ml is on this machine; any other is taken as it is."""
        return self._ml / path.removeprefix(f"{ML}/")

    def _install(self, container: Container, code: str) -> None:
        """As the toolkits do: the code's requirements before the server."""
        folder = self._outside(code)
        if not (folder / "requirements.txt").exists() or (self._kind.bundled and (folder / "lib").is_dir()):
            return
        argv = ["python", "-m", "pip", "install", "-r", "requirements.txt"]
        if container.spawn(argv, self._log, {}, code).wait(START_SECONDS):
            raise unhealthy(self._name)

    def _serve(self, container: Container, model: str) -> RunningServer:
        """Start a server for the model at a path of the container and wait for its first ping."""
        code = self._shared_code or f"{model}/code"
        port_file = self._outside(f"{model}-{PORT_FILE}")
        named = f"{code}/{self._kind.program_of(self._variables)}"
        arguments = (self._image.framework, named, model, f"{model}-{PORT_FILE}")
        argv = engine_code.command(container.sandbox, self._kind.module, *arguments)
        cwd = code if self._outside(code).is_dir() else model
        process = container.spawn(argv, self._log, self._variables, cwd)
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline and not self._stop.asked:
            if port_file.exists() and model_client.ping(port := int(port_file.read_text())):
                return RunningServer(process, port)
            if process.wait(PING_SECONDS) is not None:
                break
        raise unhealthy(self._name)


class ModelContainer(ServingContainer):
    """A container of one model."""

    def ask(self, invocation: Invocation, seconds: float = ANSWER_SECONDS) -> Response:
        """One request to the model."""
        return model_client.ask(self._running.port, invocation, seconds)

    def _start(self, host: Host) -> None:
        model = f"{ML}/model"
        (self._ml / "model").mkdir(parents=True)
        model_files.fetch_model(self._principal, self._description, self._ml / "model")
        container = self._open(host)
        self._install(container, self._shared_code or f"{model}/code")
        self._running = self._serve(container, model)


def _server(image: Image) -> ModelServer:
    server = server_of(image)
    if server is None:
        raise JobFailed(f"{image.name} has no model server: it is an image to train with")
    return server


def unhealthy(name: str) -> JobFailed:
    """What AWS says of a container that never answered."""
    return JobFailed(
        f"The primary container for {name} did not pass the ping health check. Please check CloudWatch logs "
        f"for this endpoint."
    )
