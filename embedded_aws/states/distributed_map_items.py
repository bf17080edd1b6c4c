"""The items of a Distributed Map: read from S3 with the machine's role, and grouped into batches.

No emulator import. AWS: Step Functions developer guide, "ItemReader (Map)" and "ItemBatcher (Map)".
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from embedded_aws.sagemaker.errors import AwsError
from embedded_aws.states.step_functions import MAX_BYTES, TaskError

LIST, GET = "arn:aws:states:::s3:listObjectsV2", "arn:aws:states:::s3:getObject"
INPUT_TYPES = ("JSON", "JSONL", "CSV")
_DELIMITERS = {"COMMA": ",", "PIPE": "|", "SEMICOLON": ";", "SPACE": " ", "TAB": "\t"}

S3 = Callable[[str, Mapping[str, Any]], Mapping[str, Any]]
"""An operation of S3 with its parameters, as the machine's role; AwsError if it fails."""


@dataclass(frozen=True)
class Reader:
    """An ItemReader with its expressions evaluated; `config` is its ReaderConfig."""

    resource: str
    params: Mapping[str, Any]
    config: Mapping[str, Any]

    @property
    def source(self) -> str:
        """What `Map.Item.Source` of the context says."""
        bucket = f"S3://{self.params.get('Bucket')}"
        return bucket if self._lists else f"{bucket}/{self.params.get('Key')}"

    @property
    def _lists(self) -> bool:
        return self.resource == LIST and self.config.get("Transformation") != "LOAD_AND_FLATTEN"

    def read(self, call: S3) -> list[Any]:
        """All items, at most MaxItems; TaskError (States.ItemReaderFailed) if they can't be read."""
        try:
            items = self._read(call)
        except AwsError as error:
            raise _failed(f"{error.message} (Bucket: {self.params.get('Bucket')})") from error
        except (ValueError, KeyError, IndexError, csv.Error) as error:
            raise _failed(f"Attempting to parse the items failed: {error}") from error
        if not isinstance(items, list):
            raise _failed("Attempting to map over non-iterable node.")
        limit = self.config.get("MaxItems")
        return items[: int(limit)] if limit else items

    def _read(self, call: S3) -> Any:  # noqa: ANN401 # any JSON value
        if self.resource == GET:
            return parsed(_text(call, self.params), self.config)
        found = list(_objects(call, self.params))
        if self._lists:
            return found
        keys = ({"Bucket": self.params["Bucket"], "Key": item["Key"]} for item in found)
        return [item for key in keys for item in parsed(_text(call, key), self.config)]


def parsed(text: str, config: Mapping[str, Any]) -> Any:  # noqa: ANN401 # any JSON value
    """The items of a file's content, as ReaderConfig describes it."""
    kind = config.get("InputType", "JSON")
    if kind == "CSV":
        return _rows(text, config)
    if kind == "JSONL":
        return [json.loads(line) for line in text.splitlines() if line.strip()]
    found = json.loads(text)
    for part in filter(None, str(config.get("ItemsPointer", "")).split("/")):
        found = found[int(part)] if isinstance(found, list) else found[part]
    return found


def _rows(text: str, config: Mapping[str, Any]) -> list[dict[str, str]]:
    """Rows by their headers: a missing value is an empty string, a surplus one is dropped."""
    delimiter = _DELIMITERS[config.get("CSVDelimiter", "COMMA")]
    rows = [row for row in csv.reader(io.StringIO(text), delimiter=delimiter) if row]
    given = config.get("CSVHeaderLocation") == "GIVEN"
    headers = list(config["CSVHeaders"]) if given else rows[0] if rows else []
    values = rows if given else rows[1:]
    return [{name: row[place] if place < len(row) else "" for place, name in enumerate(headers)} for row in values]


def _text(call: S3, params: Mapping[str, Any]) -> str:
    return str(call("GetObject", params)["Body"].read().decode())


def _objects(call: S3, params: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    more: dict[str, Any] = {}
    while True:
        page = call("ListObjectsV2", {**params, **more})
        for held in page.get("Contents", []):
            yield {
                "Etag": held["ETag"],
                "Key": held["Key"],
                "LastModified": int(held["LastModified"].timestamp()),
                "Size": held["Size"],
                "StorageClass": held.get("StorageClass", "STANDARD"),
            }
        if not page.get("IsTruncated"):
            return
        more = {"ContinuationToken": page["NextContinuationToken"]}


@dataclass(frozen=True)
class Batcher:
    """An ItemBatcher with its expressions evaluated."""

    max_items: int | None = None
    max_bytes: int | None = None
    batch_input: Any = None

    def batches(self, items: Sequence[Any]) -> list[list[Any]]:
        """The items in groups that keep to both limits, by default an execution's; TaskError if one alone does not."""
        most = min(self.max_bytes or MAX_BYTES, MAX_BYTES)
        empty = _size(self.child_input([]))
        groups: list[list[Any]] = []
        held = 0
        for item in items:
            size = _size(item) + 1
            if empty + size > most:
                raise TaskError("States.DataLimitExceeded", "An item exceeds the maximum size of a batch.")
            full = not groups or len(groups[-1]) == self.max_items or held + size > most
            if full:
                groups.append([])
            groups[-1].append(item)
            held = size + (empty if full else held)
        return groups

    def child_input(self, batch: Sequence[Any]) -> dict[str, Any]:
        """What the child execution of a batch gets."""
        fixed = {} if self.batch_input is None else {"BatchInput": self.batch_input}
        return {**fixed, "Items": list(batch)}


def _size(value: object) -> int:
    return len(json.dumps(value, separators=(",", ":")).encode())


def _failed(cause: str) -> TaskError:
    """The name is AWS's; the text is not."""
    return TaskError("States.ItemReaderFailed", cause)
