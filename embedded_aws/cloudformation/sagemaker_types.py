"""AWS::SageMaker::*: properties are the members of the create call; states are waited for as CloudFormation does."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from embedded_aws.cloudformation.types import (
    Call,
    PhysicalName,
    Properties,
    Resource,
    ResourceError,
    ResourceType,
    failed,
    gone,
    polls,
    tag_changes,
)
from embedded_aws.sagemaker.errors import AwsError
from embedded_aws.sagemaker.shapes import coerce, input_shape

_NAME_LENGTH = 63
_WAIT_SECONDS = 900.0
_MOVING = frozenset({"Pending", "Creating", "Updating", "Stopping", "Deleting", "RollingBack"})
_NOTEBOOK_UPDATES = (
    "InstanceType",
    "RoleArn",
    "LifecycleConfigName",
    "VolumeSizeInGB",
    "DefaultCodeRepository",
    "AdditionalCodeRepositories",
    "AcceleratorTypes",
    "RootAccess",
    "InstanceMetadataServiceConfiguration",
    "IpAddressType",
)

Act = Callable[[Call, str, Properties, Properties], None]


@dataclass(frozen=True)
class SageMakerKind:
    """A kind as CloudFormation sees it; `status` where it is waited for (and so described: no other kind is)."""

    name: str
    replaced_by: tuple[str, ...]
    status: str | None = None
    change: Act | None = None
    before_delete: Callable[[Call, str], None] | None = None
    system_tags: bool = True

    @property
    def id_member(self) -> str:
        """The member and property that name the resource."""
        return f"{self.name}Name"

    def resource_type(self) -> ResourceType:
        """The type's acts."""
        return ResourceType(self._create, self._update, self._delete, self.replaced_by, system_tags=self.system_tags)

    def _create(self, call: Call, name: PhysicalName, props: Properties) -> Resource:
        given = {self.id_member: name(_NAME_LENGTH), **props}
        own = str(given[self.id_member])
        arn = str(_attempt(call, f"Create{self.name}", given)[f"{self.name}Arn"])
        if self.status is None:
            return self._resource(arn, own)
        try:
            return self._settled(call, own)
        except ResourceError:
            # CloudFormation takes what failed away again when it rolls back.
            self._remove(call, own)
            raise

    def _update(self, call: Call, physical_id: str, old: Properties, new: Properties) -> Resource:
        own = _name(physical_id)
        _refuse_unknown(f"Create{self.name}", new)
        changed, dropped = tag_changes(old.get("Tags"), new.get("Tags"))
        try:
            if changed:
                call("sagemaker", "AddTags", ResourceArn=physical_id, Tags=changed)
            if dropped:
                call("sagemaker", "DeleteTags", ResourceArn=physical_id, TagKeys=dropped)
            if self.change and _without_tags(old) != _without_tags(new):
                self.change(call, own, old, new)
            return self._settled(call, own) if self.status else Resource(physical_id, {})
        except AwsError as error:
            raise failed(error, "SageMaker") from error

    def _delete(self, call: Call, physical_id: str, _props: Properties) -> None:
        self._remove(call, _name(physical_id))

    def _remove(self, call: Call, own: str) -> None:
        try:
            if self.status:
                self._wait(call, own)
            if self.before_delete:
                self.before_delete(call, own)
            call("sagemaker", f"Delete{self.name}", **{self.id_member: own})
            if self.status:
                self._wait(call, own)
        except AwsError as error:
            if not gone(error):
                raise failed(error, "SageMaker") from error

    def _settled(self, call: Call, own: str) -> Resource:
        described = self._wait(call, own)
        arn = described[f"{self.name}Arn"]
        if described[str(self.status)] == "Failed":
            raise ResourceError(f"{described.get('FailureReason', 'Failed')} (Resource {arn})")
        return self._resource(arn, described[self.id_member])

    def _resource(self, arn: str, own: str) -> Resource:
        return Resource(arn, {self.id_member: own, f"{self.name}Arn": arn})

    def _wait(self, call: Call, own: str) -> dict[str, Any]:
        """The description once it is no longer moving. AwsError when it is not there."""
        described: dict[str, Any] = {}
        for _ in polls(call.limit(_WAIT_SECONDS)):
            described = call("sagemaker", f"Describe{self.name}", **{self.id_member: own})
            if described[str(self.status)] not in _MOVING:
                return described
        raise ResourceError(f"{self.name} {own} is still {described.get(str(self.status))}")


