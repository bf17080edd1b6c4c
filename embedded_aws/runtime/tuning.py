"""Tuning jobs: training jobs one after another and side by side, each with values that the strategy chooses."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Any

from embedded_aws.runtime import search
from embedded_aws.runtime.container import POLL_SECONDS
from embedded_aws.runtime.job import Job, JobFailed
from embedded_aws.sagemaker import jobs, tuning
from embedded_aws.sagemaker.errors import AwsError
from embedded_aws.sagemaker.kinds import JOB_FINAL, TRAINING_JOB
from embedded_aws.sagemaker.ports import Record

_ATTEMPTS = 5
"""Training jobs in a row, from the first on, that may come to nothing before AWS gives up."""


class TuningJob(Job):
    """Runs one tuning job. It writes no log: AWS's have none either."""

    log_group = ""

    def work(self) -> dict[str, Any]:
        """Make training jobs until all have ended or none comes to anything."""
        config = self.record["HyperParameterTuningJobConfig"]
        self._ranges = tuning.ranges(self.record)
        self._strategy = search.strategy(config["Strategy"], self._ranges, config.get("RandomSeed"))
        self._notes = search.NOTES[config["Strategy"]]
        self._sign = -1 if config["HyperParameterTuningJobObjective"]["Type"] == "Maximize" else 1
        self._made: list[tuple[search.Point, Record]] = []
        try:
            self._make_all(config["ResourceLimits"])
        finally:
            self._end_running()
        if not self.stop.asked and not self._tried():
            raise JobFailed(self._why_failed())
        return self._times()

    def failed_members(self) -> dict[str, Any]:
        """When it ended."""
        return self._times()

    def _make_all(self, limits: dict[str, int]) -> None:
        while not self.stop.asked and not self._hopeless():
            running = self._running()
            if len(self._made) == limits["MaxNumberOfTrainingJobs"] and not running:
                return
            room = limits["MaxParallelTrainingJobs"] - len(running)
            for _ in range(min(room, limits["MaxNumberOfTrainingJobs"] - len(self._made))):
                self._make()
            time.sleep(POLL_SECONDS)

    def _make(self) -> None:
        point = self._strategy.next(self._tried())
        values = {one.name: one.at(place) for one, place in zip(self._ranges, point, strict=True)}
        self._made.append((point, tuning.launch(self.plane, self.record, values, self._notes)))

    def _tried(self) -> list[tuple[search.Point, float]]:
        """Points that came to a value, with their loss."""
        with self.plane.lock:
            found = [(point, tuning.objective_of(child)) for point, child in self._made]
        return [(point, self._sign * value) for point, value in found if value is not None]

    def _running(self) -> list[Record]:
        with self.plane.lock:
            return [child for _, child in self._made if child["TrainingJobStatus"] not in JOB_FINAL]

    def _hopeless(self) -> bool:
        ended = len(self._made) - len(self._running())
        return ended >= _ATTEMPTS and not self._tried()

    def _why_failed(self) -> str:
        """In AWS's words, as they are quoted in public threads."""
        with self.plane.lock:
            completed = sum(child["TrainingJobStatus"] == "Completed" for _, child in self._made)
        if completed:
            return (
                f"No objective metrics found after running {len(self._made)} training jobs. Please ensure that the "
                "custom algorithm is emitting the objective metric as defined by the regular expression provided."
            )
        return (
            f"No training job succeeded after {len(self._made)} attempts. Please take a look at the training job "
            "failures to get more details."
        )

    def _end_running(self) -> None:
        """Stop what still runs, and wait for its end: a tuning job never ends before its training jobs."""
        for child in self._running():
            try:
                jobs.stop(self.plane, TRAINING_JOB, {"TrainingJobName": child["TrainingJobName"]})
            except AwsError:
                continue  # it has ended meanwhile
        while self._running():
            time.sleep(POLL_SECONDS)

    def _times(self) -> dict[str, Any]:
        ended = datetime.now(UTC)
        seconds = int((ended - self.record["CreationTime"]).total_seconds()) + 1
        return {"HyperParameterTuningEndTime": ended, "ConsumedResources": {"RuntimeInSeconds": seconds}}
