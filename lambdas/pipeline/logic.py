"""Holds what a training job measured against the threshold: its evaluation.json, or a built-in algorithm's metrics."""

import io
import json
import math
import tarfile
import zlib
from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from classlab.contract import GateAnswer, GateRequest
from lambdas.shared.faults import AWS_ERRORS, Fault, classify, describe

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

EVALUATION = "evaluation.json"
ARCHIVE_MAX = 100 * 2**20  # bytes; evaluation.json and a few plots, not a model
EVALUATION_MAX = 2**20  # bytes


class BadEvaluation(Exception):  # noqa: N818 - the contract names the error that state machines catch
    """The evaluation is missing or unreadable; the text names the object and what is wrong with it."""


def judge(request: GateRequest, *, s3: "S3Client") -> GateAnswer:
    """Whether ``metric`` is at least ``at_least``; a metric that is not there is an error, not a refusal."""
    where, validation = _measured(request, s3)
    metric, at_least = request["metric"], request["at_least"]
    if metric not in validation:
        there = ", ".join(sorted(validation)) or "no numbers at all"
        raise BadEvaluation(f"{where} holds no number {metric!r}, but {there}; see the lab's train.py and its gate")
    value = validation[metric]
    return {
        "gate": {"metric": metric, "value": value, "at_least": at_least, "passed": value >= at_least},
        "validation": validation,
    }


def _measured(request: GateRequest, s3: "S3Client") -> tuple[str, dict[str, float]]:
    """Where the metrics are from, and the metrics."""
    if "measured" in request:
        where = "the training job's final metrics"
        return where, numbers(request["measured"], where)
    where = f"s3://{request['bucket']}/{request['key']}"
    return f"{where}: {EVALUATION}", numbers(_evaluation(_fetch(s3, request, where), where), where)


def _fetch(s3: "S3Client", request: GateRequest, where: str) -> bytes:
    try:
        answer = s3.get_object(Bucket=request["bucket"], Key=request["key"])
        if answer["ContentLength"] > ARCHIVE_MAX:
            raise BadEvaluation(f"{where} has {answer['ContentLength']:,} bytes, more than {ARCHIVE_MAX:,}")
        return answer["Body"].read()
    except AWS_ERRORS as error:
        # without s3:ListBucket, S3 answers AccessDenied for an object that is not there
        missing = classify(error) in (Fault.GONE, Fault.DENIED)
        hint = "; it is there only if train.py wrote to SM_OUTPUT_DATA_DIR" if missing else ""
        raise BadEvaluation(f"{where} cannot be read ({describe(error)}){hint}") from error


def _evaluation(archive: bytes, where: str) -> object:
    try:
        with tarfile.open(fileobj=io.BytesIO(archive), mode="r:gz") as tar:
            member = next((item for item in tar if _is_evaluation(item)), None)
            content = tar.extractfile(member) if member else None
            if member is None or content is None:
                raise BadEvaluation(f"{where} holds no {EVALUATION}; see the lab's train.py")
            if member.size > EVALUATION_MAX:
                raise BadEvaluation(f"{where}: {EVALUATION} has {member.size:,} bytes, more than {EVALUATION_MAX:,}")
            return json.loads(content.read())
    except (tarfile.TarError, zlib.error, EOFError, OSError) as error:
        raise BadEvaluation(f"{where} is no readable tar.gz: {error}") from error
    except ValueError as error:
        raise BadEvaluation(f"{where}: {EVALUATION} is not JSON: {error}") from error


def _is_evaluation(member: tarfile.TarInfo) -> bool:
    return member.isfile() and PurePosixPath(member.name) == PurePosixPath(EVALUATION)


def numbers(evaluation: object, where: str) -> dict[str, float]:
    """Everything numeric on the first level of evaluation.json; NaN and infinity are refused by name."""
    if not isinstance(evaluation, Mapping):
        raise BadEvaluation(f"{where}: {EVALUATION} is not an object of metrics")
    found = {
        str(name): float(value)
        for name, value in evaluation.items()
        if isinstance(value, int | float) and not isinstance(value, bool)
    }
    for name, value in found.items():
        if not math.isfinite(value):
            raise BadEvaluation(f"{where}: {EVALUATION}: {name} is {value}, no finite number")
    return found
