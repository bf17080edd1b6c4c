"""Metrics of a training job: what its definitions find in the log, the last value for Describe, all for CloudWatch.

They go to the namespace and dimension where the SageMaker Python SDK's TrainingJobAnalytics looks for them, as the
job's role, which needs cloudwatch:PutMetricData; a role without it loses them, as it does with logs.
"""

from __future__ import annotations

import math
import re
import threading
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from embedded_aws.runtime.host import Principal
from embedded_aws.runtime.outbox import Outbox

NAMESPACE = "/aws/sagemaker/TrainingJobs"


class Metrics:
    """The metrics of one job; they go out in the background, at the latest on `close`."""

    def __init__(self, principal: Principal, job: str, definitions: Sequence[Mapping[str, str]]) -> None:
        self._principal = principal
        self._dimensions = [{"Name": "TrainingJobName", "Value": job}]
        self._patterns = {definition["Name"]: re.compile(definition["Regex"]) for definition in definitions}
        self._last: dict[str, dict[str, Any]] = {}
        self._lock = threading.Lock()
        self._values = Outbox[dict[str, Any]](f"metrics of {job}", self._send)

    def watch(self, line: str) -> None:
        """Keep what the definitions find in a line of the log, where AWS shows a tab as #011."""
        texts = dict.fromkeys((line, line.replace("\t", "#011")))
        for name, pattern in self._patterns.items():
            value = next((found for text in texts if (found := _value(pattern, text)) is not None), None)
            if value is not None:
                with self._lock:
                    self._last[name] = {"MetricName": name, "Value": value, "Timestamp": datetime.now(UTC)}
                    self._values.put(self._last[name])

    def final(self) -> dict[str, Any]:
        """The member of Describe with the last value of each metric; none if there is no value."""
        with self._lock:
            return {"FinalMetricDataList": list(self._last.values())} if self._last else {}

    def close(self) -> None:
        """Send the rest."""
        self._values.close()

    def _send(self, batch: list[dict[str, Any]]) -> None:
        data = [{**item, "Dimensions": self._dimensions} for item in batch]
        self._principal.call("cloudwatch", "PutMetricData", Namespace=NAMESPACE, MetricData=data)


def _value(pattern: re.Pattern[str], text: str) -> float | None:
    """The number in the first group; None where there is no match, no group or none that CloudWatch takes."""
    match = pattern.search(text)
    if match is None or not match.groups():
        return None
    try:
        found = float(match[1])
    except (TypeError, ValueError):
        return None
    return found if math.isfinite(found) else None
