"""What AWS offers in an implemented call and this engine does not do: refused by the member's name.

Nothing is accepted and ignored. Members that neither table nor runtime acts on are only those that cannot
change what a job or an endpoint does here: retries of AWS's own faults, how many requests of a
transform run at once, sizes of volumes, and bounds on waiting for instances, downloads and health checks.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from embedded_aws.sagemaker.errors import AwsError

_OFF: tuple[Any, ...] = (False,)
_ONE: tuple[Any, ...] = (1,)
_EMPTY: tuple[Any, ...] = ("",)
_NEVER: tuple[Any, ...] = ()

Table = Mapping[str, tuple[Any, ...]]
"""Path of a member (`[]` steps into a list) to the values that are all right; with none, the member is refused."""

_CONTAINER = {
    "ImageConfig.RepositoryAccessMode": ("Platform",),
    "ImageConfig.RepositoryAuthConfig": _NEVER,
    "Mode": ("SingleModel", "MultiModel"),
    "AdditionalModelDataSources": ([],),
    "ModelPackageName": _NEVER,
    "InferenceSpecificationName": _NEVER,
    "MultiModelConfig": _NEVER,
    "ContainerMetricsConfig": _NEVER,
    "ModelDataSource.S3DataSource.ModelAccessConfig": _NEVER,
    "ModelDataSource.S3DataSource.HubAccessConfig": _NEVER,
    "ModelDataSource.S3DataSource.ManifestS3Uri": _NEVER,
    "ModelDataSource.S3DataSource.ETag": _NEVER,
    "ModelDataSource.S3DataSource.ManifestEtag": _NEVER,
}
_NOTEBOOK = {
    "IpAddressType": ("ipv4",),
    "AcceleratorTypes": ([],),
    "DefaultCodeRepository": _NEVER,
    "AdditionalCodeRepositories": ([],),
    "PlatformIdentifier": ("notebook-al2023-v1",),
    # There is no metadata service: who asks for its first version is told, who forbids that has what was asked for.
    "InstanceMetadataServiceConfiguration.MinimumInstanceMetadataServiceVersion": ("2",),
}

# Of training jobs, whoever makes them.
_TRAINING = {
    "AlgorithmSpecification.AlgorithmName": _NEVER,
    "AlgorithmSpecification.TrainingInputMode": ("File", "FastFile"),
    "InputDataConfig[].DataSource.FileSystemDataSource": _NEVER,
    "InputDataConfig[].DataSource.DatasetSource": _NEVER,
    "InputDataConfig[].DataSource.S3DataSource.S3DataType": ("S3Prefix",),
    "InputDataConfig[].DataSource.S3DataSource.AttributeNames": ([],),
    "InputDataConfig[].DataSource.S3DataSource.InstanceGroupNames": ([],),
    "InputDataConfig[].DataSource.S3DataSource.ModelAccessConfig": _NEVER,
    "InputDataConfig[].DataSource.S3DataSource.HubAccessConfig": _NEVER,
    "InputDataConfig[].CompressionType": ("None",),
    "InputDataConfig[].RecordWrapperType": ("None",),
    "InputDataConfig[].InputMode": ("File", "FastFile"),
    "InputDataConfig[].ShuffleConfig": _NEVER,
    "OutputDataConfig.KmsKeyId": _EMPTY,
    "OutputDataConfig.CompressionType": ("GZIP",),
    "ResourceConfig.InstanceCount": _ONE,
    "ResourceConfig.VolumeKmsKeyId": _EMPTY,
    "ResourceConfig.InstanceGroups": ([],),
    "ResourceConfig.TrainingPlanArn": _NEVER,
    "ResourceConfig.InstancePlacementConfig": _NEVER,
    "ResourceConfig.InstancePreferences": _NEVER,
    "ResourceConfig.SelectedInstanceType": _NEVER,
    "ResourceConfig.SelectedInstanceCount": _NEVER,
    "VpcConfig": _NEVER,
    "EnableNetworkIsolation": _OFF,
}

REFUSED: dict[str, Table] = {
    "CreateTrainingJob": {
        **_TRAINING,
        "AlgorithmSpecification.EnableSageMakerMetricsTimeSeries": _OFF,
        "AlgorithmSpecification.TrainingImageConfig.TrainingRepositoryAccessMode": ("Platform",),
        "AlgorithmSpecification.TrainingImageConfig.TrainingRepositoryAuthConfig": _NEVER,
        "DebugHookConfig": _NEVER,
        "DebugRuleConfigurations": ([],),
        "TensorBoardOutputConfig": _NEVER,
        "ExperimentConfig": _NEVER,
        "ProfilerConfig.DisableProfiler": (True,),
        "ProfilerConfig.S3OutputPath": _NEVER,
        "ProfilerConfig.ProfilingIntervalInMilliseconds": _NEVER,
        "ProfilerConfig.ProfilingParameters": _NEVER,
        "ProfilerRuleConfigurations": ([],),
        "RemoteDebugConfig.EnableRemoteDebug": _OFF,
        "InfraCheckConfig.EnableInfraCheck": _OFF,
        "SessionChainingConfig.EnableSessionTagChaining": _OFF,
        "ServerlessJobConfig": _NEVER,
        "MlflowConfig": _NEVER,
        "ModelPackageConfig": _NEVER,
    },
    "UpdateTrainingJob": {
        "ProfilerConfig": _NEVER,
        "ProfilerRuleConfigurations": ([],),
        "RemoteDebugConfig": _NEVER,
    },
    "CreateHyperParameterTuningJob": {
        **{f"TrainingJobDefinition.{path}": fine for path, fine in _TRAINING.items()},
        "TrainingJobDefinition.ResourceConfig.KeepAlivePeriodInSeconds": (0,),
        "TrainingJobDefinition.CheckpointConfig": _NEVER,
        "TrainingJobDefinition.TuningObjective": _NEVER,
        "TrainingJobDefinition.HyperParameterRanges": _NEVER,
        "TrainingJobDefinition.HyperParameterTuningResourceConfig": _NEVER,
        "TrainingJobDefinitions": _NEVER,
        "WarmStartConfig": _NEVER,
        "Autotune": _NEVER,
        "HyperParameterTuningJobConfig.Strategy": ("Bayesian", "Random", "Grid"),
        "HyperParameterTuningJobConfig.StrategyConfig": _NEVER,
        "HyperParameterTuningJobConfig.ResourceLimits.MaxRuntimeInSeconds": _NEVER,
        "HyperParameterTuningJobConfig.ParameterRanges.AutoParameters": ([],),
        "HyperParameterTuningJobConfig.TrainingJobEarlyStoppingType": ("Off",),
        "HyperParameterTuningJobConfig.TuningJobCompletionCriteria": _NEVER,
    },
    "CreateProcessingJob": {
        "ProcessingInputs[].AppManaged": _OFF,
        "ProcessingInputs[].DatasetDefinition": _NEVER,
        "ProcessingInputs[].S3Input.S3DataType": ("S3Prefix",),
        "ProcessingInputs[].S3Input.S3InputMode": ("File",),
        "ProcessingInputs[].S3Input.S3CompressionType": ("None",),
        "ProcessingOutputConfig.KmsKeyId": _EMPTY,
        "ProcessingOutputConfig.Outputs[].AppManaged": _OFF,
        "ProcessingOutputConfig.Outputs[].FeatureStoreOutput": _NEVER,
        "ProcessingOutputConfig.Outputs[].S3Output.S3UploadMode": ("EndOfJob",),
        "ProcessingResources.ClusterConfig.InstanceCount": _ONE,
        "ProcessingResources.ClusterConfig.VolumeKmsKeyId": _EMPTY,
        "ProcessingResources.ClusterConfig.InstancePreferences": _NEVER,
        "ProcessingResources.ClusterConfig.SelectedInstanceType": _NEVER,
        "ProcessingResources.ClusterConfig.SelectedInstanceCount": _NEVER,
        "NetworkConfig.EnableNetworkIsolation": _OFF,
        "NetworkConfig.VpcConfig": _NEVER,
        "ExperimentConfig": _NEVER,
    },
    "CreateTransformJob": {
        "ModelClientConfig": _NEVER,
        "Environment": ({},),
        "TransformInput.DataSource.S3DataSource.S3DataType": ("S3Prefix",),
        "TransformInput.CompressionType": ("None",),
        "TransformInput.SplitType": ("None", "Line"),
        "TransformOutput.KmsKeyId": _EMPTY,
        "TransformResources.InstanceCount": _ONE,
        "TransformResources.VolumeKmsKeyId": _EMPTY,
        "TransformResources.TransformAmiVersion": _NEVER,
        "DataCaptureConfig": _NEVER,
        "DataProcessing.InputFilter": ("$",),
        "DataProcessing.OutputFilter": ("$",),
        "DataProcessing.JoinSource": ("None",),
        "ExperimentConfig": _NEVER,
    },
    "CreateModel": {
        **{f"PrimaryContainer.{path}": fine for path, fine in _CONTAINER.items()},
        **{f"Containers[].{path}": fine for path, fine in _CONTAINER.items()},
        "InferenceExecutionConfig.Mode": ("Serial",),
        "VpcConfig": _NEVER,
        "EnableNetworkIsolation": _OFF,
    },
    "CreateEndpointConfig": {
        "ProductionVariants[].InitialInstanceCount": _ONE,
        "ProductionVariants[].InstancePools": _NEVER,
        "ProductionVariants[].VariantInstanceProvisionTimeoutInSeconds": _NEVER,
        "ProductionVariants[].AcceleratorType": _NEVER,
        "ProductionVariants[].CoreDumpConfig": _NEVER,
        "ProductionVariants[].ServerlessConfig": _NEVER,
        "ProductionVariants[].EnableSSMAccess": _OFF,
        "ProductionVariants[].ManagedInstanceScaling": _NEVER,
        "ProductionVariants[].RoutingConfig.RoutingStrategy": ("RANDOM", "LEAST_OUTSTANDING_REQUESTS"),
        "ProductionVariants[].InferenceAmiVersion": _NEVER,
        "ProductionVariants[].CapacityReservationConfig": _NEVER,
        "ProductionVariants[].AcceleratorPartitionLayouts": _NEVER,
        "DataCaptureConfig": _NEVER,
        "KmsKeyId": _EMPTY,
        "AsyncInferenceConfig": _NEVER,
        "ExplainerConfig": _NEVER,
        "ShadowProductionVariants": _NEVER,
        "ExecutionRoleArn": _NEVER,
        "VpcConfig": _NEVER,
        "EnableNetworkIsolation": _OFF,
        "MetricsConfig": _NEVER,
        "CrossRegionTrafficConfig": _NEVER,
    },
    "CreateEndpoint": {"DeploymentConfig": _NEVER},
    "UpdateEndpoint": {"DeploymentConfig": _NEVER, "RetainDeploymentConfig": _OFF},
    "UpdateEndpointWeightsAndCapacities": {
        "DesiredWeightsAndCapacities[].DesiredInstanceCount": _ONE,
        "DesiredWeightsAndCapacities[].ServerlessUpdateConfig": _NEVER,
    },
    "CreateNotebookInstance": {
        **_NOTEBOOK,
        "SubnetId": _NEVER,
        "SecurityGroupIds": ([],),
        "KmsKeyId": _EMPTY,
        "DirectInternetAccess": ("Enabled",),
    },
    "UpdateNotebookInstance": {
        **_NOTEBOOK,
        "DisassociateAcceleratorTypes": _OFF,
        "DisassociateDefaultCodeRepository": _OFF,
        "DisassociateAdditionalCodeRepositories": _OFF,
    },
    "CreatePresignedNotebookInstanceUrl": {"SessionExpirationDurationInSeconds": (43200,)},
    "Search": {"CrossAccountFilterOption": ("SameAccount",), "VisibilityConditions": _NEVER},
    "ListTrainingJobs": {"TrainingPlanArnEquals": _NEVER},
    "ListNotebookInstances": {"DefaultCodeRepositoryContains": _NEVER, "AdditionalCodeRepositoryEquals": _NEVER},
}


def check(action: str, params: Mapping[str, Any]) -> None:
    """Raises UnknownOperationException that names the first member (and its value) that is not implemented."""
    for path, fine in REFUSED.get(action, {}).items():
        for value in _values(params, path.split(".")):
            if value not in fine:
                raise _refusal(action, path, value, fine)


def _refusal(action: str, path: str, value: object, fine: tuple[Any, ...]) -> AwsError:
    shown = f"={value}" if fine and isinstance(value, str | int | float) else ""
    only = f"; it takes {' or '.join(str(item) for item in fine)}" if fine and shown else ""
    text = f"{action}: {path.replace('[]', '')}{shown} is not implemented by the embedded AWS{only}"
    return AwsError("UnknownOperationException", text)


def _values(value: object, steps: list[str]) -> Iterator[Any]:
    if not steps:
        yield value
        return
    name, rest = steps[0].removesuffix("[]"), steps[1:]
    if not isinstance(value, Mapping) or name not in value:
        return
    inner = value[name]
    for item in inner if steps[0].endswith("[]") else [inner]:
        yield from _values(item, rest)
