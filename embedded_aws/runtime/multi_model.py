"""A container of several models: each is fetched and gets a server of its own when it is first asked for.

As on AWS the one that was not asked for longest has to go when there is no more room.
"""

from __future__ import annotations

import hashlib
import shutil
import signal
import threading
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from embedded_aws.runtime import model_client, model_files, storage
from embedded_aws.runtime.container import ML, Container
from embedded_aws.runtime.host import Host
from embedded_aws.runtime.job import JobFailed
from embedded_aws.runtime.model_client import ANSWER_SECONDS
from embedded_aws.runtime.serving import RunningServer, ServingContainer
from embedded_aws.runtime.storage import BadLocationError
from embedded_aws.sagemaker.errors import AwsError
from embedded_aws.sagemaker.ports import Invocation, Response

ROOM = 8
"""How many models are loaded at once."""


@dataclass
class _Model:
    """A model that was asked for: its server once it is loaded, and how many requests it is answering."""

    name: str
    loading: threading.Lock = field(default_factory=threading.Lock)
    running: RunningServer | None = None
    busy: int = 0


class MultiModelContainer(ServingContainer):
    """A container of the models below an S3 prefix, which requests name by TargetModel."""

    _container: Container

    def ask(self, invocation: Invocation, seconds: float = ANSWER_SECONDS) -> Response:
        """One request to the model it names; AwsError (ValidationError) if there is none of that name."""
        target = str(invocation.target_model)
        with self._held(target) as model:
            try:
                with model.loading:
                    model.running = model.running or self._load(model.name, target)
            except JobFailed as error:
                return Response(500, "text/plain", f"the model {target} could not be loaded: {error}".encode())
            return model_client.ask(model.running.port, invocation, seconds)

    def _start(self, host: Host) -> None:
        """The container and the code that all models share; no model yet."""
        self._models: OrderedDict[str, _Model] = OrderedDict()
        self._turn = threading.Lock()
        (self._ml / "models").mkdir(parents=True)
        self._container = self._open(host)
        self._variables = {"SAGEMAKER_MULTI_MODEL": "true", **self._variables}
        if self._shared_code:
            self._install(self._container, self._shared_code)

    @contextmanager
    def _held(self, target: str) -> Iterator[_Model]:
        """A model that will not be unloaded for the time being."""
        with self._turn:
            name = hashlib.sha256(target.encode()).hexdigest()[:32]
            model = self._models.setdefault(target, _Model(name))
            self._models.move_to_end(target)
            model.busy += 1
            self._make_room()
        try:
            yield model
        finally:
            with self._turn:
                model.busy -= 1
                if model.running is None and not model.busy:
                    self._models.pop(target, None)

    def _make_room(self) -> None:
        """Unload what was not asked for longest."""
        idle = [target for target, model in self._models.items() if not model.busy]
        for target in idle[: max(0, len(self._models) - ROOM)]:
            model = self._models.pop(target)
            if model.running:
                model.running.process.signal(signal.SIGKILL)
            self._log.write(f"[embedded AWS] unloaded {target}")
            shutil.rmtree(self._ml / "models" / model.name, ignore_errors=True)

    def _load(self, name: str, target: str) -> RunningServer:
        """Fetch a model and start its server."""
        folder = self._ml / "models" / name
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        prefix = storage.locate(str(model_files.location(self._description)))
        place = storage.Location(prefix.bucket, f"{prefix.key.rstrip('/')}/{target.lstrip('/')}")
        try:
            model_files.fetch_archive(self._principal, place, folder / "model")
        except (AwsError, BadLocationError) as error:
            raise AwsError(
                "ValidationError",
                f"Failed to download model data(bucket: {place.bucket}, key: {place.key}). Please ensure that there is "
                "an object located at the URL and that the role passed to CreateModel has permissions to download the "
                "model.",
            ) from error
        return self._serve(self._container, f"{ML}/models/{name}/model")
