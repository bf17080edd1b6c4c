"""Hyperparameter tuning jobs: what they search, the training jobs they make, and what these came to."""

from __future__ import annotations

import copy
import secrets
from collections import Counter
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from embedded_aws.sagemaker import algorithms, jobs, listing, parameter_ranges, verbs
from embedded_aws.sagemaker.errors import validation
from embedded_aws.sagemaker.kinds import JOB_FINAL, TRAINING_JOB, TUNING_JOB
from embedded_aws.sagemaker.parameter_ranges import Range

if TYPE_CHECKING:
    from embedded_aws.sagemaker.control_plane import ControlPlane
    from embedded_aws.sagemaker.ports import Caller, Record
    from embedded_aws.sagemaker.verbs import Params

OBJECTIVE_PARAMETER = "_tuning_objective_metric"
_SCRIPT = "sagemaker_program"
_JOB_STATES = ("Completed", "InProgress", "RetryableError", "NonRetryableError", "Stopped")
_OBJECTIVE_STATES = ("Succeeded", "Pending", "Failed")
_OURS_TO_RETRY = "InternalServerError"
_SUMMARY = (
    "TrainingJobName",
    "TrainingJobArn",
    "CreationTime",
    "TrainingStartTime",
    "TrainingEndTime",
    "TrainingJobStatus",
    "FailureReason",
)


def create(plane: ControlPlane, params: Params, caller: Caller | None) -> Params:
    """CreateHyperParameterTuningJob.

    Refuses what its training jobs would be refused for. Private keys: `_children` (records of the training jobs, in
    the order in which they were made).
    """
    record = verbs.new_record(plane, TUNING_JOB, params, caller)
    if "TrainingJobDefinition" not in record:
        raise validation("TrainingJobDefinition must be provided.")
    config, definition = record["HyperParameterTuningJobConfig"], record["TrainingJobDefinition"]
    algorithms.complete(definition["AlgorithmSpecification"])
    definition["StaticHyperParameters"] = {
        **definition.get("StaticHyperParameters", {}),
        OBJECTIVE_PARAMETER: _objective(config, definition),
    }
    config.setdefault("TrainingJobEarlyStoppingType", "Off")
    algorithms.check_tunable(definition["AlgorithmSpecification"], [one.name for one in ranges(record)])
    limits = config["ResourceLimits"]
    limits["MaxNumberOfTrainingJobs"] = _number_of_jobs(config, ranges(record))
    # Members of the list's summaries that Describe has elsewhere.
    record |= {"Strategy": config["Strategy"], "ResourceLimits": limits, "_children": []}
    _vet(plane, record)
    _count(record)
    return verbs.keep(plane, TUNING_JOB, record)


def ranges(record: Record) -> list[Range]:
    """What a tuning job searches."""
    given = record["HyperParameterTuningJobConfig"].get("ParameterRanges", {})
    return parameter_ranges.read(given, record["TrainingJobDefinition"]["StaticHyperParameters"])


def launch(plane: ControlPlane, record: Record, values: Mapping[str, str], notes: tuple[str, ...] = ()) -> Record:
    """The next training job of a tuning job, with these values; AwsError if it cannot be made.

    `notes` are differences from AWS, for its log. Private key: `_tuning` (the tuning job's record, and the values).
    """
    number = len(record["_children"]) + 1
    name = f"{record['HyperParameterTuningJobName']}-{number:03}-{secrets.token_hex(4)}"
    child = jobs.training_record(plane, _request(record, name, values), None)
    child["TuningJobArn"] = record["HyperParameterTuningJobArn"]
    child["_tuning"] = (record, dict(values))
    child["_notes"] = notes
    with plane.lock:
        child["_tags"] = dict(record["_tags"])
    verbs.keep(plane, TRAINING_JOB, child)
    with plane.lock:
        record["_children"].append(child)
        note(child)
    return child


def note(child: Record) -> None:
    """A training job has changed: the tuning job that made it, if one did, counts anew. Under the plane's lock."""
    if "_tuning" in child:
        _count(child["_tuning"][0])


def objective_of(child: Record) -> float | None:
    """What a training job that has ended came to; None where it gave no value of the objective."""
    metric = child["HyperParameters"][OBJECTIVE_PARAMETER]
    found = [item["Value"] for item in child.get("FinalMetricDataList", []) if item["MetricName"] == metric]
    return found[0] if found and child["TrainingJobStatus"] in ("Completed", "Stopped") else None


def list_children(plane: ControlPlane, params: Params) -> Params:
    """ListTrainingJobsForHyperParameterTuningJob."""
    with plane.lock:
        record = plane.record(TUNING_JOB, params["HyperParameterTuningJobName"])
        found = [_summary(child) for child in record["_children"]]
    wanted = params.get("StatusEquals")
    by = params.get("SortBy", "Name")
    kept = [one for one in found if wanted in (None, one["TrainingJobStatus"])]
    if by == "FinalObjectiveMetricValue":
        kept = [one for one in kept if _FINAL in one]
    kept.sort(key=_SORT_KEYS[by], reverse=params.get("SortOrder") == "Descending")
    return listing.cut("ListTrainingJobsForHyperParameterTuningJob", "TrainingJobSummaries", kept, params)


