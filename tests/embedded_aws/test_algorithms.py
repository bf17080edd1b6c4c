"""What SageMaker knows of its built-in algorithms: metrics that cannot be overridden, what is tuned, where they run."""

from __future__ import annotations

import re

import pytest

from embedded_aws.sagemaker.algorithms import ALGORITHMS
from embedded_aws.sagemaker.errors import AwsError
from tests.embedded_aws.sagemaker_stubs import Params, Stand, stand, training, tuning

XGBOOST = "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-xgboost:3.2-0"
IMAGES = "811284229777.dkr.ecr.us-east-1.amazonaws.com/image-classification:1"
GPU = {"InstanceType": "ml.g4dn.xlarge", "InstanceCount": 1, "VolumeSizeInGB": 5}
OWN = [{"Name": "auc", "Regex": "auc=([0-9.]+)"}]


@pytest.fixture
def at() -> Stand:
    made = stand()
    made.runtime.known_images += (XGBOOST, IMAGES)
    return made


def of(image: str, **more: object) -> Params:
    return {"TrainingImage": image, "TrainingInputMode": "File", **more}


def refusal(at: Stand, action: str, params: Params) -> str:
    with pytest.raises(AwsError) as refused:
        at(action, **params)
    assert refused.value.code == "ValidationException"
    return refused.value.message


def value(image: str, name: str, line: str) -> str:
    """What a definition of an algorithm finds in a line."""
    found = re.search(ALGORITHMS[image].metrics[name], line)
    return found[1] if found else ""


def test_metrics_are_the_algorithms_own(at: Stand) -> None:
    at("CreateTrainingJob", **training(AlgorithmSpecification=of(XGBOOST)))
    described = at("DescribeTrainingJob", TrainingJobName="job")["AlgorithmSpecification"]["MetricDefinitions"]
    assert {"validation:auc", "train:rmse"} <= {item["Name"] for item in described}
    own = of(XGBOOST, MetricDefinitions=OWN)
    assert refusal(at, "CreateTrainingJob", training("own", AlgorithmSpecification=own)) == (
        "You can't override the metric definitions for Amazon SageMaker algorithms. Please retry the request without "
        "specifying metric definitions."
    )


def test_metrics_are_found_in_the_lines_that_the_algorithms_print() -> None:
    line = "[12]#011train-auc:0.99#011train-logloss:0.1#011validation-auc:0.97"
    assert value("sagemaker-xgboost", "validation:auc", line) == "0.97"
    assert value("sagemaker-xgboost", "train:logloss", line) == "0.1"
    line = "[01/11/2022 01:35:21 INFO 139782187484992] Epoch[2] Validation-accuracy=0.666667"
    assert value("image-classification", "validation:accuracy", line) == "0.666667"
    assert value("image-classification", "train:accuracy", line) == ""


@pytest.mark.parametrize("instance_type", ["ml.c4.2xlarge", "ml.m5.large", "ml.t3.medium", "ml.r5.large"])
def test_an_algorithm_for_gpus_is_refused_elsewhere(at: Stand, instance_type: str) -> None:
    params = training(AlgorithmSpecification=of(IMAGES), ResourceConfig={**GPU, "InstanceType": instance_type})
    assert refusal(at, "CreateTrainingJob", params) == (
        f"Instance type {instance_type} is not supported by algorithm image-classification; only GPU instances are "
        "supported."
    )


@pytest.mark.parametrize("instance_type", ["ml.p3.2xlarge", "ml.g4dn.xlarge", "ml.g5.xlarge"])
def test_an_algorithm_for_gpus_trains_on_them(at: Stand, instance_type: str) -> None:
    config = {**GPU, "InstanceType": instance_type}
    at("CreateTrainingJob", **training(AlgorithmSpecification=of(IMAGES), ResourceConfig=config))
    described = at("DescribeTrainingJob", TrainingJobName="job")
    metrics = described["AlgorithmSpecification"]["MetricDefinitions"]
    assert [item["Name"] for item in metrics] == ["train:accuracy", "validation:accuracy"]


def test_tuning_goes_by_the_algorithms_metrics_and_hyperparameters(at: Stand) -> None:
    objective = {"HyperParameterTuningJobObjective": {"Type": "Maximize", "MetricName": "validation:auc"}}
    definition = {
        "AlgorithmSpecification": of(XGBOOST),
        "StaticHyperParameters": {
            "sagemaker_program": "train.py",
            "sagemaker_submit_directory": "s3://bucket/s.tar.gz",
        },
    }
    at("CreateHyperParameterTuningJob", **tuning(config=objective, definition=definition))
    depth = {"Name": "depth", "MinValue": "1", "MaxValue": "9"}
    own = {"ParameterRanges": {"IntegerParameterRanges": [depth]}, **objective}
    text = refusal(at, "CreateHyperParameterTuningJob", tuning("other", config=own, definition=definition))
    assert text.startswith("depth cannot be tuned with the algorithm sagemaker-xgboost; these can: alpha, ")
    text = refusal(at, "CreateHyperParameterTuningJob", tuning("third", definition=definition))
    assert text.startswith("A metric is required for this hyperparameter tuning job objective.")
