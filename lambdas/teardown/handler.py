"""Entry point of the teardown: one slice of one action for the teardown state machine."""

from typing import Any

from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext
from pydantic import TypeAdapter

from classlab.contract import TeardownAnswer, TeardownRequest
from lambdas.shared.clients import Clients
from lambdas.shared.clock import Budget, Clock
from lambdas.shared.environment import TeardownEnvironment, read_environment
from lambdas.shared.telemetry import LOGGER, METRICS, TRACER
from lambdas.teardown.actions import Run, perform
from lambdas.teardown.facts import Facts
from lambdas.teardown.scope import Context, Scope

SLICE_SECONDS = 13 * 60
_RESERVED_SECONDS = 60  # for the call under way when the slice ends, and for saving
_REQUEST = TypeAdapter(TeardownRequest)
_CLIENTS = Clients()


@LOGGER.inject_lambda_context
@TRACER.capture_lambda_handler
@METRICS.log_metrics
def handler(event: dict[str, Any], context: LambdaContext) -> TeardownAnswer:
    """Validates, works until the slice's time is up, answers; raises ``LockHeld`` where another run is at work."""
    METRICS.add_metric(name="TeardownSlices", unit=MetricUnit.Count, value=1)
    request = _REQUEST.validate_python(event)
    clock = Clock()
    left = context.get_remaining_time_in_millis() / 1000 - _RESERVED_SECONDS
    environment = read_environment(TeardownEnvironment)
    answer = perform(
        Run(
            context=Context(
                clients=_CLIENTS,
                scope=scope_of(request["execution"], environment),
                facts=Facts(),
                clock=clock,
            ),
            request=request,
            boundary_arn=environment.boundary_arn,
            budget=Budget(clock=clock, seconds=min(left, SLICE_SECONDS)),
        )
    )
    if "verdict" in answer:
        METRICS.add_metric(name="TeardownNotClean", unit=MetricUnit.Count, value=int(answer["verdict"] != "CLEAN"))
    return answer


def scope_of(execution: str, environment: TeardownEnvironment) -> Scope:
    """Partition, account and region are those of the state machine that asks."""
    _, partition, _, region, account, *_ = execution.split(":")
    return Scope(
        classroom=environment.classroom,
        class_bucket=environment.class_bucket,
        partition=partition,
        account=account,
        region=region,
    )
