"""What an instructor may do besides assuming the CDK's bootstrap roles: written once, for a policy document and a role.

``docs/instructor-policy.json`` is these statements for any classroom and account; the class stack's instructor role
holds them for its own class (``python -m infra.instructor`` prints the document).
"""

import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass

from aws_cdk import Stack

from classlab.contract import (
    DATA_PREFIX,
    OUTPUTS_PREFIX,
    RUNS_PREFIX,
    SEPARATOR,
    SHARED_PREFIX,
    TAG_CLASSROOM,
    TEARDOWN_PREFIX,
    WORK_PREFIX,
    function_log_group,
    machine_log_group,
    notebook_name,
    schedule_group,
    service_role_path,
    teardown_machine_name,
)
from classlab.labs import Lab, lab_folders, read_lab
from infra.arns import ANY, Arns
from infra.constructs.buckets import CLASS_BUCKET_ID, SEAT_BUCKET_ID
from infra.constructs.schedule import SCHEDULE_NAME
from infra.constructs.seat_policy import public_keys
from infra.policy import Statement, allow, document, pass_role

_ANY_CLASS = "*"
_NAMED = "Seats and their parts are named after the class; who sits in them is not known beforehand"
_BOOTSTRAP_ROLES = "cdk-hnb659fds-*"


@dataclass(frozen=True, kw_only=True)
class InstructorRights:
    """Statements for the instructor of one class, or of any (``*``)."""

    arns: Arns
    classroom: str
    class_bucket_arn: str
    labs: Sequence[Lab]

    @property
    def seats(self) -> str:
        """Pattern of the attendee stacks' names, and of everything named after them."""
        return f"{self.classroom}{SEPARATOR}*"

    def statements(self) -> list[Statement]:
        """All but leave to deploy."""
        return [
            self._stacks(),
            *self._buckets(),
            *self._public_data(),
            *self._machines(),
            self._notebooks(),
            *self._schedule(),
            *self._logs(),
        ]

    def deploy(self) -> Statement:
        """The CDK deploys, publishes and destroys with the roles that its bootstrap made."""
        return allow("DeployWithCdk", ["sts:AssumeRole"], [self.arns.role(_BOOTSTRAP_ROLES)])

    def _stacks(self) -> Statement:
        """Others' templates tell which staged assets they still use."""
        actions = ["cloudformation:DescribeStacks", "cloudformation:DescribeStackEvents", "cloudformation:GetTemplate"]
        return allow("LookAtStacks", actions, ["*"], why="Describing all stacks knows no resources")

    def _buckets(self) -> list[Statement]:
        """Outputs go from one seat to the class (`share`), and from the class to seats that lack them (`jump`)."""
        seats = self.arns.bucket(f"{self.seats}-{SEAT_BUCKET_ID.lower()}-*")
        read = (DATA_PREFIX, SHARED_PREFIX, WORK_PREFIX, TEARDOWN_PREFIX)
        kept = [f"{self.class_bucket_arn}/{prefix}*" for prefix in read]
        put = ["s3:PutObject", "s3:AbortMultipartUpload"]
        given = [f"{self.class_bucket_arn}/{prefix}*" for prefix in (DATA_PREFIX, SHARED_PREFIX)]
        outputs = [f"{seats}/{prefix}*" for prefix in (RUNS_PREFIX, OUTPUTS_PREFIX)]
        return [
            allow("ListBuckets", ["s3:ListBucket"], [self.class_bucket_arn, seats], why=_NAMED),
            allow("ReadClassAndSeats", ["s3:GetObject"], [*kept, f"{seats}/*"], why=_NAMED),
            allow("PutDataAndShared", put, given, why="Folders of files that all may read"),
            allow("PutOutputs", put, outputs, why="Earlier labs' outputs, for whoever was late"),
        ]

    def _public_data(self) -> list[Statement]:
        """`classlab data put` reads it with the instructor's rights; a public bucket does not stand in for these."""
        sources = [self.arns.bucket(key) for key in public_keys(self.labs)]
        return [allow("ReadPublicData", ["s3:GetObject"], sources)] if sources else []

    def _machines(self) -> list[Statement]:
        """Pipelines, and the teardown: its dry run, which changes nothing, is a matter of its input."""
        names = (self.seats, teardown_machine_name(self.classroom))
        machines = [self.arns.regional("states", f"stateMachine:{name}") for name in names]
        executions = [self.arns.regional("states", f"execution:{name}:*") for name in names]
        follow = ["states:DescribeExecution", "states:GetExecutionHistory", "states:StopExecution"]
        return [
            allow("StartMachines", ["states:StartExecution", "states:ListExecutions"], machines, why=_NAMED),
            allow("FollowMachines", follow, executions, why=_NAMED),
        ]

    def _notebooks(self) -> Statement:
        tag = f"aws:ResourceTag/{TAG_CLASSROOM}"
        of_class = {"StringEquals": {tag: self.classroom}}
        of_any_class = {"Null": {tag: "false"}}
        actions = [
            "sagemaker:CreatePresignedNotebookInstanceUrl",
            "sagemaker:DescribeNotebookInstance",
            "sagemaker:StartNotebookInstance",
            "sagemaker:StopNotebookInstance",
        ]
        notebooks = self.arns.sagemaker("notebook-instance", notebook_name(self.seats))
        conditions = of_any_class if self.classroom == _ANY_CLASS else of_class
        return allow("OpenNotebooks", actions, [notebooks], conditions, why=_NAMED)

    def _schedule(self) -> list[Statement]:
        """Moving a schedule stores its target again, and with it the role that starts the teardown."""
        schedule = self.arns.regional("scheduler", f"schedule/{schedule_group(self.classroom)}/{SCHEDULE_NAME}")
        roles = self.arns.role(f"{service_role_path(self.classroom)}*")
        return [
            allow("MoveTheEnd", ["scheduler:GetSchedule", "scheduler:UpdateSchedule"], [schedule]),
            pass_role(
                "KeepScheduleRole", roles, "scheduler", why="The name of the schedule's role is CloudFormation's choice"
            ),
        ]

    def _logs(self) -> list[Statement]:
        """Why a lifecycle script failed; and the sweep of what functions wrote after their stack was gone."""
        scripts = self.arns.regional("logs", f"log-group:/aws/sagemaker/NotebookInstances:log-stream:{self.seats}")
        late = (function_log_group(self.classroom, "*"), machine_log_group(teardown_machine_name(self.classroom)))
        return [
            allow("ReadScriptLogs", ["logs:GetLogEvents"], [scripts], why=_NAMED),
            allow("SweepLateLogs", ["logs:DeleteLogGroup"], [self.arns.log_group(name) for name in late], why=_NAMED),
        ]


def policy_document() -> dict[str, object]:
    """The written instructor policy: any class with any of our labs, in any region of its account."""
    bucket = ANY.bucket(f"*-{CLASS_BUCKET_ID.lower()}-*")
    labs = [read_lab(folder) for folder in lab_folders()]
    rights = InstructorRights(arns=ANY, classroom=_ANY_CLASS, class_bucket_arn=bucket, labs=labs)
    policy: dict[str, object] = Stack().resolve(document([rights.deploy(), *rights.statements()]))
    return policy


if __name__ == "__main__":
    sys.stdout.write(json.dumps(policy_document(), indent=2) + "\n")
