"""Service quotas: how many instances an account may have in use at once, by AWS's quota names."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from embedded_aws.sagemaker.errors import AwsError
from embedded_aws.sagemaker.kinds import Kind
from embedded_aws.sagemaker.ports import Record


class Quotas:
    """Limits by quota name (`ml.t3.medium for notebook instance usage`); what is not named is unlimited."""

    def __init__(self, limits: Mapping[str, int]) -> None:
        self._limits = dict(limits)

    def check(self, kind: Kind, new: Record, held: Iterable[Record]) -> None:
        """Raises ResourceLimitExceeded if the new record's instances do not fit beside those in use.

        A tuning job has what its training jobs can use at once; they themselves count no more.
        """
        if not kind.quota or "_tuning" in new:
            return
        wanted = _instances(new)
        used: dict[str, int] = {}
        for record in held:
            if record is not new and "_tuning" not in record:
                for instance_type, count in _instances(record).items():
                    used[instance_type] = used.get(instance_type, 0) + count
        for instance_type, count in wanted.items():
            self._check(f"{instance_type} for {kind.quota}", used.get(instance_type, 0), count)

    def _check(self, quota: str, used: int, more: int) -> None:
        limit = self._limits.get(quota)
        if limit is not None and used + more > limit:
            raise AwsError(
                "ResourceLimitExceeded",
                f"The account-level service limit '{quota}' is {limit} Instances, with current utilization of "
                f"{used} Instances and a request delta of {more} Instances. Please use AWS Service Quotas to "
                "request an increase for this quota. If AWS Service Quotas is not available, contact AWS support "
                "to request an increase for this quota.",
            )


def _instances(record: Record) -> dict[str, int]:
    """Instances by type, wherever the kind keeps them."""
    if "_pending" in record or "_deployment" in record:
        deployment = record.get("_pending") or record["_deployment"]
        counts: dict[str, int] = {}
        for variant in deployment.variants:
            counts[variant.instance_type] = counts.get(variant.instance_type, 0) + variant.instance_count
        return counts
    if "TrainingJobDefinition" in record:
        cluster, parallel = record["TrainingJobDefinition"]["ResourceConfig"], record["ResourceLimits"]
        return {cluster["InstanceType"]: cluster.get("InstanceCount", 1) * parallel["MaxParallelTrainingJobs"]}
    cluster = (
        record.get("ResourceConfig")
        or record.get("TransformResources")
        or record.get("ProcessingResources", {}).get("ClusterConfig")
        or record
    )
    return {cluster["InstanceType"]: cluster.get("InstanceCount", 1)}
