"""The reaper's rights: look at every kind, delete only what bears the class's tag, path or names; create nothing.

Names alone never prove ownership: the function checks its proofs before each delete. These rights are the second
fence, so that a mistake in the first stays inside the class.
"""

from dataclasses import dataclass

from classlab.contract import (
    SEPARATOR,
    TAG_CLASSROOM,
    TEARDOWN_PREFIX,
    WORK_PREFIX,
    classroom_stack_name,
    machine_log_group,
    role_path,
    service_role_path,
    teardown_machine_name,
)
from infra.arns import OWN
from infra.policy import Statement, allow, deny

_UNSEEN = "Listing knows no resources, and a proof needs every candidate's description"
_TAGGED = "The class's tag is the condition"
_PATH = "Everything below the path of the class's attendee roles"
_FOLDERS = "The teardown's own folders in the class bucket"
_NAMED = "Everything named after an attendee stack of the class; each delete is preceded by its own proof"
_SAGEMAKER_ENDINGS = [
    "sagemaker:StopHyperParameterTuningJob",
    "sagemaker:StopTrainingJob",
    "sagemaker:StopProcessingJob",
    "sagemaker:StopTransformJob",
    "sagemaker:StopNotebookInstance",
    "sagemaker:UpdateTrainingJob",  # ends a warm pool
    "sagemaker:DeleteHyperParameterTuningJob",
    "sagemaker:DeleteTrainingJob",
    "sagemaker:DeleteProcessingJob",
    "sagemaker:DeleteModel",
    "sagemaker:DeleteEndpoint",
    "sagemaker:DeleteEndpointConfig",
    "sagemaker:DeleteNotebookInstance",
    "sagemaker:DeleteNotebookInstanceLifecycleConfig",
]
_SAGEMAKER_KINDS = (
    "HyperParameterTuningJob",
    "TrainingJob",
    "ProcessingJob",
    "TransformJob",
    "Model",
    "Endpoint",
    "EndpointConfig",
    "NotebookInstance",
    "NotebookInstanceLifecycleConfig",
)
_SHARED_LOG_GROUPS = ("TrainingJobs", "ProcessingJobs", "TransformJobs", "NotebookInstances")


