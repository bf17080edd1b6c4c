"""Checkpoints of a training job: fetched from S3 before it starts, copied there while it runs, as its role.

The developer guide, "Checkpoints in Amazon SageMaker AI": what lies at the S3 address is put into the local directory,
and what the script writes there is synchronised. What it deletes stays in S3: AWS does not say what becomes of that.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from pathlib import Path

from embedded_aws.runtime import storage
from embedded_aws.runtime.container import ML
from embedded_aws.runtime.host import Principal
from embedded_aws.sagemaker.errors import AwsError, not_implemented

DEFAULT_PLACE = f"{ML}/checkpoints"
SYNC_SECONDS = 1.0


def vet(config: Mapping[str, str]) -> None:
    """AwsError for a directory that no other place than this container has; BadLocationError for no S3 address."""
    storage.locate(config["S3Uri"])
    place = config.get("LocalPath", DEFAULT_PLACE)
    if not f"{place}/".startswith(f"{ML}/") or ".." in Path(place).parts:
        raise not_implemented(f"CreateTrainingJob: CheckpointConfig.LocalPath={place}, which is not below {ML},")


class Checkpoints:
    """The synchronisation of one job; `ml` is where its /opt/ml is."""

    def __init__(self, principal: Principal, config: Mapping[str, str], ml: Path) -> None:
        self._principal = principal
        self._prefix = storage.locate(config["S3Uri"])
        self._folder = ml / Path(config.get("LocalPath", DEFAULT_PLACE)).relative_to(ML)
        self._sent: dict[Path, tuple[int, int]] = {}
        self._closing = threading.Event()
        self._error: AwsError | None = None
        self._thread = threading.Thread(target=self._run, name=f"checkpoints {self._prefix.uri}", daemon=True)

    def start(self) -> None:
        """Fetch what is there and watch what comes; AwsError if the role may not read."""
        folder = storage.Location(self._prefix.bucket, self._prefix.key.rstrip("/") + "/" if self._prefix.key else "")
        storage.fetch_prefix(self._principal, folder, self._folder)
        self._sent = dict(self._files())
        self._thread.start()

    def close(self) -> None:
        """Send what is left; AwsError if anything could not be sent."""
        self._closing.set()
        self._thread.join()
        if self._error:
            raise self._error

    def _run(self) -> None:
        while not self._closing.wait(SYNC_SECONDS):
            self._send()
        self._send()

    def _send(self) -> None:
        """What is new or has changed; what could not be sent is tried again."""
        self._error = None
        for file, state in self._files():
            if self._sent.get(file) == state:
                continue
            try:
                storage.put(self._principal, file, self._prefix.below(file.relative_to(self._folder).as_posix()))
            except OSError as error:  # the script may have removed or replaced it since: the last time tells
                self._error = AwsError("InternalFailure", str(error), 500)
                continue
            except AwsError as error:
                self._error = error
                return
            self._sent[file] = state

    def _files(self) -> list[tuple[Path, tuple[int, int]]]:
        found = []
        for file in sorted(self._folder.rglob("*")):
            try:
                if file.is_file() and not file.is_symlink():
                    about = file.stat()
                    found.append((file, (about.st_mtime_ns, about.st_size)))
            except OSError:
                continue
        return found
