"""Instance types: the enum of each use decides what a call takes, the table what is behind a type."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from embedded_aws.sagemaker import instance_types, shapes
from embedded_aws.sagemaker.errors import AwsError
from embedded_aws.sagemaker.instance_types import Family
from tests.embedded_aws.sagemaker_stubs import (
    Params,
    a_model,
    notebook,
    processing,
    stand,
    training,
    transform,
    tuning,
    variant,
)


def test_the_table_has_every_family_and_no_other() -> None:
    """A new botocore brings new families: each must be looked up."""
    assert {name.split(".")[1] for name in shapes.instance_types()} == set(instance_types.FAMILIES)


@pytest.mark.parametrize(
    ("instance_type", "expected"),
    [
        ("ml.m5.large", Family()),
        ("ml.m5d.large", Family(nvme=True)),
        ("ml.g4dn.xlarge", Family(accelerator="gpu", nvme=True)),
        ("ml.p3.2xlarge", Family(accelerator="gpu")),
        ("ml.p6e-gb200.36xlarge", Family(accelerator="gpu", arm=True, nvme=True)),
        ("ml.inf2.xlarge", Family(accelerator="neuron")),
        ("ml.m6g.large", Family(arm=True)),
    ],
)
def test_what_is_behind_a_type(instance_type: str, expected: Family) -> None:
    """Amazon EC2 Instance Types guide."""
    assert instance_types.family(instance_type) == expected


@pytest.mark.parametrize("size", [{}, {"VolumeSizeInGB": 0}])
def test_instances_without_storage_need_a_volume(size: Params) -> None:
    """API_ResourceConfig: with the EBS-only option you must define VolumeSizeInGB; with NVMe (ml.g4dn) it is fixed."""
    at = stand()
    small = {"InstanceType": "ml.m5.large", "InstanceCount": 1, **size}
    for action, params in (
        ("CreateTrainingJob", training(ResourceConfig=small)),
        ("CreateHyperParameterTuningJob", tuning(definition={"ResourceConfig": small})),
    ):
        with pytest.raises(AwsError, match="must contain VolumeSizeInGB") as refused:
            at(action, **params)
        assert refused.value.code == "ValidationException"
    at("CreateTrainingJob", **training(ResourceConfig={**small, "InstanceType": "ml.g4dn.xlarge"}))


def cluster(instance_type: str) -> Params:
    return {"InstanceType": instance_type, "InstanceCount": 1, "VolumeSizeInGB": 5}


@pytest.mark.parametrize(
    ("action", "request_for", "good", "bad"),
    [
        ("CreateTrainingJob", lambda one: training(ResourceConfig=cluster(one)), "ml.t3.medium", "ml.t2.medium"),
        (
            "CreateProcessingJob",
            lambda one: processing(ProcessingResources={"ClusterConfig": cluster(one)}),
            "ml.t3.medium",
            "ml.m6g.large",
        ),
        (
            "CreateTransformJob",
            lambda one: transform(TransformResources={"InstanceType": one, "InstanceCount": 1}),
            "ml.m5.large",
            "ml.t3.medium",
        ),
        (
            "CreateEndpointConfig",
            lambda one: {"EndpointConfigName": "config", "ProductionVariants": [variant(InstanceType=one)]},
            "ml.t2.medium",
            "ml.t3.medium",
        ),
        ("CreateNotebookInstance", lambda one: notebook(InstanceType=one), "ml.t3.medium", "ml.m6g.large"),
    ],
)
def test_a_type_exists_for_some_uses_only(
    action: str, request_for: Callable[[str], Params], good: str, bad: str
) -> None:
    """API_ResourceConfig, API_ProcessingClusterConfig, ...: "Valid Values" of InstanceType differ from call to call."""
    at = stand()
    at("CreateModel", **a_model())
    with pytest.raises(AwsError, match="Member must satisfy enum value set") as refused:
        at(action, **request_for(bad))
    assert refused.value.code == "ValidationException"
    at(action, **request_for(good))
