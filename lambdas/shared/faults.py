"""Errors of AWS, sorted into what one does about them."""

from enum import StrEnum

from botocore.exceptions import BotoCoreError, ClientError, HTTPClientError
from botocore.exceptions import ConnectionError as BotoConnectionError


class Fault(StrEnum):
    """What an error asks for."""

    GONE = "gone"  # what was asked about is not there
    WAIT = "wait"  # not now: something else must end first, or the state is not the right one
    THROTTLED = "throttled"  # again later: too many calls, a server's error, no answer
    DENIED = "denied"  # asking again changes nothing
    UNKNOWN = "unknown"


AWS_ERRORS = (ClientError, BotoCoreError)

_GONE = {
    "ExecutionDoesNotExist",
    "NoSuchBucket",
    "NoSuchEntity",
    "NoSuchKey",
    "NoSuchUpload",
    "ResourceNotFound",
    "ResourceNotFoundException",
    "StateMachineDoesNotExist",
}
_WAIT = {
    "BucketNotEmpty",
    "ConcurrentModification",
    "ConditionalRequestConflict",
    "ConflictException",
    "DeleteConflict",
    "InvalidBucketState",
    "OperationAborted",
    "OperationAbortedException",
    "ResourceInUse",
    "ResourceInUseException",
    "ValidationError",  # a refusal says what it means only together with the state that Describe shows next
    "ValidationException",  # as above
}
_THROTTLED = {
    "BandwidthLimitExceeded",
    "EC2ThrottledException",
    "LimitExceededException",
    "PriorRequestNotComplete",
    "ProvisionedThroughputExceededException",
    "RequestLimitExceeded",
    "RequestThrottled",
    "RequestThrottledException",
    "RequestTimeout",
    "RequestTimeoutException",
    "SlowDown",
    "ThrottledException",
    "Throttling",
    "ThrottlingException",
    "TooManyRequestsException",
}
_DENIED = {
    "AccessDenied",
    "AccessDeniedException",
    "AuthorizationError",
    "AuthorizationErrorException",
    "Forbidden",
    "NotAuthorized",
    "UnauthorizedOperation",
}
_TOO_MANY = 429
_SERVER_ERROR = 500
_BY_CODE = {
    code: fault
    for fault, codes in (
        (Fault.GONE, _GONE),
        (Fault.WAIT, _WAIT),
        (Fault.THROTTLED, _THROTTLED),
        (Fault.DENIED, _DENIED),
    )
    for code in codes
}
_BY_STATUS = {"404": Fault.GONE, "403": Fault.DENIED, "429": Fault.THROTTLED}


def classify(error: Exception) -> Fault:
    """What to do about an error; what is not of AWS is UNKNOWN."""
    if isinstance(error, (BotoConnectionError, HTTPClientError)):
        return Fault.THROTTLED
    if not isinstance(error, ClientError):
        return Fault.UNKNOWN
    known = _BY_CODE.get(code(error)) or _BY_STATUS.get(code(error))
    if known:
        return known
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    return Fault.THROTTLED if status == _TOO_MANY or status >= _SERVER_ERROR else Fault.UNKNOWN


def code(error: Exception) -> str:
    """AWS's code of an error, empty for other errors."""
    return error.response.get("Error", {}).get("Code", "") if isinstance(error, ClientError) else ""


def describe(error: Exception) -> str:
    """One line about an error: its code or class, and its text."""
    if not isinstance(error, ClientError):
        return f"{type(error).__name__}: {error}"
    answer = error.response.get("Error", {})
    return f"{error.operation_name}: {answer.get('Code', 'no code')}: {answer.get('Message', 'no message')}"
