"""Entry point of the asset resource: whatever happens, CloudFormation gets an answer."""

from typing import Any, Literal

import urllib3
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext

from lambdas.assets import logic
from lambdas.assets.model import REASON_MAX, Answer, Request
from lambdas.shared.clients import Clients
from lambdas.shared.clock import Budget, Clock
from lambdas.shared.telemetry import LOGGER, METRICS, TRACER

_RESERVED_SECONDS = 45  # kept for one slow copy and the answer
_CLIENTS = Clients()
_HTTP = urllib3.PoolManager(
    timeout=urllib3.Timeout(10), retries=urllib3.Retry(5, backoff_factor=0.5, status_forcelist=(500, 502, 503, 504))
)
_ACCEPTED = range(200, 300)


@LOGGER.inject_lambda_context
@TRACER.capture_lambda_handler
@METRICS.log_metrics
def handler(event: dict[str, Any], context: LambdaContext) -> None:
    """Answers at the event's ResponseURL; raises only when the answer cannot be sent, so that Lambda tries again."""
    request = Request.model_validate(event)
    seconds = context.get_remaining_time_in_millis() / 1000 - _RESERVED_SECONDS
    answer = answer_to(request, Budget(clock=Clock(), seconds=seconds), _CLIENTS)
    send(request.response_url, answer)


def answer_to(request: Request, budget: Budget, clients: Clients) -> Answer:
    """SUCCESS, or FAILED with the reason; a create that failed gets an id under which nothing lies."""
    status: Literal["SUCCESS", "FAILED"] = "SUCCESS"
    reason = ""
    try:
        physical = logic.fulfil(request, s3=clients.s3, budget=budget)
    except Exception as error:  # noqa: BLE001 - an unanswered custom resource blocks its stack for an hour
        LOGGER.exception("the asset resource failed")
        status, reason = "FAILED", str(error)[:REASON_MAX]
        physical = request.physical_id or request.logical_id
    METRICS.add_metric(name="AssetRequestsFailed", unit=MetricUnit.Count, value=int(status == "FAILED"))
    return Answer(
        status=status,
        reason=reason,
        physical_id=physical,
        stack_id=request.stack_id,
        request_id=request.request_id,
        logical_id=request.logical_id,
    )


def send(url: str, answer: Answer) -> None:
    """Puts the answer where CloudFormation waits for it; the presigned URL was signed without a content type."""
    response = _HTTP.request("PUT", url, body=answer.model_dump_json(by_alias=True), headers={"Content-Type": ""})
    if response.status not in _ACCEPTED:
        raise RuntimeError(f"CloudFormation refused the answer with status {response.status}")
    LOGGER.info("answered", extra={"status": answer.status, "reason": answer.reason})
