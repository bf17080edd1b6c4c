"""Endpoint configurations and endpoints: references, deployments, weights, and who answers an invocation."""

from __future__ import annotations

import copy
import random
import uuid
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from embedded_aws.sagemaker import models, verbs
from embedded_aws.sagemaker.errors import AwsError, not_implemented, validation
from embedded_aws.sagemaker.kinds import ENDPOINT, ENDPOINT_CONFIG, MODEL
from embedded_aws.sagemaker.store import now

if TYPE_CHECKING:
    from embedded_aws.sagemaker.control_plane import ControlPlane
    from embedded_aws.sagemaker.ports import Caller, Invocation, Record, Response
    from embedded_aws.sagemaker.verbs import Params

_SERVING = frozenset({"InService", "Updating", "SystemUpdating", "RollingBack"})
_IN_PROGRESS = frozenset({"Creating", "Updating", "SystemUpdating", "RollingBack", "Deleting"})


@dataclass(frozen=True)
class Variant:
    """One production variant of a deployment; `model` is a copy of the model's record, which may be deleted later."""

    name: str
    model: dict[str, Any]
    instance_type: str
    instance_count: int
    weight: float
    settings: dict[str, Any]


@dataclass(frozen=True)
class Deployment:
    """What an endpoint is to serve, as its configuration stood when it was asked for."""

    config_name: str
    variants: tuple[Variant, ...]


def create_config(plane: ControlPlane, params: Params, caller: Caller | None) -> Params:
    """CreateEndpointConfig: every variant names a model that is there."""
    record = verbs.new_record(plane, ENDPOINT_CONFIG, params, caller)
    variants = record["ProductionVariants"]
    names = [variant["VariantName"] for variant in variants]
    if len(set(names)) != len(names):
        raise validation(f"Variant names must be unique within an endpoint configuration: {', '.join(names)}")
    for variant in variants:
        if "ModelName" not in variant:
            raise not_implemented("CreateEndpointConfig: a variant without ModelName (inference components)")
        for member in ("InstanceType", "InitialInstanceCount"):
            if member not in variant:
                raise validation(f"{member} must be provided for variant '{variant['VariantName']}'.")
        plane.record(MODEL, variant["ModelName"])
        variant.setdefault("InitialVariantWeight", 1.0)
    _need_weight(variant["InitialVariantWeight"] for variant in variants)
    return verbs.keep(plane, ENDPOINT_CONFIG, record)


def create(plane: ControlPlane, params: Params, caller: Caller | None) -> Params:
    """CreateEndpoint."""
    record = verbs.new_record(plane, ENDPOINT, params, caller)
    with plane.lock:
        record["_pending"] = _deployment(plane, params["EndpointConfigName"])
    return verbs.keep(plane, ENDPOINT, record)


def update(plane: ControlPlane, params: Params) -> Params:
    """UpdateEndpoint: the old deployment serves until the runtime reports InService."""
    with plane.lock:
        record = _updatable(plane, params["EndpointName"])
        deployment = _deployment(plane, params["EndpointConfigName"])
        if params.get("RetainAllVariantProperties"):
            excluded = {item["VariantPropertyType"] for item in params.get("ExcludeRetainedVariantProperties", [])}
            deployment = _retaining(record, deployment, excluded)
            _need_weight(variant.weight for variant in deployment.variants)
        plane.check_quotas(ENDPOINT, {**record, "_pending": deployment})
        record["_pending"] = deployment
        summary = {"EndpointConfigName": deployment.config_name, "StartTime": now()}
        plane.transition(ENDPOINT, record, "Updating", PendingDeploymentSummary=summary)
    plane.launch(ENDPOINT, record)
    return {"EndpointArn": record["EndpointArn"]}


def update_weights(plane: ControlPlane, params: Params) -> Params:
    """UpdateEndpointWeightsAndCapacities; one process serves a variant here, so more instances are refused."""
    with plane.lock:
        record = _updatable(plane, params["EndpointName"])
        shown = {variant["VariantName"]: variant for variant in record["ProductionVariants"]}
        wishes = params["DesiredWeightsAndCapacities"]
        for wish in wishes:
            if wish["VariantName"] not in shown:
                raise validation(f"Could not find variant '{wish['VariantName']}' of the endpoint.")
        wished = {wish["VariantName"]: wish["DesiredWeight"] for wish in wishes if "DesiredWeight" in wish}
        _need_weight(wished.get(name, variant["DesiredWeight"]) for name, variant in shown.items())
        for wish in wishes:
            shown[wish["VariantName"]].update({key: value for key, value in wish.items() if key != "VariantName"})
        plane.transition(ENDPOINT, record, "Updating")
    plane.later(lambda: plane.transition(ENDPOINT, record, "InService"))
    return {"EndpointArn": record["EndpointArn"]}


def delete(plane: ControlPlane, params: Params) -> Params:
    """DeleteEndpoint: refused while it is in progress; then Deleting until the runtime has ended its processes."""
    with plane.lock:
        record = _idle(plane, params["EndpointName"])
        plane.transition(ENDPOINT, record, "Deleting")
    plane.runtime.deleting(plane, ENDPOINT, record)
    return {}


