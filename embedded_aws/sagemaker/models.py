"""Models: one container each; a model is only metadata until a transform job or an endpoint runs it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from embedded_aws.sagemaker import verbs
from embedded_aws.sagemaker.errors import not_implemented, validation
from embedded_aws.sagemaker.kinds import MODEL

if TYPE_CHECKING:
    from embedded_aws.sagemaker.control_plane import ControlPlane
    from embedded_aws.sagemaker.ports import Caller, Record
    from embedded_aws.sagemaker.verbs import Params


def create(plane: ControlPlane, params: Params, caller: Caller | None) -> Params:
    """CreateModel: exactly one container, with an image; the execution role is needed to run it."""
    record = verbs.new_record(plane, MODEL, params, caller)
    containers = params.get("Containers", [])
    if bool(containers) == ("PrimaryContainer" in params):
        raise validation("Exactly one of PrimaryContainer and Containers must be provided.")
    if len(containers) > 1:
        raise not_implemented("CreateModel: a model of several Containers")
    if "ExecutionRoleArn" not in params:
        raise validation("ExecutionRoleArn must be provided.")
    held = container(record)
    if "Image" not in held:
        raise validation("Image must be provided for the container.")
    if "ModelDataUrl" in held and "ModelDataSource" in held:
        raise validation("Only one of ModelDataUrl and ModelDataSource can be provided for the container.")
    held.setdefault("Mode", "SingleModel")
    if is_multi(record) and "ModelDataUrl" not in held:
        raise validation("ModelDataUrl must be provided for a container in MultiModel mode.")
    held.setdefault("Environment", {})
    record.setdefault("EnableNetworkIsolation", False)
    return verbs.keep(plane, MODEL, record)


def is_multi(model: Record) -> bool:
    """Whether requests say which model of a prefix they are for."""
    return bool(container(model)["Mode"] == "MultiModel")


def container(model: Record) -> dict[str, Any]:
    """The one container of a model's record."""
    held: dict[str, Any] = model["PrimaryContainer"] if "PrimaryContainer" in model else model["Containers"][0]
    return held
