"""The table of resource kinds: names, ARNs, states, and AWS's texts where kinds differ in them.

Texts are AWS's as seen in public issue threads and client code; those that are not known to be AWS's are marked.
"""

from __future__ import annotations

from dataclasses import dataclass

MOVING = frozenset({"Pending", "Creating", "Updating", "InProgress", "Stopping", "Deleting", "RollingBack"})
"""The states, of whatever kind, that end by themselves."""


@dataclass(frozen=True, kw_only=True)
class Kind:
    """One family of resources; what is not said here is read from the service model.

    `missing` and `duplicate` are templates over {arn} and {name}, each with AWS's error code. `status` is the member
    that holds the state (none: nothing runs for this kind), `first` its first one, `live` those in which instances
    are in use, `role` the member with the execution role, `quota` the end of AWS's quota names, the rest how lists
    are sorted.
    """

    name: str
    arn_type: str
    words: str
    summaries: str
    missing: str
    duplicate: str
    duplicate_code: str = "ValidationException"
    missing_code: str = "ValidationException"
    status: str = ""
    first: str = ""
    live: frozenset[str] = frozenset()
    role: str = ""
    quota: str = ""
    sort_by: str = "CreationTime"
    sort_order: str = "Descending"

    @property
    def id_member(self) -> str:
        """The member that names a resource of this kind."""
        return f"{self.name}Name"

    @property
    def arn_member(self) -> str:
        """The member that holds its ARN."""
        return f"{self.name}Arn"

    @property
    def is_job(self) -> bool:
        """Whether it runs once and ends."""
        return self.name.endswith("Job")


JOB_FINAL = frozenset({"Completed", "Failed", "Stopped"})
_JOB_DUPLICATE = (
    "{Words} names must be unique within an AWS account and region, and a {words} with this name already exists ({arn})"
)
_HOSTING_DUPLICATE = 'Cannot create already existing {words} "{arn}".'
_HOSTING_MISSING = 'Could not find {words} "{arn}".'
_JOB_LIVE = frozenset({"InProgress", "Stopping"})


def _job(
    name: str, arn_type: str, words: str, missing: str, role: str = "RoleArn", sort_order: str = "Ascending"
) -> Kind:
    return Kind(
        name=name,
        arn_type=arn_type,
        words=words,
        summaries=f"{name}Summaries",
        missing=missing,
        duplicate=_JOB_DUPLICATE,
        duplicate_code="ResourceInUse",
        status=f"{name}Status",
        first="InProgress",
        live=_JOB_LIVE,
        role=role,
        quota=f"{words} usage",
        sort_order=sort_order,
    )


TRAINING_JOB = _job("TrainingJob", "training-job", "training job", "Requested resource not found.")
PROCESSING_JOB = _job(
    "ProcessingJob", "processing-job", "processing job", "Could not find requested job with name: {name}"
)
TRANSFORM_JOB = _job(
    "TransformJob", "transform-job", "transform job", "Requested resource not found.", "", "Descending"
)
TUNING_JOB = Kind(
    name="HyperParameterTuningJob",
    arn_type="hyper-parameter-tuning-job",
    words="hyperparameter tuning job",
    summaries="HyperParameterTuningJobSummaries",
    missing="Amazon SageMaker can't find a tuning job called {name}. Type another name.",
    missing_code="ResourceNotFound",
    duplicate="A {words} with the name, {name}, already exists. Choose a different name.",
    duplicate_code="ResourceInUse",
    status="HyperParameterTuningJobStatus",
    first="InProgress",
    live=_JOB_LIVE,
    quota=TRAINING_JOB.quota,
    sort_by="Name",
    sort_order="Ascending",
)
MODEL = Kind(
    name="Model",
    arn_type="model",
    words="model",
    summaries="Models",
    missing=_HOSTING_MISSING,
    duplicate=_HOSTING_DUPLICATE,
    role="ExecutionRoleArn",
)
ENDPOINT_CONFIG = Kind(
    name="EndpointConfig",
    arn_type="endpoint-config",
    words="endpoint configuration",
    summaries="EndpointConfigs",
    missing=_HOSTING_MISSING,
    duplicate=_HOSTING_DUPLICATE,
)
ENDPOINT = Kind(
    name="Endpoint",
    arn_type="endpoint",
    words="endpoint",
    summaries="Endpoints",
    missing=_HOSTING_MISSING,
    duplicate=_HOSTING_DUPLICATE,
    status="EndpointStatus",
    first="Creating",
    live=frozenset({"Creating", "Updating", "RollingBack", "InService", "SystemUpdating", "Deleting"}),
    quota="endpoint usage",
)
NOTEBOOK_INSTANCE = Kind(
    name="NotebookInstance",
    arn_type="notebook-instance",
    words="notebook instance",
    summaries="NotebookInstances",
    missing="RecordNotFound",
    duplicate="Cannot create a duplicate Notebook Instance ({arn})",
    status="NotebookInstanceStatus",
    first="Pending",
    live=frozenset({"Pending", "InService", "Stopping", "Updating"}),
    role="RoleArn",
    quota="notebook instance usage",
    sort_by="Name",
    sort_order="Ascending",
)
LIFECYCLE_CONFIG = Kind(
    name="NotebookInstanceLifecycleConfig",
    arn_type="notebook-instance-lifecycle-config",
    words="notebook instance lifecycle config",
    summaries="NotebookInstanceLifecycleConfigs",
    missing="Unable to describe Notebook Instance Lifecycle Config '{arn}'. "
    "(Details: Notebook Instance Lifecycle Config does not exist.)",
    duplicate="Unable to create Notebook Instance Lifecycle Config {arn}. "
    "(Details: Notebook Instance Lifecycle Config already exists.)",
)

KINDS: dict[str, Kind] = {
    kind.name: kind
    for kind in (
        TRAINING_JOB,
        PROCESSING_JOB,
        TRANSFORM_JOB,
        TUNING_JOB,
        MODEL,
        ENDPOINT_CONFIG,
        ENDPOINT,
        NOTEBOOK_INSTANCE,
        LIFECYCLE_CONFIG,
    )
}
KIND_OF_ARN_TYPE: dict[str, Kind] = {kind.arn_type: kind for kind in KINDS.values()}
