"""One teardown at a time: a lock object in the class bucket, made and replaced by conditional writes."""

import json
from dataclasses import dataclass

from botocore.exceptions import ClientError

from classlab.contract import TEARDOWN_LOCK_KEY
from lambdas.shared.faults import Fault, classify, code
from lambdas.shared.retries import patiently
from lambdas.teardown.scope import Context

_TAKEN = ("PreconditionFailed", "ConditionalRequestConflict")


class LockHeld(Exception):  # noqa: N818 - the contract names the error that the state machine catches
    """Another run works on this class; the text names it."""


@dataclass(frozen=True)
class _Holder:
    execution: str
    etag: str


class Lock:
    """Held by the ARN of a state machine's execution; a holder that does not run any more is replaced."""

    def __init__(self, context: Context, execution: str) -> None:
        self._clients = context.clients
        self._bucket = context.scope.class_bucket
        self._clock = context.clock
        self._execution = execution

    def take(self) -> None:
        """Takes the lock, or keeps it where an earlier answer was lost; raises :class:`LockHeld`."""
        if self._write(IfNoneMatch="*"):
            return
        holder = self._holder()
        if holder and holder.execution == self._execution:
            return
        if holder and self._runs(holder.execution):
            raise LockHeld(f"{holder.execution} is tearing this class down; wait for its report")
        taken = self._write(IfMatch=holder.etag) if holder else self._write(IfNoneMatch="*")
        if not taken:
            raise LockHeld("another execution took the lock at the same moment; wait for its report")

    def require(self) -> None:
        """Raises :class:`LockHeld` unless this execution holds the lock."""
        holder = self._holder()
        if holder is None or holder.execution != self._execution:
            who = holder.execution if holder else "nobody"
            raise LockHeld(f"the lock is held by {who}, not by {self._execution}; nothing more is changed")

    def give_back(self) -> None:
        """Removes the lock if this execution holds it."""
        holder = self._holder()
        if holder and holder.execution == self._execution:
            self._clients.s3.delete_object(Bucket=self._bucket, Key=TEARDOWN_LOCK_KEY)

    def _write(self, **condition: str) -> bool:
        body = json.dumps({"execution": self._execution}).encode()
        try:
            self._clients.s3.put_object(Bucket=self._bucket, Key=TEARDOWN_LOCK_KEY, Body=body, **condition)  # type: ignore[arg-type]  # boto3's stubs cannot tell which member a str is for
        except ClientError as error:
            if code(error) in _TAKEN or classify(error) is Fault.GONE:
                return False
            raise
        return True

    def _holder(self) -> _Holder | None:
        try:
            answer = patiently(
                lambda: self._clients.s3.get_object(Bucket=self._bucket, Key=TEARDOWN_LOCK_KEY), clock=self._clock
            )
        except ClientError as error:
            if classify(error) is Fault.GONE:
                return None
            raise
        return _Holder(execution=json.loads(answer["Body"].read())["execution"], etag=answer["ETag"])

    def _runs(self, execution: str) -> bool:
        try:
            answer = self._clients.stepfunctions.describe_execution(executionArn=execution)
        except ClientError as error:
            if classify(error) is Fault.GONE:
                return False
            raise
        return answer["status"] == "RUNNING"