_FINAL = "FinalHyperParameterTuningJobObjectiveMetric"
_SORT_KEYS = {
    "Name": lambda one: one["TrainingJobName"],
    "CreationTime": lambda one: one["CreationTime"],
    "Status": lambda one: one["TrainingJobStatus"],
    "FinalObjectiveMetricValue": lambda one: one[_FINAL]["Value"],
}


def _objective(config: Mapping[str, Any], definition: Mapping[str, Any]) -> str:
    """The metric's name. Scripts print it, so that a definition must say how; algorithms have metrics of their own."""
    if "HyperParameterTuningJobObjective" not in config:
        raise validation("HyperParameterTuningJobObjective must be provided with a TrainingJobDefinition.")
    name: str = config["HyperParameterTuningJobObjective"]["MetricName"]
    defined = definition["AlgorithmSpecification"].get("MetricDefinitions", [])
    prints = bool(defined) or _SCRIPT in definition.get("StaticHyperParameters", {})
    if prints and name not in [item["Name"] for item in defined]:
        raise validation(
            "A metric is required for this hyperparameter tuning job objective. Provide a metric in the metric "
            "definitions."
        )
    return name


def _number_of_jobs(config: Mapping[str, Any], searched: list[Range]) -> int:
    """MaxNumberOfTrainingJobs; a grid knows it by itself (the texts are not AWS's)."""
    given: int | None = config["ResourceLimits"].get("MaxNumberOfTrainingJobs")
    if config["Strategy"] != "Grid":
        if given is None:
            raise validation("MaxNumberOfTrainingJobs must be provided for the strategies Random and Bayesian.")
        return given
    number = parameter_ranges.combinations(searched)
    if given not in (None, number):
        raise validation(f"MaxNumberOfTrainingJobs of this grid is {number}, the number of its combinations.")
    return number


def _vet(plane: ControlPlane, record: Record) -> None:
    """Asks for its training jobs what would be asked when one is made."""
    values = {one.name: one.at(0.5) for one in ranges(record)}
    name = f"{record['HyperParameterTuningJobName']}-001-{'0' * 8}"
    plane.roles.session(record["TrainingJobDefinition"]["RoleArn"])
    plane.runtime.vet(plane, TRAINING_JOB, jobs.training_record(plane, _request(record, name, values), None))


def _request(record: Record, name: str, values: Mapping[str, str]) -> Params:
    """CreateTrainingJob as the definition has it."""
    definition = record["TrainingJobDefinition"]
    shared = {key: value for key, value in definition.items() if key not in ("DefinitionName", "StaticHyperParameters")}
    hyperparameters = {**definition["StaticHyperParameters"], **values}
    return {"TrainingJobName": name, "HyperParameters": hyperparameters, **copy.deepcopy(shared)}


def _count(record: Record) -> None:
    """Counters and the best training job."""
    children = record["_children"]
    states = Counter(_job_state(child) for child in children)
    objectives = Counter(_objective_state(child) for child in children)
    record["TrainingJobStatusCounters"] = {state: states[state] for state in _JOB_STATES}
    record["ObjectiveStatusCounters"] = {state: objectives[state] for state in _OBJECTIVE_STATES}
    best = _best(record)
    if best is not None:
        record["BestTrainingJob"] = _summary(best)


def _best(record: Record) -> Record | None:
    valued = [(value, child) for child in record["_children"] if (value := objective_of(child)) is not None]
    goal = record["HyperParameterTuningJobConfig"]["HyperParameterTuningJobObjective"]["Type"]
    pick = max if goal == "Maximize" else min
    return pick(valued, key=lambda pair: pair[0])[1] if valued else None


def _job_state(child: Record) -> str:
    status: str = child["TrainingJobStatus"]
    if status not in JOB_FINAL:
        return "InProgress"
    if status != "Failed":
        return status
    return "RetryableError" if child.get("FailureReason", "").startswith(_OURS_TO_RETRY) else "NonRetryableError"


def _objective_state(child: Record) -> str:
    if child["TrainingJobStatus"] not in JOB_FINAL:
        return "Pending"
    return "Failed" if objective_of(child) is None else "Succeeded"


def _summary(child: Record) -> dict[str, Any]:
    """A training job as its tuning job shows it."""
    record, values = child["_tuning"]
    shown = {member: child[member] for member in _SUMMARY if member in child}
    shown |= {"TunedHyperParameters": dict(values), "ObjectiveStatus": _objective_state(child)}
    definition = record["TrainingJobDefinition"].get("DefinitionName")
    if definition:
        shown["TrainingJobDefinitionName"] = definition
    value = objective_of(child)
    if value is not None:
        shown[_FINAL] = {"MetricName": child["HyperParameters"][OBJECTIVE_PARAMETER], "Value": value}
    return shown
