"""The deployed teardown as the instructor sees it: its executions, its report, its plan.

Nothing here deletes anything; the state machine does, started by the schedule.
"""

import json
from collections.abc import Callable
from datetime import datetime
from typing import Any

from botocore.exceptions import ClientError

from classlab.aws import Aws, code_of
from classlab.contract import TEARDOWN_REPORT_KEY, ClassroomOutput, TeardownInput, plan_key
from classlab.errors import UserError
from classlab.reporting.report import TeardownReport
from classlab.stacks import Stack
from classlab.waiting import Patience, WaitedTooLongError

NOT_CLEAN = "TeardownNotClean"  # how the state machine fails where it has reported another verdict than CLEAN


def wait_for_execution(
    aws: Aws, stack: Stack, *, since: datetime, patience: Patience, tick: Callable[[], None] = lambda: None
) -> str:
    """Wait until an execution started at or after `since` has ended; returns its ARN. `tick` is called now and then.

    Raises :class:`WaitedTooLongError` where none starts or ends in time, :class:`UserError` where it failed without a
    report.
    """
    machine = stack.output(ClassroomOutput.TEARDOWN_MACHINE)
    for _ in patience.rounds():
        newest = aws.stepfunctions.list_executions(stateMachineArn=machine, maxResults=10)["executions"]
        started = [execution for execution in newest if execution["startDate"] >= since]
        if started and started[0]["status"] != "RUNNING":
            return _ended_well(aws, started[0]["executionArn"])
        tick()
    raise WaitedTooLongError(
        f"no teardown ended within {patience.seconds:.0f} seconds: look at the executions of {machine}, and where "
        "there is none at the schedule's dead-letter queue"
    )


def dry_run(aws: Aws, stack: Stack, patience: Patience) -> dict[str, Any]:
    """Let the deployed teardown plan, without changing anything; returns the plan."""
    machine = stack.output(ClassroomOutput.TEARDOWN_MACHINE)
    given = TeardownInput(reason="instructor", dry_run=True)
    execution = aws.stepfunctions.start_execution(stateMachineArn=machine, input=json.dumps(given))["executionArn"]
    for _ in patience.rounds():
        if aws.stepfunctions.describe_execution(executionArn=execution)["status"] != "RUNNING":
            break
    _ended_well(aws, execution)
    plan = _read(aws, stack, plan_key(execution.rpartition(":")[2]))
    if plan is None:
        raise UserError(f"the execution {execution} wrote no plan")
    return plan


def report(aws: Aws, stack: Stack) -> TeardownReport | None:
    """The latest teardown's report, or None where none was written."""
    document = _read(aws, stack, TEARDOWN_REPORT_KEY)
    return None if document is None else TeardownReport.model_validate(document)


def _ended_well(aws: Aws, execution: str) -> str:
    description = aws.stepfunctions.describe_execution(executionArn=execution)
    if description["status"] == "RUNNING":
        raise WaitedTooLongError(f"the execution {execution} is still running")
    if description["status"] != "SUCCEEDED" and description.get("error") != NOT_CLEAN:
        why = ": ".join(word for word in (description.get("error", ""), description.get("cause", "")) if word)
        raise UserError(f"the teardown ended {description['status']}: {why}; see the execution {execution}")
    return execution


def _read(aws: Aws, stack: Stack, key: str) -> dict[str, Any] | None:
    try:
        body = aws.s3.get_object(Bucket=stack.output(ClassroomOutput.BUCKET), Key=key)["Body"].read()
    except ClientError as error:
        if code_of(error) in ("NoSuchKey", "404"):
            return None
        raise
    document: dict[str, Any] = json.loads(body)
    return document