@dataclass(frozen=True, kw_only=True)
class ReaperRights:
    """Statements of the teardown function's role; ARNs may be CDK tokens."""

    classroom: str
    class_bucket_arn: str
    boundary_arn: str

    @property
    def names(self) -> str:
        """Pattern of everything that is named after an attendee stack."""
        return f"{self.classroom}{SEPARATOR}*"

    def statements(self) -> list[Statement]:
        """All of them."""
        return [
            *self._look(),
            *self._sagemaker(),
            *self._buckets(),
            *self._stacks_and_machines(),
            *self._logs(),
            *self._roles(),
            *self._freeze(),
            *self._never(),
        ]

    def _look(self) -> list[Statement]:
        """Every candidate of every kind, ours or not: what is not ours is counted and left alone."""
        kinds = [f"sagemaker:List{kind}s" for kind in _SAGEMAKER_KINDS]
        described = [f"sagemaker:Describe{kind}" for kind in _SAGEMAKER_KINDS]
        others = [
            "cloudformation:DescribeStacks",
            "cloudformation:ListImports",
            "cloudformation:ListStackResources",
            "events:DescribeRule",
            "events:ListRules",
            "iam:ListRoles",
            "logs:DescribeLogGroups",
            "logs:DescribeLogStreams",
            "s3:GetBucketTagging",
            "s3:ListAllMyBuckets",
        ]
        return [allow("Look", [*kinds, *described, "sagemaker:ListTags", *others], ["*"], why=_UNSEEN)]

    def _sagemaker(self) -> list[Statement]:
        """By tag whatever the name; by name unless the tag is another class's."""
        tag = f"aws:ResourceTag/{TAG_CLASSROOM}"
        tagged, unlike = {"StringEquals": {tag: self.classroom}}, {"StringEqualsIfExists": {tag: self.classroom}}
        return [
            allow(
                "EndTagged",
                _SAGEMAKER_ENDINGS,
                [OWN.regional("sagemaker", "*")],
                tagged,
                why=_TAGGED,
            ),
            allow("EndNamed", _SAGEMAKER_ENDINGS, [OWN.sagemaker("*", self.names)], unlike, why=_NAMED),
        ]

    def _buckets(self) -> list[Statement]:
        seats, keep = OWN.bucket(self.names), [f"{self.class_bucket_arn}/{TEARDOWN_PREFIX}*"]
        listing = ["s3:ListBucket", "s3:ListBucketVersions", "s3:ListBucketMultipartUploads"]
        objects = ["s3:GetObject", "s3:DeleteObject", "s3:DeleteObjectVersion", "s3:AbortMultipartUpload"]
        archive = [f"{self.class_bucket_arn}/{WORK_PREFIX}*"]
        return [
            allow("ListSeats", [*listing, "s3:DeleteBucket"], [seats], why=_NAMED),
            allow("EmptySeats", objects, [f"{seats}/*"], why=_NAMED),
            allow("ListClassBucket", ["s3:ListBucket"], [self.class_bucket_arn]),
            allow("KeepLedger", ["s3:GetObject", "s3:PutObject", "s3:DeleteObject"], keep, why=_FOLDERS),
            allow(
                "ArchiveWork",
                ["s3:GetObject", "s3:PutObject", "s3:AbortMultipartUpload"],
                archive,
                why=_FOLDERS,
            ),
        ]

    def _stacks_and_machines(self) -> list[Statement]:
        """A stack goes with the role it was made with: no role is passed, none of the stack's own is needed."""
        stacks = OWN.regional("cloudformation", f"stack/{self.names}/*")
        machines = OWN.regional("states", f"stateMachine:{self.names}")
        executions = OWN.regional("states", f"execution:{self.names}:*")
        holders = OWN.regional("states", f"execution:{teardown_machine_name(self.classroom)}:*")
        tagged = {"StringEquals": {f"aws:ResourceTag/{TAG_CLASSROOM}": self.classroom}}
        return [
            allow("DeleteStacks", ["cloudformation:DeleteStack"], [stacks], tagged, why=_NAMED),
            allow("FindExecutions", ["states:ListExecutions"], [machines], why=_NAMED),
            allow("StopExecutions", ["states:DescribeExecution", "states:StopExecution"], [executions], why=_NAMED),
            allow("JudgeLockHolders", ["states:DescribeExecution"], [holders], why="Executions of the teardown itself"),
        ]

    def _logs(self) -> list[Statement]:
        """Own streams in the shared groups; own groups of endpoints and state machines."""
        shared = [f"/aws/sagemaker/{name}" for name in _SHARED_LOG_GROUPS]
        streams = [OWN.regional("logs", f"log-group:{name}:log-stream:{self.names}") for name in shared]
        groups = [
            OWN.log_group(name) for name in (f"/aws/sagemaker/Endpoints/{self.names}", machine_log_group(self.names))
        ]
        return [
            allow("DeleteStreams", ["logs:DeleteLogStream"], streams, why=_NAMED),
            allow("DeleteGroups", ["logs:DeleteLogGroup"], groups, why=_NAMED),
        ]

    def _roles(self) -> list[Statement]:
        actions = [
            "iam:GetRole",
            "iam:ListRoleTags",
            "iam:ListRolePolicies",
            "iam:DeleteRolePolicy",
            "iam:ListAttachedRolePolicies",
            "iam:DetachRolePolicy",
            "iam:ListInstanceProfilesForRole",
            "iam:DeleteRole",
        ]
        path = role_path(self.classroom)
        profiles = f"arn:{OWN.partition}:iam::{OWN.account}:instance-profile{path}*"
        return [
            allow("DeleteRoles", actions, [OWN.role(f"{path}*")], why=_PATH),
            allow("FreeRoles", ["iam:RemoveRoleFromInstanceProfile"], [profiles], why=_PATH),
        ]

    def _freeze(self) -> list[Statement]:
        """The brake: new versions of the attendees' boundary, and back."""
        actions = [
            "iam:GetPolicy",
            "iam:GetPolicyVersion",
            "iam:ListPolicyVersions",
            "iam:CreatePolicyVersion",
            "iam:SetDefaultPolicyVersion",
            "iam:DeletePolicyVersion",
        ]
        return [allow("Freeze", actions, [self.boundary_arn])]

    def _never(self) -> list[Statement]:
        """Not itself, not the ground it stands on."""
        own_stack = OWN.regional("cloudformation", f"stack/{classroom_stack_name(self.classroom)}/*")
        own_roles = OWN.role(f"{service_role_path(self.classroom)}*")
        return [
            deny("NotItself", ["iam:*", "cloudformation:DeleteStack"], [own_roles, own_stack]),
            deny("NotTheClassBucket", ["s3:DeleteBucket"], [self.class_bucket_arn]),
        ]
