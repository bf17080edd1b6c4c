"""Whose registry an image lies in, and whether a job's role may pull it.

AWS's own images may be pulled by everybody, from the registry of the region; those of the account only by a role with
the rights, and no other account has given its images to this one. Registries that are not ECR need a VPC, which is
refused here.
"""

from __future__ import annotations

import re

from embedded_aws.runtime.host import Host
from embedded_aws.runtime.images import IMAGES
from embedded_aws.sagemaker.errors import AwsError, validation
from embedded_aws.sagemaker.kinds import MODEL, TRAINING_JOB, Kind

_ECR = re.compile(
    r"^(?P<account>\d{12})\.dkr\.ecr\.(?P<region>[a-z0-9-]+)\.amazonaws\.com/(?P<repository>[^:@]+):(?P<tag>[^:@]+)$"
)
_DENIED = "AccessDeniedException"


def check(host: Host, kind: Kind, uri: str, role_arn: str) -> None:
    """AwsError for an image that AWS could not pull for this role.

    The texts for training jobs and for models in other registries are AWS's as public issues quote them; those for
    images that are not there and for other regions are not.
    """
    match = _ECR.match(uri)
    if match is None:
        raise validation(_not_ecr(kind, uri))
    if match["region"] != host.region:
        raise validation(f"The image {uri} must lie in a registry of {host.region}, where it is to run.")
    if match["account"] == host.account:
        _check_own(host, match["repository"], match["tag"], role_arn)
    elif _account_of(match["repository"]) not in ("", match["account"]):
        raise _denied(match["repository"], match["account"])


def _account_of(repository: str) -> str:
    """Whose a repository of AWS's is; empty for one that the engine does not know, which nothing here can run."""
    known = {match["repository"]: match["account"] for image in IMAGES.values() if (match := _ECR.match(image.uri))}
    return known.get(repository, "")


def _check_own(host: Host, repository: str, tag: str, role_arn: str) -> None:
    """The role needs ecr:BatchGetImage on the repository, and what it names must be there."""
    wanted = {"registryId": host.account, "repositoryName": repository, "imageIds": [{"imageTag": tag}]}
    try:
        found = host.acting_as(role_arn).call("ecr", "BatchGetImage", **wanted)
    except AwsError as error:
        if error.code == _DENIED:
            raise _denied(repository, host.account) from error
        raise validation(f"Cannot find the requested image: {error.message}") from error
    if not found.get("images"):
        raise validation(f"Cannot find the requested image: {repository}:{tag} is not in registry {host.account}.")


def _denied(repository: str, account: str) -> AwsError:
    return validation(f"Access denied for repository: {repository} in registry ID: {account}.")


def _not_ecr(kind: Kind, uri: str) -> str:
    if kind is TRAINING_JOB:
        return (
            "TrainingImageConfig with TrainingRepositoryAccessMode set to VPC must be provided when using a training "
            "image from a private Docker registry. Please provide TrainingImageConfig and "
            "TrainingRepositoryAccessMode set to VPC when using a training image from a private Docker registry."
        )
    if kind is MODEL:
        return f'Using non-ECR image "{uri}" without Vpc repository access mode is not supported.'
    return f"The image {uri} is not in Amazon ECR."
