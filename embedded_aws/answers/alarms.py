"""What is refused of CloudWatch's alarms: what the emulator would drop, and what is against the service model.

No emulator import. AWS: CloudWatch API reference, PutMetricAlarm.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from botocore.model import StructureShape

from embedded_aws.sagemaker.errors import AwsError
from embedded_aws.sagemaker.validation import check

_DROPPED = frozenset(
    {
        *("ActionConfiguration", "EvaluateLowSampleCountPercentile", "EvaluationCriteria", "EvaluationInterval"),
        *("EvaluationWindow", "Metrics", "ThresholdMetricId", "WarmUpConfiguration"),
    }
)
_DROPPED_OF_FORMS = _DROPPED | {"InsufficientDataActions"}


def refuse_form(form: Mapping[str, Any]) -> None:
    """AwsError for a request of the query protocol that asks for what would be dropped."""
    _refuse({name.split(".")[0] for name in form} & _DROPPED_OF_FORMS)


def refuse(asked: Mapping[str, Any], shape: StructureShape) -> None:
    """AwsError for one of the other protocols, for values out of range too."""
    _refuse(asked.keys() & _DROPPED)
    check(shape, {name: value for name, value in asked.items() if value is not None})


def _refuse(dropped: set[str]) -> None:
    if dropped:
        raise AwsError("ValidationError", f"{min(dropped)} of an alarm is not implemented by the embedded AWS")
