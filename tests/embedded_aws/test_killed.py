"""kill -9 in the middle of many calls: what was answered is there afterwards, and whole.

A write that was answered is durable on AWS: "Amazon S3 never adds partial objects; if you receive a success response,
Amazon S3 added the entire object to the bucket" (Amazon S3 API Reference, PutObject).
"""

from __future__ import annotations

import hashlib
import itertools
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from botocore.parsers import ResponseParserError

from tests.embedded_aws.account import Account
from tests.embedded_aws.kept import KeptEngine
from tests.embedded_aws.waiting import eventually

BUCKET = "written-by-many"
LEAST = 10
Write = Callable[[Account, str, int], Any]
Check = Callable[[Account, str, list[Any]], None]


def content(name: str, number: int) -> bytes:
    """Some bytes that only this write has."""
    return hashlib.sha256(f"{name} {number}".encode()).digest() * (1, 100, 30_000)[number % 3]


def put_new_object(account: Account, turn: str, number: int) -> object:
    body = content("new", number)
    return account.client("s3").put_object(Bucket=BUCKET, Key=f"{turn}-{number}", Body=body)["ETag"]


def check_new_objects(account: Account, turn: str, said: list[Any]) -> None:
    for number, etag in enumerate(said):
        found = account.client("s3").get_object(Bucket=BUCKET, Key=f"{turn}-{number}")
        assert (found["ETag"], found["Body"].read()) == (etag, content("new", number))


def replace_object(account: Account, turn: str, number: int) -> object:
    return account.client("s3").put_object(Bucket=BUCKET, Key=turn, Body=content("same", number))


def check_replaced_object(account: Account, turn: str, said: list[Any]) -> None:
    """The last write may have been made and not answered."""
    found = account.client("s3").get_object(Bucket=BUCKET, Key=turn)
    body = found["Body"].read()
    assert body in (content("same", len(said) - 1), content("same", len(said)))
    assert found["ETag"].strip('"') == hashlib.md5(body).hexdigest()  # noqa: S324 # as S3 does
    assert found["ContentLength"] == len(body)


def put_and_delete_object(account: Account, turn: str, number: int) -> object:
    place = {"Bucket": BUCKET, "Key": f"fleeting {turn}"}
    if number % 2:
        return account.client("s3").delete_object(**place)
    return account.client("s3").put_object(**place, Body=content("fleeting", number))


def check_fleeting_object(account: Account, turn: str, said: list[Any]) -> None:
    key, s3 = f"fleeting {turn}", account.client("s3")
    listed = s3.list_objects_v2(Bucket=BUCKET, Prefix=key).get("Contents", [])
    possible = [None if number % 2 else content("fleeting", number) for number in (len(said) - 1, len(said))]
    assert (s3.get_object(Bucket=BUCKET, Key=key)["Body"].read() if listed else None) in possible


def send_message(account: Account, turn: str, number: int) -> object:
    url = account.client("sqs").create_queue(QueueName=turn)["QueueUrl"]
    return account.client("sqs").send_message(QueueUrl=url, MessageBody=str(number))["MessageId"]


def check_messages(account: Account, turn: str, said: list[Any]) -> None:
    sqs, found = account.client("sqs"), set()
    url = sqs.create_queue(QueueName=turn)["QueueUrl"]
    while batch := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
        found |= {message["MessageId"] for message in batch}
    assert found >= set(said)


def put_parameter(account: Account, turn: str, number: int) -> object:
    return account.client("ssm").put_parameter(Name=f"{turn}-{number}", Value=str(number), Type="String")


def check_parameters(account: Account, turn: str, said: list[Any]) -> None:
    for number in range(len(said)):
        found = account.client("ssm").get_parameter(Name=f"{turn}-{number}")["Parameter"]
        assert found["Value"] == str(number)


def create_user(account: Account, turn: str, number: int) -> object:
    return account.client("iam").create_user(UserName=f"{turn}-{number}")["User"]["UserId"]


def check_users(account: Account, turn: str, said: list[Any]) -> None:
    iam = account.client("iam")
    assert [iam.get_user(UserName=f"{turn}-{number}")["User"]["UserId"] for number in range(len(said))] == said


def create_configuration(account: Account, turn: str, number: int) -> object:
    create = account.client("sagemaker").create_notebook_instance_lifecycle_config
    return create(NotebookInstanceLifecycleConfigName=f"{turn}-{number}")["NotebookInstanceLifecycleConfigArn"]


def check_configurations(account: Account, turn: str, said: list[Any]) -> None:
    describe = account.client("sagemaker").describe_notebook_instance_lifecycle_config
    for number, arn in enumerate(said):
        found = describe(NotebookInstanceLifecycleConfigName=f"{turn}-{number}")
        assert found["NotebookInstanceLifecycleConfigArn"] == arn


KINDS: list[tuple[Write, Check]] = [
    (put_new_object, check_new_objects),
    (replace_object, check_replaced_object),
    (put_and_delete_object, check_fleeting_object),
    (send_message, check_messages),
    (put_parameter, check_parameters),
    (create_user, check_users),
    (create_configuration, check_configurations),
]


class Writer(threading.Thread):
    """Makes one call after the other until the engine is gone; `said` is what the calls answered."""

    def __init__(self, account: Account, turn: str, write: Write) -> None:
        super().__init__(daemon=True)
        self.said: list[Any] = []
        self._account = Account(account.engine)
        self._turn = turn
        self._write = write
        self.start()

    def run(self) -> None:
        """Until a call fails, or its answer is cut off."""
        for number in itertools.count():
            try:
                self.said.append(self._write(self._account, self._turn, number))
            except (ClientError, BotoCoreError, ResponseParserError):
                return


def test_every_acknowledged_call_outlives_the_engine(tmp_path: Path, environments: Path) -> None:
    kept = KeptEngine(tmp_path / "state", environments)
    kept.account.client("s3").create_bucket(Bucket=BUCKET)
    for turn in ("first", "second"):
        writers = [Writer(kept.account, turn, write) for write, _ in KINDS]
        eventually(lambda: all(len(writer.said) > LEAST for writer in writers), seconds=60)  # noqa: B023 # at once
        kept.kill()
        for writer in writers:
            writer.join(30)
        kept.start()
        for writer, (_, check) in zip(writers, KINDS, strict=True):
            check(kept.account, turn, writer.said)
    kept.end()
