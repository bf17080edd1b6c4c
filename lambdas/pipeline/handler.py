"""Entry point of the gate: called by a lab's state machine between training and model."""

from typing import Any

from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext
from pydantic import TypeAdapter, ValidationError

from classlab.contract import GateAnswer, GateRequest
from lambdas.pipeline.logic import BadEvaluation, judge
from lambdas.shared.clients import Clients
from lambdas.shared.telemetry import LOGGER, METRICS, TRACER

_REQUEST = TypeAdapter(GateRequest)
_CLIENTS = Clients()


@LOGGER.inject_lambda_context
@TRACER.capture_lambda_handler
@METRICS.log_metrics
def handler(event: dict[str, Any], _context: LambdaContext) -> GateAnswer:
    """The gate's verdict and every validation metric; raises :class:`BadEvaluation` with what is wrong and where."""
    METRICS.add_metric(name="GatesAsked", unit=MetricUnit.Count, value=1)
    try:
        request = _REQUEST.validate_python(event)
    except ValidationError as error:
        raise BadEvaluation(f"the gate was called wrongly: {error}") from error
    answer = judge(request, s3=_CLIENTS.s3)
    METRICS.add_metric(name="GatePassed", unit=MetricUnit.Count, value=int(answer["gate"]["passed"]))
    LOGGER.info("judged", extra={"gate": answer["gate"]})
    return answer
