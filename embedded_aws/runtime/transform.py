"""Batch transform: a model container answers every object, or every batch of an object's lines.

As many objects at once as MaxConcurrentTransforms says, one by default.
"""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from embedded_aws.runtime import storage
from embedded_aws.runtime.job import Job, JobFailed
from embedded_aws.runtime.model_client import OK
from embedded_aws.runtime.serving import ModelContainer, Serving
from embedded_aws.runtime.storage import Location
from embedded_aws.sagemaker.errors import AwsError
from embedded_aws.sagemaker.kinds import MODEL
from embedded_aws.sagemaker.ports import Invocation

MEBIBYTE = 1 << 20
ANSWER_SECONDS = 600


class TransformJob(Job):
    """Runs one transform job."""

    log_group = "/aws/sagemaker/TransformJobs"

    def work(self) -> dict[str, Any]:
        """Start the model, transform every object, upload each result."""
        with self.plane.lock:
            model = dict(self.plane.record(MODEL, self.record["ModelName"]))
        self._principal = self.host.acting_as(model["ExecutionRoleArn"])
        self.plane.update(self.record, TransformStartTime=datetime.now(UTC))
        prefix = storage.locate(self.record["TransformInput"]["DataSource"]["S3DataSource"]["S3Uri"])
        keys = self._keys(prefix)
        stream = f"{self.name}/i-{os.urandom(9).hex()[:17]}-{int(time.time())}"
        name = f"transform job {self.name}"
        serving = Serving(model=model, name=name, log_group=self.log_group, log_stream=stream)
        container = ModelContainer(self.host, serving, self.stop)
        try:
            self._transform_all(container, prefix, keys)
        finally:
            container.close()
        return self.failed_members()

    def failed_members(self) -> dict[str, Any]:
        """When it ended."""
        return {"TransformEndTime": datetime.now(UTC)}

    def _keys(self, prefix: Location) -> list[str]:
        try:
            keys = list(storage.keys(self._principal, prefix))
        except AwsError as error:
            raise JobFailed(f"ClientError: {error.code}: {error.message} ({prefix.uri})") from error
        if not keys:
            raise JobFailed(f"ClientError: No S3 objects found under S3 URL {prefix.uri!r}")
        return keys

    def _transform_all(self, container: ModelContainer, prefix: Location, keys: list[str]) -> None:
        """Every object; the first failure ends what has not begun."""

        def one(number: int, key: str) -> None:
            if not self.stop.asked:
                place = Location(prefix.bucket, key)
                self._transform(container, place, storage.relative_name(key, prefix.key), self.folder / str(number))

        with ThreadPoolExecutor(max(1, self.record.get("MaxConcurrentTransforms", 1))) as pool:
            waiting = [pool.submit(one, number, key) for number, key in enumerate(keys)]
            try:
                for each in waiting:
                    each.result()
            except BaseException:
                pool.shutdown(cancel_futures=True)
                raise

    def _transform(self, container: ModelContainer, place: Location, name: str, folder: Path) -> None:
        """One object to one object of the same name with `.out` behind it, by way of a directory."""
        given, result = folder / "given", folder / "result"
        storage.fetch(self._principal, place, given)
        lines = self.record["TransformOutput"]["AssembleWith"] == "Line"
        with result.open("wb") as output:
            for batch in self._batches(given):
                answer = self._ask(container, batch, place)
                output.write(answer)
                if lines and not answer.endswith(b"\n"):
                    output.write(b"\n")
        target = storage.locate(self.record["TransformOutput"]["S3OutputPath"])
        storage.put(self._principal, result, target.below(f"{name}.out"))
        shutil.rmtree(folder)

    def _ask(self, container: ModelContainer, batch: bytes, place: Location) -> bytes:
        invocation = Invocation(
            body=batch,
            content_type=self.record["TransformInput"].get("ContentType", "application/octet-stream"),
            accept=self.record["TransformOutput"].get("Accept"),
        )
        try:
            answer = container.ask(invocation, ANSWER_SECONDS)
        except TimeoutError:
            raise JobFailed(f"AlgorithmError: no answer within {ANSWER_SECONDS} seconds ({place.uri})") from None
        if answer.status != OK:
            text = answer.body.decode(errors="replace")[:500]
            raise JobFailed(f"ClientError: See job logs for more information. {answer.status}: {text} ({place.uri})")
        return answer.body

    def _batches(self, given: Path) -> Iterator[bytes]:
        """The whole object, its lines one by one, or as many lines as fit the payload."""
        limit = self.record["MaxPayloadInMB"] * MEBIBYTE
        if self.record["TransformInput"]["SplitType"] == "None":
            yield self._whole(given, limit)
            return
        single = self.record.get("BatchStrategy", "MultiRecord") == "SingleRecord"
        batch: list[bytes] = []
        size = 0
        with given.open("rb") as lines:
            for line in lines:
                if limit and len(line) > limit:
                    raise JobFailed(f"ClientError: a record of {len(line)} bytes is larger than MaxPayloadInMB")
                if batch and (single or (limit and size + len(line) > limit)):
                    yield b"".join(batch)
                    batch, size = [], 0
                batch.append(line)
                size += len(line)
        if batch:
            yield b"".join(batch)

    def _whole(self, given: Path, limit: int) -> bytes:
        if limit and given.stat().st_size > limit:
            raise JobFailed(
                f"ClientError: an object of {given.stat().st_size} bytes is larger than MaxPayloadInMB: set SplitType"
            )
        return given.read_bytes()
