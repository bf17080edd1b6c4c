"""A container of several models: each is fetched and gets a server of its own when it is first asked for.

As on AWS the one that was not asked for longest has to go when there is no more room.
"""

from __future__ import annotations

import hashlib
import shutil
import signal
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

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
class Slot:
    """A model that was asked for: its server once it is loaded, and how many requests it is answering."""

    loading: threading.Lock = field(default_factory=threading.Lock)
    running: RunningServer | None = None
    busy: int = 0


class Shelf:
    """Slots by their models' names; `unload` is told which had to make room for another."""

    def __init__(self, room: int, unload: Callable[[str, Slot], None]) -> None:
        self._room = room
        self._unload = unload
        self._slots: OrderedDict[str, Slot] = OrderedDict()
        self._turn = threading.Lock()

    @contextmanager
    def held(self, target: str) -> Iterator[Slot]:
        """A model's slot, which stays for the time being; it is forgotten if nothing was loaded."""
        with self._turn:
            slot = self._slots.setdefault(target, Slot())
            self._slots.move_to_end(target)
            slot.busy += 1
            self._make_room()
        try:
            yield slot
        finally:
            with self._turn:
                slot.busy -= 1
                if slot.running is None and not slot.busy:
                    self._slots.pop(target, None)

    def _make_room(self) -> None:
        """Let go of what was not asked for longest and answers nothing now."""
        idle = [target for target, slot in self._slots.items() if not slot.busy]
        for target in idle[: max(0, len(self._slots) - self._room)]:
            self._unload(target, self._slots.pop(target))


class MultiModelContainer(ServingContainer):
    """A container of the models below an S3 prefix, which requests name by TargetModel."""

    _container: Container

    def ask(self, invocation: Invocation, seconds: float = ANSWER_SECONDS) -> Response:
        """One request to the model it names; AwsError (ValidationError) if there is none of that name."""
        target = str(invocation.target_model)
        with self._shelf.held(target) as slot:
            try:
                with slot.loading:
                    slot.running = slot.running or self._load(target)
            except JobFailed as error:
                return Response(500, "text/plain", f"the model {target} could not be loaded: {error}".encode())
            return model_client.ask(slot.running.port, invocation, seconds)

    def _start(self, host: Host) -> None:
        """The container and the code that all models share; no model yet."""
        self._shelf = Shelf(ROOM, self._unload)
        (self._ml / "models").mkdir(parents=True)
        self._container = self._open(host)
        self._variables = {"SAGEMAKER_MULTI_MODEL": "true", **self._variables}
        if self._shared_code:
            self._install(self._container, self._shared_code)

    def _folder_of(self, target: str) -> Path:
        """Where a model is; its name may be anything that an object's may be."""
        return self._ml / "models" / hashlib.sha256(target.encode()).hexdigest()[:32]

    def _unload(self, target: str, slot: Slot) -> None:
        """End a model's server and remove its files."""
        if slot.running:
            slot.running.process.signal(signal.SIGKILL)
        self._log.write(f"[embedded AWS] unloaded {target}")
        shutil.rmtree(self._folder_of(target), ignore_errors=True)

    def _load(self, target: str) -> RunningServer:
        """Fetch a model and start its server."""
        folder = self._folder_of(target)
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        prefix = storage.locate(str(model_files.location(self._description)))
        place = prefix.below(target.lstrip("/"))
        try:
            model_files.fetch_archive(self._principal, place, folder / "model")
        except (AwsError, BadLocationError) as error:
            raise AwsError(
                "ValidationError",
                f"Failed to download model data(bucket: {place.bucket}, key: {place.key}). Please ensure that there is "
                "an object located at the URL and that the role passed to CreateModel has permissions to download the "
                "model.",
            ) from error
        return self._serve(self._container, f"{ML}/models/{folder.name}/model")
