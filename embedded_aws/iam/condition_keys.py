"""SageMaker's own condition keys: which calls have them, and where in a request they stand. No emulator import.

Which call has which key is in the Service Authorization Reference, "Actions, resources, and condition keys for Amazon
SageMaker AI". It has no key for the size of a volume. Keys of calls that are not here are left out; keys of members
that the control plane refuses are here all the same, because IAM is asked first.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from embedded_aws.iam.authorization import Params, with_definition

Read = Callable[[Params], Any]


def condition_keys(action: str, params: Params, model_arn: Callable[[str], str]) -> dict[str, Any]:
    """The keys of a request, in lower case; `model_arn` gives a model's ARN by its name."""
    asked = with_definition(params)
    found = {
        f"sagemaker:{key}".lower(): read(asked) for key, (actions, read) in _KEYS.items() if action in actions.split()
    }
    if action in ("CreateEndpointConfig", "CreateTransformJob"):
        found["sagemaker:modelarn"] = _one_or_all([model_arn(name) for name in _of_variants("ModelName")(params)])
    return {key: value for key, value in found.items() if value not in (None, [], "")}


def _at(*paths: str) -> Read:
    """The member at the first of these dotted paths that the request has; booleans as IAM writes them."""

    def read(params: Params) -> Any:  # noqa: ANN401 # any JSON value
        found = next((value for path in paths if (value := _follow(params, path)) is not None), None)
        return str(found).lower() if isinstance(found, bool) else found

    return read


def _follow(params: Params, path: str) -> Any:  # noqa: ANN401 # any JSON value
    value: Any = params
    for part in path.split("."):
        value = value.get(part) if isinstance(value, Mapping) else None
    return value


def _listed(path: str, member: str) -> Read:
    """A member of every item of a list."""

    def read(params: Params) -> list[str]:
        items = _follow(params, path)
        named = (
            [_follow(item, member) for item in items if isinstance(item, Mapping)] if isinstance(items, list) else []
        )
        return [str(value) for value in named if value is not None]

    return read


def _of_variants(member: str) -> Read:
    """A member of the request itself or of every variant of a configuration, shadow variants too."""
    lists = [_listed(name, member) for name in ("ProductionVariants", "ShadowProductionVariants")]

    def read(params: Params) -> list[str]:
        own = _follow(params, member)
        return ([str(own)] if own is not None else []) + [value for each in lists for value in each(params)]

    return read


def _all(*reads: Read) -> Read:
    """What several places say, as one list."""

    def read(params: Params) -> list[str]:
        said = [each(params) for each in reads]
        lists = [one if isinstance(one, list) else [one] for one in said if one is not None]
        return [str(value) for one in lists for value in one]

    return read


def _single(read: Read) -> Read:
    return lambda params: _one_or_all(read(params))


def _one_or_all(values: list[str]) -> str | list[str]:
    """A key of one value has that value; what AWS makes of several of them is not documented, here they are a set."""
    return values[0] if len(values) == 1 else values


_instance_types = _all(
    _of_variants("InstanceType"),
    _at("ResourceConfig.InstanceType"),
    _at("HyperParameterTuningResourceConfig.InstanceType"),
    _at("ProcessingResources.ClusterConfig.InstanceType"),
    _at("TransformResources.InstanceType"),
    _listed("ResourceConfig.InstanceGroups", "InstanceType"),
    _listed("HyperParameterTuningResourceConfig.InstanceConfigs", "InstanceType"),
    _listed("DebugRuleConfigurations", "InstanceType"),
    _listed("ProfilerRuleConfigurations", "InstanceType"),
)
_FILE_SYSTEM = "DataSource.FileSystemDataSource"
_TRAINING = "CreateTrainingJob CreateHyperParameterTuningJob"
_JOBS = f"{_TRAINING} CreateProcessingJob"
_NOTEBOOKS = "CreateNotebookInstance UpdateNotebookInstance"
_IN_VPC = f"{_JOBS} CreateModel CreateNotebookInstance"

_KEYS: dict[str, tuple[str, Read]] = {
    "InstanceTypes": (
        f"{_JOBS} CreateTransformJob CreateEndpointConfig UpdateTrainingJob {_NOTEBOOKS}",
        _instance_types,
    ),
    "AcceleratorTypes": (
        f"CreateEndpointConfig {_NOTEBOOKS}",
        _all(_at("AcceleratorTypes"), _of_variants("AcceleratorType")),
    ),
    "MaxRuntimeInSeconds": (_JOBS, _at("StoppingCondition.MaxRuntimeInSeconds")),
    "KeepAlivePeriod": ("CreateTrainingJob UpdateTrainingJob", _at("ResourceConfig.KeepAlivePeriodInSeconds")),
    "DirectInternetAccess": ("CreateNotebookInstance", _at("DirectInternetAccess")),
    "RootAccess": (_NOTEBOOKS, _at("RootAccess")),
    "MinimumInstanceMetadataServiceVersion": (
        _NOTEBOOKS,
        _at("InstanceMetadataServiceConfiguration.MinimumInstanceMetadataServiceVersion"),
    ),
    "NetworkIsolation": (f"{_JOBS} CreateModel", _at("EnableNetworkIsolation", "NetworkConfig.EnableNetworkIsolation")),
    "InterContainerTrafficEncryption": (
        _JOBS,
        _at("EnableInterContainerTrafficEncryption", "NetworkConfig.EnableInterContainerTrafficEncryption"),
    ),
    "VolumeKmsKey": (
        f"{_JOBS} CreateTransformJob CreateEndpointConfig CreateNotebookInstance",
        _at(
            "ResourceConfig.VolumeKmsKeyId",
            "ProcessingResources.ClusterConfig.VolumeKmsKeyId",
            "TransformResources.VolumeKmsKeyId",
            "KmsKeyId",
        ),
    ),
    "OutputKmsKey": (
        f"{_JOBS} CreateTransformJob",
        _at("OutputDataConfig.KmsKeyId", "ProcessingOutputConfig.KmsKeyId", "TransformOutput.KmsKeyId"),
    ),
    "VpcSubnets": (_IN_VPC, _all(_at("VpcConfig.Subnets"), _at("NetworkConfig.VpcConfig.Subnets"), _at("SubnetId"))),
    "VpcSecurityGroupIds": (
        _IN_VPC,
        _all(
            _at("VpcConfig.SecurityGroupIds"),
            _at("NetworkConfig.VpcConfig.SecurityGroupIds"),
            _at("SecurityGroupIds"),
        ),
    ),
    "FileSystemId": (_TRAINING, _single(_listed("InputDataConfig", f"{_FILE_SYSTEM}.FileSystemId"))),
    "FileSystemType": (_TRAINING, _single(_listed("InputDataConfig", f"{_FILE_SYSTEM}.FileSystemType"))),
    "FileSystemAccessMode": (_TRAINING, _single(_listed("InputDataConfig", f"{_FILE_SYSTEM}.FileSystemAccessMode"))),
    "FileSystemDirectoryPath": (_TRAINING, _single(_listed("InputDataConfig", f"{_FILE_SYSTEM}.DirectoryPath"))),
    "ServerlessMaxConcurrency": (
        "CreateEndpointConfig",
        _single(_of_variants("ServerlessConfig.MaxConcurrency")),
    ),
    "ServerlessMemorySize": ("CreateEndpointConfig", _single(_of_variants("ServerlessConfig.MemorySizeInMB"))),
    "TargetModel": ("InvokeEndpoint", _at("TargetModel")),
}
