"""Requests that lack a member, or have an odd value in its place: refused or taken, never an error of the engine."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

import pytest

from embedded_aws.sagemaker.errors import AwsError
from tests.embedded_aws.sagemaker_stubs import (
    Params,
    a_model,
    hosted,
    notebook,
    processing,
    stand,
    training,
    transform,
    tuning,
    variant,
)

Path = tuple[str | int, ...]
PLACE = {"S3DataType": "S3Prefix", "S3Uri": "s3://b/i"}
CHANNELS = [{"ChannelName": "train", "InputMode": "File", "DataSource": {"S3DataSource": PLACE}}]
TAGS = [{"Key": "a", "Value": "b"}]
WITHIN = {"InputName": "i", "S3Input": {**PLACE, "LocalPath": "/opt/ml/processing/i", "S3InputMode": "File"}}
WITHOUT = {"OutputName": "o", "S3Output": {"S3Uri": "s3://b/o", "LocalPath": "/opt/x", "S3UploadMode": "EndOfJob"}}
EQUALS = {"Name": "TrainingJobName", "Operator": "Equals", "Value": "a"}
NESTED = {"NestedPropertyName": "InputDataConfig", "Filters": [{"Name": "InputDataConfig.ChannelName", "Value": "a"}]}
REQUESTS: dict[str, Params] = {
    "CreateTrainingJob": training(
        InputDataConfig=CHANNELS,
        HyperParameters={"a": "1"},
        CheckpointConfig={"S3Uri": "s3://b/c", "LocalPath": "/opt/ml/checkpoints"},
        EnableManagedSpotTraining=True,
        StoppingCondition={"MaxRuntimeInSeconds": 5, "MaxWaitTimeInSeconds": 6},
        Tags=TAGS,
    ),
    "CreateProcessingJob": processing(
        ProcessingInputs=[WITHIN], ProcessingOutputConfig={"Outputs": [WITHOUT]}, NetworkConfig={}, Tags=TAGS
    ),
    "CreateTransformJob": transform(DataProcessing={"InputFilter": "$"}, MaxPayloadInMB=1, MaxConcurrentTransforms=1),
    "CreateHyperParameterTuningJob": tuning(definition={"InputDataConfig": CHANNELS}),
    "CreateModel": a_model("other"),
    "CreateEndpointConfig": {"EndpointConfigName": "other", "ProductionVariants": [variant()]},
    "CreateEndpoint": {"EndpointName": "other", "EndpointConfigName": "config"},
    "CreateNotebookInstance": notebook(VolumeSizeInGB=6, Tags=TAGS),
    "UpdateEndpoint": {
        "EndpointName": "endpoint",
        "EndpointConfigName": "config",
        "RetainAllVariantProperties": True,
        "ExcludeRetainedVariantProperties": [{"VariantPropertyType": "DesiredWeight"}],
    },
    "UpdateEndpointWeightsAndCapacities": {
        "EndpointName": "endpoint",
        "DesiredWeightsAndCapacities": [{"VariantName": "AllTraffic", "DesiredWeight": 1.0}],
    },
    "UpdateTrainingJob": {"TrainingJobName": "warm", "ResourceConfig": {"KeepAlivePeriodInSeconds": 0}},
    "Search": {
        "Resource": "TrainingJob",
        "SearchExpression": {
            "Filters": [EQUALS],
            "NestedFilters": [NESTED],
            "SubExpressions": [{"Filters": [{"Name": "Tags.a", "Value": "b"}]}],
        },
        "SortBy": "CreationTime",
    },
}
ODD: list[object] = ["", 0, -1, {}, [], "x" * 3000, 10**12, True, None, [None], {"a": None}]


def paths(value: object, path: Path = ()) -> Iterator[Path]:
    """Every place in a request."""
    inner: list[tuple[Any, object]] = []
    if isinstance(value, dict):
        inner = list(value.items())
    elif isinstance(value, list):
        inner = list(enumerate(value))
    for key, item in inner:
        yield (*path, key)
        yield from paths(item, (*path, key))


def variations(request: Params) -> Iterator[Params]:
    """The request without each of its members, and with each odd value in each place."""
    for path in paths(request):
        for odd in (*ODD, KeyError):
            changed: Any = copy.deepcopy(request)
            holder = changed
            for step in path[:-1]:
                holder = holder[step]
            if odd is KeyError:
                del holder[path[-1]]
            else:
                holder[path[-1]] = odd
            yield changed


@pytest.mark.parametrize("action", REQUESTS)
def test_an_odd_request_is_refused_as_on_aws(action: str) -> None:
    """SageMaker answers what is wrong with a request with 400 and a code of its own, never with 500."""
    request = REQUESTS[action]
    made = 0
    for odd in variations(request):
        at = hosted(stand(quotas={"ml.m5.large for training warm pool usage": 1}))
        keep = {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 5, "KeepAlivePeriodInSeconds": 1}
        at("CreateTrainingJob", **training("warm", ResourceConfig=keep))
        at.runtime.finish()
        try:
            at(action, **odd)
        except AwsError as error:
            assert error.status == 400, odd  # noqa: PT017 # some of the odd requests are right
        made += 1
    assert made > 20