def settle(record: Record, status: str, *, failed: bool) -> None:
    """After a transition: InService takes over what was pending, unless it is a return from a failed update."""
    if status != "InService":
        return
    record.pop("PendingDeploymentSummary", None)
    pending: Deployment | None = record.pop("_pending", None)
    if pending is not None and not failed:
        record.pop("FailureReason", None)
        record["_deployment"] = pending
        record["EndpointConfigName"] = pending.config_name
        record["ProductionVariants"] = [_shown(variant) for variant in pending.variants]
    for variant in record["ProductionVariants"]:
        variant["CurrentWeight"] = variant["DesiredWeight"]
        variant["CurrentInstanceCount"] = variant["DesiredInstanceCount"]


def as_it_serves(record: Record) -> Deployment:
    """What an endpoint serves, to be served once more: with the weights that its variants have now."""
    return _retaining(record, record["_deployment"], set())


def invoke(plane: ControlPlane, name: str, invocation: Invocation) -> tuple[str, Response]:
    """The variant that answered and its answer; AwsError in the runtime API's words."""
    with plane.lock:
        record = plane.store.find(ENDPOINT, name)
        if record is None or record["EndpointStatus"] not in _SERVING or "_deployment" not in record:
            raise AwsError("ValidationError", f"Endpoint {name} of account {plane.account} not found.")
        variant = _choose(record, invocation.target_variant)
        _check_target_model(record, variant, invocation.target_model)
    return variant, plane.runtime.invoke(record, variant, invocation)


def _choose(record: Record, target: str | None) -> str:
    weights = {variant["VariantName"]: variant["CurrentWeight"] for variant in record["ProductionVariants"]}
    if target is None:
        drawn: list[str] = random.choices(list(weights), list(weights.values()))  # noqa: S311 # routing, no secret
        return drawn[0]
    if target not in weights:
        endpoint = record["EndpointName"]
        raise AwsError("ValidationError", f"Variant {target} not found for Endpoint {endpoint}.")
    return target


def _check_target_model(record: Record, variant: str, target: str | None) -> None:
    """A model is named where there are several, and nowhere else."""
    deployment: Deployment = record["_deployment"]
    multi = any(models.is_multi(item.model) for item in deployment.variants if item.name == variant)
    name = record["EndpointName"]
    if target and not multi:
        text = f"Endpoint {name} is not a multi-model endpoint and does not support target model header."
        raise AwsError("ValidationError", text)
    if multi and not target:
        text = f"Request {uuid.uuid4()} is missing a target model header for the multi-model endpoint {name}."
        raise AwsError("ValidationError", text)


def _need_weight(weights: Iterable[float]) -> None:
    """Where none has any, no variant can be chosen (the text is not AWS's)."""
    if not any(weights):
        raise validation("At least one variant must have a weight greater than 0.")


def _idle(plane: ControlPlane, name: str) -> Record:
    record = plane.record(ENDPOINT, name)
    if record["EndpointStatus"] in _IN_PROGRESS:
        raise validation(f'Cannot update in-progress endpoint "{record["EndpointArn"]}".')
    return record


def _updatable(plane: ControlPlane, name: str) -> Record:
    """A failed endpoint can only be deleted (the text is not AWS's)."""
    record = _idle(plane, name)
    if record["EndpointStatus"] != "InService":
        arn, status = record["EndpointArn"], record["EndpointStatus"]
        raise validation(f'Cannot update endpoint "{arn}" because it is in status {status}.')
    return record


def _deployment(plane: ControlPlane, config_name: str) -> Deployment:
    config = plane.record(ENDPOINT_CONFIG, config_name)
    variants = tuple(
        Variant(
            name=variant["VariantName"],
            model=copy.deepcopy(plane.record(MODEL, variant["ModelName"])),
            instance_type=variant["InstanceType"],
            instance_count=variant["InitialInstanceCount"],
            weight=variant["InitialVariantWeight"],
            settings=copy.deepcopy(variant),
        )
        for variant in config["ProductionVariants"]
    )
    return Deployment(config["EndpointConfigName"], variants)


def _retaining(record: Record, deployment: Deployment, excluded: set[str]) -> Deployment:
    """The deployment with the weights that variants of the same name have now; their counts are always one."""
    if "DesiredWeight" in excluded:
        return deployment
    weights = {variant["VariantName"]: variant["DesiredWeight"] for variant in record["ProductionVariants"]}
    variants = (replace(variant, weight=weights.get(variant.name, variant.weight)) for variant in deployment.variants)
    return Deployment(deployment.config_name, tuple(variants))


def _shown(variant: Variant) -> dict[str, Any]:
    image = models.container(variant.model)["Image"]
    return {
        "VariantName": variant.name,
        "DeployedImages": [{"SpecifiedImage": image, "ResolvedImage": image, "ResolutionTime": now()}],
        "CurrentWeight": variant.weight,
        "DesiredWeight": variant.weight,
        "CurrentInstanceCount": variant.instance_count,
        "DesiredInstanceCount": variant.instance_count,
    }