def _attempt(call: Call, operation: str, given: Properties) -> dict[str, Any]:
    """A create call."""
    _refuse_unknown(operation, given)
    try:
        return call("sagemaker", operation, **coerce(operation, given))
    except AwsError as error:
        raise failed(error, "SageMaker") from error


def _refuse_unknown(operation: str, given: Properties) -> None:
    """Properties the create call does not know are refused as CloudFormation does, in updates too."""
    shape = input_shape(operation)
    unknown = sorted(given.keys() - (shape.members.keys() if shape else set()))
    if unknown:
        raise ResourceError(f"Properties validation failed: #: extraneous key [{unknown[0]}] is not permitted")


def _stop_notebook(call: Call, own: str) -> None:
    """CloudFormation stops a notebook instance before it changes or deletes it."""
    if _notebook_status(call, own) == "InService":
        call("sagemaker", "StopNotebookInstance", NotebookInstanceName=own)
    for _ in polls(call.limit(_WAIT_SECONDS)):
        if _notebook_status(call, own) not in _MOVING:
            return


def _notebook_status(call: Call, own: str) -> str:
    described = call("sagemaker", "DescribeNotebookInstance", NotebookInstanceName=own)
    return str(described["NotebookInstanceStatus"])


def _change_notebook(call: Call, own: str, old: Properties, new: Properties) -> None:
    _stop_notebook(call, own)
    changes = {name: new[name] for name in _NOTEBOOK_UPDATES if name in new and new[name] != old.get(name)}
    if "LifecycleConfigName" in old and "LifecycleConfigName" not in new:
        changes["DisassociateLifecycleConfig"] = True
    wanted = coerce("UpdateNotebookInstance", {"NotebookInstanceName": own, **changes})
    call("sagemaker", "UpdateNotebookInstance", **wanted)
    for _ in polls(call.limit(_WAIT_SECONDS)):
        if _notebook_status(call, own) not in _MOVING:
            break
    call("sagemaker", "StartNotebookInstance", NotebookInstanceName=own)


def _change_lifecycle_config(call: Call, own: str, _old: Properties, new: Properties) -> None:
    scripts = {name: new.get(name, []) for name in ("OnCreate", "OnStart")}
    call(
        "sagemaker",
        "UpdateNotebookInstanceLifecycleConfig",
        NotebookInstanceLifecycleConfigName=own,
        **scripts,
    )


def _change_endpoint(call: Call, own: str, _old: Properties, new: Properties) -> None:
    call("sagemaker", "UpdateEndpoint", **coerce("UpdateEndpoint", {"EndpointName": own, **_without_tags(new)}))


def _name(physical_id: str) -> str:
    return physical_id.rsplit("/", 1)[-1]


def _without_tags(props: Properties) -> dict[str, Any]:
    return {key: value for key, value in props.items() if key != "Tags"}


# Neither has an update call: whatever changes, AWS replaces them, and so a member that is not done here is refused.
_MODEL = (
    "ModelName",
    "Containers",
    "PrimaryContainer",
    "InferenceExecutionConfig",
    "ExecutionRoleArn",
    "VpcConfig",
    "EnableNetworkIsolation",
)
_ENDPOINT_CONFIG = (
    "EndpointConfigName",
    "ProductionVariants",
    "ShadowProductionVariants",
    "DataCaptureConfig",
    "AsyncInferenceConfig",
    "ExplainerConfig",
    "KmsKeyId",
    "ExecutionRoleArn",
    "VpcConfig",
    "EnableNetworkIsolation",
    "MetricsConfig",
    "CrossRegionTrafficConfig",
)
_NOTEBOOK = (
    "NotebookInstanceName",
    "KmsKeyId",
    "SubnetId",
    "SecurityGroupIds",
    "DirectInternetAccess",
    "PlatformIdentifier",
)

SAGEMAKER_TYPES: dict[str, ResourceType] = {
    f"AWS::SageMaker::{kind.name}": kind.resource_type()
    for kind in (
        SageMakerKind("Model", _MODEL),
        SageMakerKind("EndpointConfig", _ENDPOINT_CONFIG, system_tags=False),
        SageMakerKind("Endpoint", ("EndpointName",), "EndpointStatus", _change_endpoint, system_tags=False),
        SageMakerKind("NotebookInstance", _NOTEBOOK, "NotebookInstanceStatus", _change_notebook, _stop_notebook),
        SageMakerKind(
            "NotebookInstanceLifecycleConfig",
            ("NotebookInstanceLifecycleConfigName",),
            change=_change_lifecycle_config,
            system_tags=False,
        ),
    )
}
