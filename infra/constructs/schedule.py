"""The end of class: a one-shot schedule that starts the teardown, moved by ``classlab end`` and ``classlab extend``."""

import json

from aws_cdk import Aws, Duration, RemovalPolicy
from aws_cdk import aws_scheduler as scheduler
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from classlab.contract import TeardownInput, schedule_group, service_role_path
from classlab.settings import Classroom
from infra.arns import OWN
from infra.constructs.role import PlainRole, RolePlan, service
from infra.policy import acknowledge, allow

SCHEDULE_NAME = "teardown"
_RETRIES = 185  # the most that AWS allows, within 24 hours
_OLDEST_SECONDS = 24 * 60 * 60


class TeardownSchedule(Construct):
    """Group, schedule, role and dead-letter queue."""

    def __init__(self, scope: Construct, *, classroom: Classroom, machine_arn: str) -> None:
        super().__init__(scope, "Schedule")
        self.group = schedule_group(classroom.name)
        self.dead_letters = _dead_letters(self)
        role = PlainRole(self, "Role", self._role(classroom, machine_arn))
        group = scheduler.CfnScheduleGroup(self, "Group", name=self.group)
        target = scheduler.CfnSchedule.TargetProperty(
            arn=machine_arn,
            role_arn=role.role_arn,
            input=json.dumps(TeardownInput(reason="schedule", dry_run=False)),
            dead_letter_config=scheduler.CfnSchedule.DeadLetterConfigProperty(arn=self.dead_letters.queue_arn),
            retry_policy=scheduler.CfnSchedule.RetryPolicyProperty(
                maximum_retry_attempts=_RETRIES, maximum_event_age_in_seconds=_OLDEST_SECONDS
            ),
        )
        schedule = scheduler.CfnSchedule(
            self,
            "Teardown",
            name=SCHEDULE_NAME,
            group_name=self.group,
            description=f"Ends the class {classroom.name}",
            schedule_expression=f"at({classroom.teardown_at:%Y-%m-%dT%H:%M:%S})",
            schedule_expression_timezone="UTC",
            flexible_time_window=scheduler.CfnSchedule.FlexibleTimeWindowProperty(mode="OFF"),
            target=target,
        )
        schedule.add_resource_dependency(group)

    def _role(self, classroom: Classroom, machine_arn: str) -> RolePlan:
        only_us = {
            "StringEquals": {"aws:SourceAccount": Aws.ACCOUNT_ID},
            "ArnEquals": {"aws:SourceArn": OWN.regional("scheduler", f"schedule-group/{self.group}")},
        }
        return RolePlan(
            principal=service("scheduler", only_us),
            description="Starts the teardown when the class ends",
            path=service_role_path(classroom.name),
            rights={
                "Start": [
                    allow("StartTeardown", ["states:StartExecution"], [machine_arn]),
                    allow("KeepFailures", ["sqs:SendMessage"], [self.dead_letters.queue_arn]),
                ]
            },
        )


def _dead_letters(scope: Construct) -> sqs.Queue:
    """Where an event lands that could not start the teardown."""
    queue = sqs.Queue(
        scope,
        "DeadLetters",
        enforce_ssl=True,
        encryption=sqs.QueueEncryption.SQS_MANAGED,
        retention_period=Duration.days(14),
        removal_policy=RemovalPolicy.DESTROY,
    )
    acknowledge(queue, "AwsSolutions-SQS3", "This queue is the dead-letter queue")
    return queue
