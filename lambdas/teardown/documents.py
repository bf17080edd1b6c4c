"""The teardown's documents in the class bucket: ledger, plan, report."""

from botocore.exceptions import ClientError
from pydantic import BaseModel, ValidationError

from classlab.contract import TEARDOWN_PREFIX, ledger_key
from lambdas.shared.clients import Clients
from lambdas.shared.clock import Clock
from lambdas.shared.faults import Fault, classify
from lambdas.shared.retries import patiently
from lambdas.shared.telemetry import LOGGER
from lambdas.teardown.facts import Facts
from lambdas.teardown.ledger import Ledger


class Documents:
    """Reads and writes JSON below ``teardown/``."""

    def __init__(self, clients: Clients, bucket: str, clock: Clock) -> None:
        self._s3 = clients.s3
        self._bucket = bucket
        self._clock = clock

    def read_ledger(self, run: str) -> Ledger | None:
        """The ledger of a run, None before its first step."""
        body = self._read(ledger_key(run))
        return Ledger.model_validate_json(body) if body is not None else None

    def write(self, key: str, document: BaseModel) -> None:
        """One document."""
        body = document.model_dump_json().encode()
        patiently(
            lambda: self._s3.put_object(Bucket=self._bucket, Key=key, Body=body, ContentType="application/json"),
            clock=self._clock,
        )

    def memory_of_earlier_runs(self, run: str) -> Facts:
        """What earlier runs proved: a run that was cut may have deleted the proof of what it left."""
        memory = Facts()
        for earlier in sorted(self._runs() - {run}):
            try:
                ledger = self.read_ledger(earlier)
            except ValidationError:
                LOGGER.warning(
                    "an earlier run's ledger is of another version and tells nothing", extra={"run": earlier}
                )
                continue
            memory = memory.with_memory_of(ledger.memory) if ledger else memory
        return memory

    def _runs(self) -> set[str]:
        folder = f"{TEARDOWN_PREFIX}runs/"
        pages = self._s3.get_paginator("list_objects_v2").paginate(Bucket=self._bucket, Prefix=folder)
        keys = (found["Key"] for page in pages for found in page.get("Contents", []))
        return {key.removeprefix(folder).partition("/")[0] for key in keys}

    def _read(self, key: str) -> bytes | None:
        try:
            answer = patiently(lambda: self._s3.get_object(Bucket=self._bucket, Key=key), clock=self._clock)
        except ClientError as error:
            if classify(error) is Fault.GONE:
                return None
            raise
        return answer["Body"].read()
