"""Which calls are management events, and how CloudTrail names them.

The event history holds management events only ("Working with CloudTrail event history", CloudTrail's user guide);
which calls are data events instead is said in "Logging data events" and in each service's own guide.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

_DATA_EVENTS: Mapping[str, frozenset[str]] = {
    "lambda": frozenset({"Invoke", "InvokeAsync", "InvokeWithResponseStream"}),
    "sns": frozenset({"Publish", "PublishBatch"}),
    "sqs": frozenset(
        f"{verb}{batch}"
        for verb in ("SendMessage", "ReceiveMessage", "DeleteMessage", "ChangeMessageVisibility")
        for batch in ("", "Batch")
    ),
    "dynamodb": frozenset(
        {
            *("BatchExecuteStatement", "BatchGetItem", "BatchWriteItem", "DeleteItem", "ExecuteStatement"),
            *("ExecuteTransaction", "GetItem", "PutItem", "Query", "Scan", "TransactGetItems", "TransactWriteItems"),
            *("UpdateItem", "GetRecords", "GetShardIterator"),
        }
    ),
    "logs": frozenset({"PutLogEvents"}),
    "monitoring": frozenset({"PutMetricData", "GetMetricData", "GetMetricWidgetImage"}),
    "events": frozenset({"PutEvents"}),
    "kinesis": frozenset({"GetRecords", "GetShardIterator", "PutRecord", "PutRecords", "SubscribeToShard"}),
    "sagemaker": frozenset({"InvokeEndpoint", "InvokeEndpointAsync", "InvokeEndpointWithResponseStream"}),
    "xray": frozenset({"PutTraceSegments", "PutTelemetryRecords"}),
}
_S3_DATA_EVENTS = re.compile(
    r"^(ListObjects|ListObjectsV2|ListObjectVersions|ListMultipartUploads|HeadBucket|DeleteObjects|CreateSession)$"
)
# "Logging AWS Lambda API calls using AWS CloudTrail": a name may have the API's date and version at its end.
_LAMBDA_NAMES = {
    **dict.fromkeys(
        (
            *("CreateFunction", "DeleteFunction", "ListFunctions", "PublishVersion", "ListVersionsByFunction"),
            *("CreateEventSourceMapping", "DeleteEventSourceMapping", "UpdateEventSourceMapping"),
            *("ListEventSourceMappings", "CreateAlias", "DeleteAlias", "UpdateAlias", "ListAliases"),
        ),
        "20150331",
    ),
    **dict.fromkeys(
        (
            *("GetFunction", "GetFunctionConfiguration", "UpdateFunctionCode", "UpdateFunctionConfiguration"),
            *("AddPermission", "RemovePermission", "GetPolicy"),
        ),
        "20150331v2",
    ),
}
# "Amazon S3 CloudTrail events": the names of the REST API's older documents.
_S3_NAMES = {
    "PutPublicAccessBlock": "PutBucketPublicAccessBlock",
    "GetPublicAccessBlock": "GetBucketPublicAccessBlock",
    "DeletePublicAccessBlock": "DeleteBucketPublicAccessBlock",
    "PutBucketLifecycleConfiguration": "PutBucketLifecycle",
    "GetBucketLifecycleConfiguration": "GetBucketLifecycle",
    "PutBucketNotificationConfiguration": "PutBucketNotification",
    "GetBucketNotificationConfiguration": "GetBucketNotification",
}
_READS = re.compile(r"^(Describe|Get|List|Lookup|Search|BatchGet|Head|Estimate|Validate|Test|Simulate|Preview|Detect)")
# Read-only in CloudTrail, though they give something out ("CloudTrail log entries for STS").
_READ_ONLY = frozenset(
    {"AssumeRole", "AssumeRoleWithWebIdentity", "AssumeRoleWithSAML", "FilterLogEvents", "StartQuery"}
)


def is_data_event(service: str, operation: str, path: str = "/") -> bool:
    """Whether a call is left out of the event history. An unknown operation is none."""
    if service == "s3":
        return path.strip("/").count("/") > 0 or bool(_S3_DATA_EVENTS.match(operation))
    return operation in _DATA_EVENTS.get(service, ())


def event_name(service: str, operation: str) -> str:
    """The name that CloudTrail gives an operation."""
    if service == "lambda":
        return operation + _LAMBDA_NAMES.get(operation, "")
    return _S3_NAMES.get(operation, operation) if service == "s3" else operation


def is_read_only(operation: str) -> bool:
    """Whether CloudTrail calls an operation read-only."""
    return bool(_READS.match(operation)) or operation in _READ_ONLY


def gives_response(operation: str) -> bool:
    """Whether an event shows the answer: those of calls that change something, and of new sessions."""
    return not is_read_only(operation) or operation.startswith("AssumeRole")
