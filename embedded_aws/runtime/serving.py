"""Model containers: fetch the model and its code, start the image's server, ask it."""

from __future__ import annotations

import http.client
import shutil
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from embedded_aws.runtime import images, storage
from embedded_aws.runtime.container import ML, Container, ContainerSpec, Stop
from embedded_aws.runtime.host import Host
from embedded_aws.runtime.job import JobFailed
from embedded_aws.runtime.logs import LogStream
from embedded_aws.runtime.sandbox import Process
from embedded_aws.runtime.storage import BadLocationError
from embedded_aws.sagemaker import models
from embedded_aws.sagemaker.errors import AwsError
from embedded_aws.sagemaker.ports import Record, Response

SERVER = Path(__file__).with_name("model_server.py")
SERVER_INSIDE = "/opt/server/model_server.py"
PORT_FILE = "port"
START_SECONDS = 300
ANSWER_SECONDS = 60
PING_SECONDS = 0.05
OK = 200
_DROPPED = {"connection", "content-length", "content-type", "date", "server"}


@dataclass(frozen=True, kw_only=True)
class Serving:
    """What to serve: a model's record, under which name it appears in texts, and where its log goes."""

    model: Record
    name: str
    log_group: str
    log_stream: str


class ModelContainer:
    """A model container that answers; JobFailed from the constructor if it does not come up."""

    def __init__(self, host: Host, serving: Serving, stop: Stop) -> None:
        self._container: Container | None = None
        self._principal = host.acting_as(serving.model["ExecutionRoleArn"])
        self._description: dict[str, Any] = models.container(serving.model)
        self._name = serving.name
        self._stop = stop
        parent = host.state / "models"
        parent.mkdir(parents=True, exist_ok=True)
        self._folder = Path(tempfile.mkdtemp(prefix=f"{serving.model['ModelName']}-", dir=parent))
        self._log = LogStream(self._principal, serving.log_group, serving.log_stream)
        try:
            self._port = self._start(host)
        except BaseException:
            self.close()
            raise

    def ask(self, body: bytes, content_type: str, accept: str | None, seconds: float = ANSWER_SECONDS) -> Response:
        """POST /invocations; TimeoutError when there is no answer in time."""
        headers = {"Content-Type": content_type} | ({"Accept": accept} if accept else {})
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=seconds)
        try:
            connection.request("POST", "/invocations", body, headers)
            answer = connection.getresponse()
            data = answer.read()
        except TimeoutError:
            raise
        except (OSError, http.client.HTTPException) as error:
            return Response(500, "text/plain", f"the container did not answer: {error}".encode())
        finally:
            connection.close()
        kept = {name: value for name, value in answer.getheaders() if name.lower() not in _DROPPED}
        return Response(answer.status, answer.getheader("Content-Type", "application/octet-stream"), data, kept)

    def close(self) -> None:
        """End it."""
        if self._container:
            self._container.close()
        self._log.close()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _start(self, host: Host) -> int:
        """Fetch, install, start, wait for the first ping; the port."""
        ml = self._folder / "ml"
        for name in ("model", "code"):
            (ml / name).mkdir(parents=True)
        self._fetch_model(ml / "model")
        code = self._fetch_code(ml)
        image = images.resolve(self._description["Image"])
        for difference in image.differences:
            self._log.write(f"[embedded AWS] {image.name}: {difference}")
        spec = ContainerSpec(
            image=image,
            hostname="container-1",
            ml=ml,
            principal=self._principal,
            read_only={SERVER_INSIDE: SERVER},
        )
        self._container = Container(host, spec)
        variables = self._description.get("Environment", {})
        self._install(self._container, ml, code)
        server = self._container.sandbox.inside(SERVER_INSIDE)
        program = variables.get("SAGEMAKER_PROGRAM", "")
        argv = ["python", server, f"{code}/{program}", f"{ML}/model", f"{ML}/{PORT_FILE}", image.framework]
        return self._wait(self._container.spawn(argv, self._log, variables, code), ml / PORT_FILE)

    def _fetch_model(self, folder: Path) -> None:
        """The model's archive, or its uncompressed objects, into /opt/ml/model."""
        source = self._description.get("ModelDataSource", {}).get("S3DataSource", {})
        uri = self._description.get("ModelDataUrl") or source.get("S3Uri")
        if uri is None:
            return
        place = storage.locate(uri)
        try:
            if source.get("S3DataType") == "S3Prefix":
                storage.fetch_prefix(self._principal, place, folder)
                return
            archive = self._folder / "model.tar.gz"
            storage.fetch(self._principal, place, archive)
            storage.unpack(archive, folder)
            archive.unlink()
        except (AwsError, BadLocationError) as error:
            raise JobFailed(
                f'Failed to download model data for container "container_1" from URL: "{uri}". Please ensure that '
                "there is an object located at the URL and that the role passed to CreateModel has permissions to "
                f"download the object. ({error})"
            ) from error

    def _fetch_code(self, ml: Path) -> str:
        """The submitted code into /opt/ml/code, or where it lies in the model; its directory in the container."""
        directory = self._description.get("Environment", {}).get("SAGEMAKER_SUBMIT_DIRECTORY", f"{ML}/model/code")
        if not directory.startswith("s3://"):
            return str(directory).removeprefix("file://")
        archive = self._folder / "sourcedir.tar.gz"
        try:
            storage.fetch(self._principal, storage.locate(directory), archive)
            storage.unpack(archive, ml / "code")
        except (AwsError, BadLocationError) as error:
            raise JobFailed(f"cannot fetch SAGEMAKER_SUBMIT_DIRECTORY {directory}: {error}") from error
        return f"{ML}/code"

    def _install(self, container: Container, ml: Path, code: str) -> None:
        """As the toolkits do: the code's requirements before the server."""
        inside = ml / code.removeprefix(f"{ML}/")
        if not (inside / "requirements.txt").exists():
            return
        argv = ["python", "-m", "pip", "install", "-r", "requirements.txt"]
        if container.spawn(argv, self._log, {}, code).wait(START_SECONDS):
            raise self._unhealthy()

    def _wait(self, server: Process, port_file: Path) -> int:
        """Until it answers a ping with 200."""
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline and not self._stop.asked:
            if port_file.exists() and _ping(int(port_file.read_text())):
                return int(port_file.read_text())
            if server.wait(PING_SECONDS) is not None:
                break
        raise self._unhealthy()

    def _unhealthy(self) -> JobFailed:
        return JobFailed(
            f"The primary container for {self._name} did not pass the ping health check. Please check CloudWatch logs "
            f"for this endpoint."
        )


def _ping(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
    try:
        connection.request("GET", "/ping")
        return connection.getresponse().status == OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
