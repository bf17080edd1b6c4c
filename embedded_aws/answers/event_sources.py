"""What Lambda refuses of event source mappings, in its words; of members that the emulator would drop, by their names.

No emulator import. AWS: Lambda API reference, CreateEventSourceMapping and UpdateEventSourceMapping.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from embedded_aws.sagemaker.errors import AwsError, not_implemented

_DONE = frozenset(
    {
        *(
            "BatchSize",
            "BisectBatchOnFunctionError",
            "DestinationConfig",
            "Enabled",
            "EventSourceArn",
            "FilterCriteria",
        ),
        *("FunctionName", "FunctionResponseTypes", "MaximumBatchingWindowInSeconds", "MaximumRecordAgeInSeconds"),
        *("MaximumRetryAttempts", "ParallelizationFactor", "ScalingConfig", "StartingPosition", "Tags", "UUID"),
    }
)
_UNBATCHED = 10
Mapped = Mapping[str, Any]


def refuse(asked: Mapped) -> None:
    """AwsError for a mapping, as it is to be, that is not done or no queue can have."""
    dropped = sorted(name for name in asked.keys() - _DONE if asked[name])
    if dropped:
        raise not_implemented(f"{dropped[0]} of an event source mapping")
    large = int(asked.get("BatchSize") or 0) > _UNBATCHED
    if _is_queue(asked.get("EventSourceArn")) and large and not asked.get("MaximumBatchingWindowInSeconds"):
        raise _invalid(
            "Maximum batch window in seconds must be greater than 0 if maximum batch size is greater than 10"
        )


def refuse_missing(source: str, queues: Iterable[str]) -> None:
    """AwsError for a queue that is not there; `queues` are the names of those that are."""
    if _is_queue(source) and source.rpartition(":")[2] not in queues:
        code = "AWS.SimpleQueueService.NonExistentQueue"
        told = f"SQS Error Code: {code}. SQS Error Message: The specified queue does not exist."
        raise _invalid(f"Error occurred while ReceiveMessage. {told}")


def refuse_again(source: str, function_arn: str, held: Iterable[Mapped]) -> None:
    """AwsError if a function, or a version or alias of it, has that source already."""
    for mapping in held:
        if (mapping["EventSourceArn"], mapping["FunctionArn"]) != (source, function_arn):
            continue
        both = f'(" {source} ") and function (" {mapping["FunctionName"]} ")'
        of_stream = f"The event source arn {both} provided mapping"
        text = f"An event source mapping with SQS arn {both}" if _is_queue(source) else of_stream
        more = f"already exists. Please update or delete the existing mapping with UUID {mapping['UUID']}"
        raise AwsError("ResourceConflictException", f"{text} {more}", 409)


def _is_queue(source: object) -> bool:
    return str(source).startswith("arn:aws:sqs:")


def _invalid(text: str) -> AwsError:
    return AwsError("InvalidParameterValueException", text)
