"""What a Distributed Map gives back: the children's outputs, or files in S3 with a manifest.

No emulator import. AWS: Step Functions developer guide, "ResultWriter (Map)".
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from embedded_aws.sagemaker.errors import AwsError
from embedded_aws.states.distributed_map_items import S3
from embedded_aws.states.step_functions import TaskError

PUT = "arn:aws:states:::s3:putObject"
TRANSFORMATIONS = ("NONE", "COMPACT", "FLATTEN")
OUTPUT_TYPES = ("JSON", "JSONL")
RIGHTS = ("s3:PutObject", "s3:GetObject", "s3:ListMultipartUploadParts", "s3:AbortMultipartUpload")

Record = Mapping[str, Any]
"""A child execution, in the words of DescribeExecution."""


@dataclass(frozen=True)
class Writer:
    """A ResultWriter with its expressions evaluated; without a bucket it only shapes the state's output."""

    bucket: str | None = None
    prefix: str = ""
    transformation: str = "COMPACT"
    lines: bool = False

    @classmethod
    def of(cls, resource: str | None, params: Mapping[str, Any], config: Mapping[str, Any]) -> Writer:
        """The writer that a ResultWriter's three parts ask for."""
        default = "NONE" if resource else "COMPACT"
        transformation = str(config.get("Transformation", default))
        bucket = str(params["Bucket"]) if resource else None
        return cls(bucket, str(params.get("Prefix") or ""), transformation, config.get("OutputType") == "JSONL")

    def results(self, records: Sequence[Record]) -> list[Any]:
        """The children's results; one that failed is described whole, whatever the transformation."""
        return [result for record in records for result in self._results(record)]

    def _results(self, record: Record) -> Iterator[Any]:
        if self.transformation == "NONE" or record["status"] != "SUCCEEDED":
            yield described(record)
            return
        output = json.loads(record["output"])
        if self.transformation == "FLATTEN" and isinstance(output, list):
            yield from output
        else:
            yield output

    def write(self, call: S3, map_run_arn: str, records: Sequence[Record]) -> dict[str, Any]:
        """Write all files; the state's output. TaskError (States.ResultWriterFailed) if the role may not."""
        folder = "/".join(filter(None, (self.prefix.rstrip("/"), map_run_arn.rsplit(":", 1)[-1])))
        try:
            files = {status: self._file(call, folder, status, records) for status in ("FAILED", "PENDING", "SUCCEEDED")}
            manifest = {"DestinationBucket": self.bucket, "MapRunArn": map_run_arn, "ResultFiles": files}
            self._put(call, f"{folder}/manifest.json", json.dumps(manifest))
        except AwsError as error:
            raise TaskError("States.ResultWriterFailed", error.message) from error
        details = {"Bucket": self.bucket, "Key": f"{folder}/manifest.json"}
        return {"MapRunArn": map_run_arn, "ResultWriterDetails": details}

    def _file(self, call: S3, folder: str, status: str, records: Sequence[Record]) -> list[dict[str, Any]]:
        results = self.results([record for record in records if _file_of(record) == status])
        if not results:
            return []
        key = f"{folder}/{status}_0.{'jsonl' if self.lines else 'json'}"
        text = "\n".join(json.dumps(result) for result in results) if self.lines else json.dumps(results)
        self._put(call, key, text)
        return [{"Key": key, "Size": len(text.encode())}]

    def _put(self, call: S3, key: str, text: str) -> None:
        call("PutObject", {"Bucket": self.bucket, "Key": key, "Body": text.encode()})


def _file_of(record: Record) -> str:
    """Children that were started but neither failed nor ended go into PENDING."""
    status = record["status"]
    return "SUCCEEDED" if status == "SUCCEEDED" else "FAILED" if status in ("FAILED", "TIMED_OUT") else "PENDING"


def described(record: Record) -> dict[str, Any]:
    """A child as result files have it: DescribeExecution's members in upper case, input and output as text."""
    status, failed = record["status"], record["status"] != "SUCCEEDED"
    given = {
        "Cause": record.get("cause"),
        "Error": record.get("error"),
        "ExecutionArn": record["executionArn"],
        "Input": record["input"],
        "InputDetails": {"Included": True},
        "Name": record["name"],
        "Output": record.get("output"),
        "OutputDetails": {"Included": True},
        "RedriveCount": 0,
        "RedriveStatus": "REDRIVABLE" if failed else "NOT_REDRIVABLE",
        "RedriveStatusReason": None if failed else f"Execution is {status} and cannot be redriven",
        "StartDate": record["startDate"],
        "StateMachineArn": record["stateMachineArn"],
        "Status": status,
        "StopDate": record.get("stopDate"),
    }
    return {key: value for key, value in given.items() if value is not None}
