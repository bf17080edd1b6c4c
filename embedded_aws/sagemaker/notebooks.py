"""Notebook instances and their lifecycle configurations: states, defaults, references and refusals."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from embedded_aws.sagemaker import verbs
from embedded_aws.sagemaker.errors import validation
from embedded_aws.sagemaker.kinds import LIFECYCLE_CONFIG, NOTEBOOK_INSTANCE

if TYPE_CHECKING:
    from embedded_aws.sagemaker.control_plane import ControlPlane
    from embedded_aws.sagemaker.ports import Caller, Record
    from embedded_aws.sagemaker.verbs import Params

_DEFAULTS: Mapping[str, Any] = {
    "DirectInternetAccess": "Enabled",
    "RootAccess": "Enabled",
    "VolumeSizeInGB": 5,
    "PlatformIdentifier": "notebook-al2023-v1",
    "IpAddressType": "ipv4",
    "InstanceMetadataServiceConfiguration": {"MinimumInstanceMetadataServiceVersion": "1"},
}
_ATTACHED = "NotebookInstanceLifecycleConfigName"
_HALTED = ("Stopped", "Failed")


def create(plane: ControlPlane, params: Params, caller: Caller | None) -> Params:
    """CreateNotebookInstance."""
    record = verbs.new_record(plane, NOTEBOOK_INSTANCE, params, caller)
    for member, value in _DEFAULTS.items():
        record.setdefault(member, value)
    record.pop("SecurityGroupIds", None)
    config = record.pop("LifecycleConfigName", None)
    if config is not None:
        record[_ATTACHED] = plane.record(LIFECYCLE_CONFIG, config)[LIFECYCLE_CONFIG.id_member]
    record["Url"] = f"{record['NotebookInstanceName'].lower()}.notebook.{plane.region}.sagemaker.aws"
    return verbs.keep(plane, NOTEBOOK_INSTANCE, record)


def start(plane: ControlPlane, params: Params) -> Params:
    """StartNotebookInstance: from Stopped or Failed."""
    with plane.lock:
        record = _in(plane, params, _HALTED, "Pending")
        plane.check_quotas(NOTEBOOK_INSTANCE, record)
        record.pop("FailureReason", None)
        plane.transition(NOTEBOOK_INSTANCE, record, "Pending")
    plane.launch(NOTEBOOK_INSTANCE, record)
    return {}


def stop(plane: ControlPlane, params: Params) -> Params:
    """StopNotebookInstance: from InService."""
    with plane.lock:
        record = _in(plane, params, ("InService",), "Stopping")
        plane.transition(NOTEBOOK_INSTANCE, record, "Stopping")
    plane.runtime.stopping(plane, NOTEBOOK_INSTANCE, record)
    return {}


def delete(plane: ControlPlane, params: Params) -> Params:
    """DeleteNotebookInstance: from Stopped or Failed."""
    with plane.lock:
        record = _in(plane, params, _HALTED, "Deleting")
        plane.transition(NOTEBOOK_INSTANCE, record, "Deleting")
    plane.runtime.deleting(plane, NOTEBOOK_INSTANCE, record)
    return {}


def update(plane: ControlPlane, params: Params) -> Params:
    """UpdateNotebookInstance: from Stopped or Failed; Updating, then Stopped. Takes effect at the next start."""
    changes = {name: value for name, value in params.items() if name != "NotebookInstanceName"}
    config = changes.pop("LifecycleConfigName", None)
    detach = changes.pop("DisassociateLifecycleConfig", False)
    if config is not None and detach:
        raise validation("LifecycleConfigName and DisassociateLifecycleConfig cannot be given together.")
    if "RoleArn" in changes:
        plane.roles.session(changes["RoleArn"])
    with plane.lock:
        record = _in(plane, params, _HALTED, "Updating")
        if changes.get("VolumeSizeInGB", record["VolumeSizeInGB"]) < record["VolumeSizeInGB"]:
            raise validation(f"VolumeSizeInGB cannot be made smaller than {record['VolumeSizeInGB']}.")
        if config is not None:
            changes[_ATTACHED] = plane.record(LIFECYCLE_CONFIG, config)[LIFECYCLE_CONFIG.id_member]
        if detach:
            record.pop(_ATTACHED, None)
        known = {name: value for name, value in changes.items() if not name.startswith("Disassociate")}
        plane.transition(NOTEBOOK_INSTANCE, record, "Updating", **known)
    plane.later(lambda: plane.transition(NOTEBOOK_INSTANCE, record, "Stopped"))
    return {}


def presigned_url(plane: ControlPlane, params: Params) -> Params:
    """CreatePresignedNotebookInstanceUrl: only of an instance in InService (the text is not AWS's)."""
    with plane.lock:
        record = plane.record(NOTEBOOK_INSTANCE, params["NotebookInstanceName"])
        status = record["NotebookInstanceStatus"]
        if status != "InService":
            arn = record["NotebookInstanceArn"]
            raise validation(f"Status ({status}) not in ([InService]). Unable to open Notebook Instance ({arn}).")
    return {"AuthorizedUrl": plane.runtime.presigned_url(record)}


def create_config(plane: ControlPlane, params: Params, caller: Caller | None) -> Params:
    """CreateNotebookInstanceLifecycleConfig."""
    _check_scripts(params)
    return verbs.keep(plane, LIFECYCLE_CONFIG, verbs.new_record(plane, LIFECYCLE_CONFIG, params, caller))


def update_config(plane: ControlPlane, params: Params) -> Params:
    """UpdateNotebookInstanceLifecycleConfig: instances run the new scripts at their next start."""
    _check_scripts(params)
    scripts = {name: params[name] for name in ("OnCreate", "OnStart") if name in params}
    plane.update(plane.record(LIFECYCLE_CONFIG, params[LIFECYCLE_CONFIG.id_member]), **scripts)
    return {}


def delete_config(plane: ControlPlane, params: Params) -> Params:
    """DeleteNotebookInstanceLifecycleConfig: not while an instance names it (the text's details are not AWS's)."""
    name = params[LIFECYCLE_CONFIG.id_member]
    unable = f"Unable to delete Notebook Instance Lifecycle Config '{plane.arn(LIFECYCLE_CONFIG, name)}'."
    with plane.lock:
        config = plane.store.find(LIFECYCLE_CONFIG, name)
        if config is None:
            raise validation(f"{unable} (Details: Notebook Instance Lifecycle Config does not exist.)")
        users = _users(plane.store.glance(NOTEBOOK_INSTANCE), config)
        if users:
            raise validation(f"{unable} (Details: it is in use by Notebook Instances: {', '.join(users)}.)")
        plane.store.remove(LIFECYCLE_CONFIG, config)
    return {}


def _users(notebooks: Iterable[Record], config: Record) -> list[str]:
    name = config[LIFECYCLE_CONFIG.id_member]
    return [record["NotebookInstanceName"] for record in notebooks if record.get(_ATTACHED) == name]


def _check_scripts(params: Params) -> None:
    for member in ("OnCreate", "OnStart"):
        for script in params.get(member, []):
            try:
                base64.b64decode(script["Content"], validate=True)
            except (binascii.Error, KeyError):
                raise validation(f"{member} content must be base64 encoded.") from None


def _in(plane: ControlPlane, params: Params, states: tuple[str, ...], target: str) -> Record:
    record = plane.record(NOTEBOOK_INSTANCE, params["NotebookInstanceName"])
    status = record["NotebookInstanceStatus"]
    if status not in states:
        raise validation(
            f"Status ({status}) not in ([{', '.join(states)}]). "
            f"Unable to transition to ({target}) for Notebook Instance ({record['NotebookInstanceArn']})"
        )
    return record
