"""What SageMaker itself knows of the images of its built-in algorithms: metrics, what can be tuned, where they run.

It goes by the image's repository, so that sagemaker-xgboost counts as one with a script of one's own too. The names of
metrics and the definitions of XGBoost are AWS's; those of image-classification read its log lines, which are public.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from embedded_aws.sagemaker.errors import validation
from embedded_aws.sagemaker.instance_types import GPU, family

_REPOSITORY = re.compile(r"/(?P<repository>[^/:@]+):[^/@]+$")
_NUMBER = r"([-+]?[0-9]*\.?[0-9]+(?:[eE][-+]?[0-9]+)?)"
_XGBOOST_METRICS = (
    *("accuracy", "auc", "aucpr", "error", "f1", "gamma-deviance", "gamma-nloglik", "logloss", "mae", "map", "merror"),
    *("mlogloss", "mse", "ndcg", "poisson-nloglik", "rmse", "tweedie-nloglik"),
)

_XGBOOST_TUNABLE = frozenset(
    {
        *("alpha", "colsample_bylevel", "colsample_bynode", "colsample_bytree", "eta", "gamma", "lambda"),
        *("max_delta_step", "max_depth", "min_child_weight", "num_round", "subsample"),
    }
)
_IMAGES_TUNABLE = frozenset(
    {
        *("beta_1", "beta_2", "eps", "gamma", "learning_rate", "mini_batch_size", "momentum", "optimizer"),
        "weight_decay",
    }
)


@dataclass(frozen=True, kw_only=True)
class Algorithm:
    """A built-in algorithm: regular expressions of its metrics by name, what may be tuned, whether it needs a GPU."""

    metrics: Mapping[str, str]
    tunable: frozenset[str]
    gpu_only: bool = False

    @property
    def definitions(self) -> list[dict[str, str]]:
        """MetricDefinitions, as Describe shows them."""
        return [{"Name": name, "Regex": regex} for name, regex in self.metrics.items()]


ALGORITHMS = {
    "sagemaker-xgboost": Algorithm(
        metrics={
            f"{rows}:{metric}": rf".*\[[0-9]+\].*#011{rows}-{metric}:{_NUMBER}.*"
            for metric in _XGBOOST_METRICS
            for rows in ("train", "validation")
        },
        tunable=_XGBOOST_TUNABLE,
    ),
    "image-classification": Algorithm(
        metrics={
            f"{rows}:accuracy": rf"Epoch\[[0-9]+\] {rows.capitalize()}-accuracy={_NUMBER}"
            for rows in ("train", "validation")
        },
        tunable=_IMAGES_TUNABLE,
        gpu_only=True,
    ),
}


def complete(specification: dict[str, Any]) -> None:
    """Adds the metric definitions of its algorithm to an AlgorithmSpecification; AwsError if it has others.

    Own definitions must be regular expressions, each metric defined once (these two texts are not AWS's).
    """
    _check_definitions(specification.get("MetricDefinitions", []))
    algorithm = ALGORITHMS.get(_repository(specification))
    if algorithm is None:
        return
    if specification.get("MetricDefinitions", algorithm.definitions) != algorithm.definitions:
        raise validation(
            "You can't override the metric definitions for Amazon SageMaker algorithms. Please retry the request "
            "without specifying metric definitions."
        )
    specification["MetricDefinitions"] = algorithm.definitions


def _check_definitions(definitions: Iterable[Mapping[str, str]]) -> None:
    seen: set[str] = set()
    for definition in definitions:
        name = definition["Name"]
        if name in seen:
            raise validation(f"The metric {name} is defined more than once.")
        seen.add(name)
        try:
            re.compile(definition["Regex"])
        except re.error as error:
            raise validation(f"The regular expression of the metric {name} is not valid: {error}.") from error


def check_instance(specification: Mapping[str, Any], instance_type: str) -> None:
    """AwsError for an instance type that the algorithm does not train on."""
    name = _repository(specification)
    if name in ALGORITHMS and ALGORITHMS[name].gpu_only and family(instance_type).accelerator != GPU:
        raise validation(
            f"Instance type {instance_type} is not supported by algorithm {name}; only GPU instances are supported."
        )


def check_tunable(specification: Mapping[str, Any], searched: Iterable[str]) -> None:
    """AwsError for hyperparameters that cannot be tuned, with a script of one's own neither (the text is not AWS's)."""
    name = _repository(specification)
    if name not in ALGORITHMS:
        return
    if others := sorted(set(searched) - ALGORITHMS[name].tunable):
        raise validation(
            f"{', '.join(others)} cannot be tuned with the algorithm {name}; these can: "
            f"{', '.join(sorted(ALGORITHMS[name].tunable))}."
        )


def _repository(specification: Mapping[str, Any]) -> str:
    match = _REPOSITORY.search(specification.get("TrainingImage", ""))
    return match["repository"] if match else ""
