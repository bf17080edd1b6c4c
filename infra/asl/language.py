"""The few words of the Amazon States Language that our machines are made of.

A state is a plain dict. Values may hold CDK tokens: the machine is turned into text by its stack. Expressions are
JSONata, so a state reads variables (``$run``) that an earlier one assigned.
"""

from collections.abc import Mapping, Sequence

State = dict[str, object]
States = dict[str, State]

THROTTLED = ["SageMaker.AmazonSageMakerException", "SageMaker.ThrottlingException", "SageMaker.SdkClientException"]
LAMBDA_TRANSIENT = [
    "Lambda.ServiceException",
    "Lambda.AWSLambdaException",
    "Lambda.SdkClientException",
    "Lambda.TooManyRequestsException",
]
S3_TRANSIENT = ["S3.S3Exception", "S3.SdkClientException"]


def expression(jsonata: str) -> str:
    """Text that Step Functions evaluates."""
    return f"{{% {jsonata} %}}"


def machine(states: States, *, start: str, comment: str, timeout_seconds: int) -> dict[str, object]:
    """A whole definition."""
    return {
        "Comment": comment,
        "QueryLanguage": "JSONata",
        "StartAt": start,
        "TimeoutSeconds": timeout_seconds,
        "States": states,
    }


def retry(errors: Sequence[str], *, interval: int, attempts: int, slowest: int = 60) -> dict[str, object]:
    """A retrier with exponential backoff and full jitter, waiting at most ``slowest`` seconds."""
    return {
        "ErrorEquals": list(errors),
        "IntervalSeconds": interval,
        "BackoffRate": 2,
        "MaxDelaySeconds": slowest,
        "MaxAttempts": attempts,
        "JitterStrategy": "FULL",
    }


def never_retry(error: str) -> dict[str, object]:
    """Keeps a later, broader retrier from an error that stays as it is."""
    return {"ErrorEquals": [error], "MaxAttempts": 0}


def catch(errors: Sequence[str], to: str, assign: Mapping[str, object] | None = None) -> dict[str, object]:
    """A catcher that goes on elsewhere, with what it learnt in variables."""
    return {"ErrorEquals": list(errors), "Next": to, **({"Assign": dict(assign)} if assign else {})}


def task(integration: str, arguments: Mapping[str, object], **fields: object) -> State:
    """A Task state of an optimised or SDK integration, such as ``lambda:invoke``; ``fields`` are further members."""
    return {"Type": "Task", "Resource": f"arn:aws:states:::{integration}", "Arguments": dict(arguments), **fields}


def choice(condition: str, *, then: str, otherwise: str) -> State:
    """A Choice state of one condition."""
    return {"Type": "Choice", "Choices": [{"Condition": expression(condition), "Next": then}], "Default": otherwise}


def fail(error: str, cause: str) -> State:
    """A Fail state; ``cause`` is a JSONata expression."""
    return {"Type": "Fail", "Error": error, "Cause": expression(cause)}
