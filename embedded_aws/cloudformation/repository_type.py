"""AWS::ECR::Repository through ECR's own calls, in the order of its public handler."""

from __future__ import annotations

from typing import Any

from embedded_aws.cloudformation.api_type import api_type, plain, undone, unless_gone
from embedded_aws.cloudformation.policy_types import document
from embedded_aws.cloudformation.types import Call, PhysicalName, Properties, Resource, tag_changes

_NAME_LENGTH = 256


def _create(call: Call, name: PhysicalName, props: Properties) -> Resource:
    own = str(props.get("RepositoryName") or name(_NAME_LENGTH).lower())
    asked: dict[str, Any] = {"tags": props["Tags"]} if "Tags" in props else {}
    if "ImageTagMutability" in props:
        asked["imageTagMutability"] = props["ImageTagMutability"]
    if "ImageScanningConfiguration" in props:
        asked["imageScanningConfiguration"] = _scanning(props)
    made = call("ecr", "CreateRepository", repositoryName=own, **asked)["repository"]
    with undone(_delete, call, own, props):
        _set_policies(call, own, {}, props)
    return _repository(made)


def _update(call: Call, own: str, old: Properties, new: Properties) -> Resource:
    if old.get("ImageTagMutability") != new.get("ImageTagMutability"):
        mutability = new.get("ImageTagMutability", "MUTABLE")
        call("ecr", "PutImageTagMutability", repositoryName=own, imageTagMutability=mutability)
    if old.get("ImageScanningConfiguration") != new.get("ImageScanningConfiguration"):
        scanning = _scanning(new)
        call("ecr", "PutImageScanningConfiguration", repositoryName=own, imageScanningConfiguration=scanning)
    _set_policies(call, own, old, new)
    found = call("ecr", "DescribeRepositories", repositoryNames=[own])["repositories"][0]
    changed, dropped = tag_changes(old.get("Tags"), new.get("Tags"))
    if changed:
        call("ecr", "TagResource", resourceArn=found["repositoryArn"], tags=changed)
    if dropped:
        call("ecr", "UntagResource", resourceArn=found["repositoryArn"], tagKeys=dropped)
    return _repository(found)


def _delete(call: Call, own: str, props: Properties) -> None:
    """A repository with images refuses, unless the template says EmptyOnDelete."""
    call("ecr", "DeleteRepository", repositoryName=own, force=plain(props.get("EmptyOnDelete", False)))


def _scanning(props: Properties) -> dict[str, bool]:
    return {"scanOnPush": bool(plain(props.get("ImageScanningConfiguration", {}).get("ScanOnPush", False)))}


def _set_policies(call: Call, own: str, old: Properties, new: Properties) -> None:
    before, after = (props.get("LifecyclePolicy", {}).get("LifecyclePolicyText") for props in (old, new))
    if after and after != before:
        call("ecr", "PutLifecyclePolicy", repositoryName=own, lifecyclePolicyText=after)
    elif before and not after:
        unless_gone(call, "ecr", "DeleteLifecyclePolicy", repositoryName=own)
    policy = new.get("RepositoryPolicyText")
    if policy and policy != old.get("RepositoryPolicyText"):
        call("ecr", "SetRepositoryPolicy", repositoryName=own, policyText=document(policy))
    elif "RepositoryPolicyText" in old and not policy:
        unless_gone(call, "ecr", "DeleteRepositoryPolicy", repositoryName=own)


def _repository(found: dict[str, Any]) -> Resource:
    shown = {"Arn": found["repositoryArn"], "RepositoryUri": found["repositoryUri"]}
    return Resource(found["repositoryName"], shown)


REPOSITORY_TYPE = api_type(
    "AWS::ECR::Repository",
    (_create, _update, _delete),
    known=(
        "RepositoryName",
        "ImageTagMutability",
        "ImageScanningConfiguration",
        "LifecyclePolicy",
        "RepositoryPolicyText",
        "EmptyOnDelete",
        "Tags",
    ),
    replaced_by=("RepositoryName",),
)
