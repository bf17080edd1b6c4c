"""A state machine from a definition made of plain dicts, with its log group and tracing."""

from collections.abc import Mapping

from aws_cdk import RemovalPolicy, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_logs as logs
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from classlab.contract import machine_log_group

LOG_RETENTION = logs.RetentionDays.TWO_WEEKS


class LoggedStateMachine(Construct):
    """A standard state machine. ``name`` and the definition may hold CDK tokens."""

    def __init__(
        self, scope: Construct, construct_id: str, *, name: str, role: iam.IRole, definition: Mapping[str, object]
    ) -> None:
        super().__init__(scope, construct_id)
        self.log_group = logs.LogGroup(
            self,
            "Log",
            log_group_name=machine_log_group(name),
            retention=LOG_RETENTION,
            removal_policy=RemovalPolicy.DESTROY,
        )

        machine = sfn.CfnStateMachine(
            self,
            "Machine",
            state_machine_name=name,
            role_arn=role.role_arn,
            definition_string=Stack.of(self).to_json_string(dict(definition)),
            logging_configuration=sfn.CfnStateMachine.LoggingConfigurationProperty(
                destinations=[
                    sfn.CfnStateMachine.LogDestinationProperty(
                        cloud_watch_logs_log_group=sfn.CfnStateMachine.CloudWatchLogsLogGroupProperty(
                            log_group_arn=self.log_group.log_group_arn
                        )
                    )
                ],
                include_execution_data=True,
                level="ALL",
            ),
            tracing_configuration=sfn.CfnStateMachine.TracingConfigurationProperty(enabled=True),
        )
        self.arn = machine.attr_arn
