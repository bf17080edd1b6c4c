"""Running executions of the seats' pipelines: stopped, which stops their jobs; their record goes with the machine."""

import json
from typing import Any, Literal

from botocore.exceptions import ClientError

from lambdas.shared.faults import Fault, classify
from lambdas.teardown.kinds.base import Kind, Listed, Page, Step, stamp
from lambdas.teardown.kinds.proofs import by_stack
from lambdas.teardown.ownership import Evidence, Judgement, Seen, judge
from lambdas.teardown.scope import Context

_TYPE = "AWS::StepFunctions::StateMachine"
_RUNNING: Literal["RUNNING"] = "RUNNING"


class PipelineExecution(Kind):
    """Proof P: its state machine is held by a seat's stack."""

    name = "pipeline_execution"
    verbs = ("stop",)

    def page(self, context: Context, token: str | None) -> Page:
        """ListExecutions of one machine; the token holds the number of the machine and AWS's own token."""
        machines = context.facts.physical_ids(_TYPE)
        number, more = json.loads(token) if token else (0, None)
        if number >= len(machines):
            return Page([])
        listed, more = self._ask(context, machines[number], more)
        if more is None:
            number += 1
        return Page(listed, json.dumps([number, more]) if number < len(machines) else None)

    def _ask(self, context: Context, machine: str, token: str | None) -> tuple[list[Listed], str | None]:
        more: dict[str, Any] = {"nextToken": token} if token else {}
        try:
            answer = context.clients.stepfunctions.list_executions(
                stateMachineArn=machine, statusFilter=_RUNNING, **more
            )
        except ClientError as error:
            if classify(error) is Fault.GONE:
                return [], None
            raise
        return [Listed(item["executionArn"], item["name"]) for item in answer["executions"]], answer.get("nextToken")

    def describe(self, context: Context, listed: Listed) -> Seen | None:
        """DescribeExecution."""
        try:
            answer = context.clients.stepfunctions.describe_execution(executionArn=listed.arn)
        except ClientError as error:
            if classify(error) is Fault.GONE:
                return None
            raise
        return Seen(
            kind=self.name,
            arn=answer["executionArn"],
            name=listed.name,
            created=stamp(answer["startDate"]),
            state=answer["status"],
            parent=f"state_machine/{answer['stateMachineArn']}",
        )

    def prove(self, context: Context, seen: Seen) -> Judgement:
        """The stack of its machine."""
        machine = (seen.parent or "").partition("/")[2]
        stack = context.facts.stack_of(_TYPE, machine)
        if stack and stack == context.facts.class_stack:
            return Judgement(standing="class")
        held = by_stack(context, stack)
        return judge(Evidence(proofs=tuple("P" for _ in held.proofs), attendee=held.attendee))

    def step(self, seen: Seen) -> Step:
        """Once it has ended, nothing is left to do."""
        return "stop" if seen.state == _RUNNING else "done"

    def stop(self, context: Context, seen: Seen) -> None:
        """StopExecution; a job it waits for is stopped by Step Functions."""
        cause = f"the class {context.scope.classroom} has ended"
        context.clients.stepfunctions.stop_execution(executionArn=seen.arn, error="ClassEnded", cause=cause)
