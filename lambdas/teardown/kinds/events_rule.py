"""The rules that Step Functions makes for jobs it waits for: one set for the account, reported and kept."""

from typing import Any

from botocore.exceptions import ClientError

from lambdas.shared.faults import Fault, classify
from lambdas.teardown.kinds.base import Kind, Listed, Page, Step
from lambdas.teardown.ownership import Judgement, Seen
from lambdas.teardown.scope import Context

_PREFIX = "StepFunctionsGetEventsForSageMaker"


class EventsRule(Kind):
    """Every state machine of the account that waits for a job needs them."""

    name = "events_rule"
    verbs = ()
    keeps = "Step Functions keeps one for the whole account; it costs nothing"

    def page(self, context: Context, token: str | None) -> Page:
        """ListRules by prefix."""
        more: dict[str, Any] = {"NextToken": token} if token else {}
        answer = context.clients.events.list_rules(NamePrefix=_PREFIX, **more)
        return Page([Listed(rule["Arn"], rule["Name"]) for rule in answer["Rules"]], answer.get("NextToken"))

    def describe(self, context: Context, listed: Listed) -> Seen | None:
        """DescribeRule; EventBridge does not tell when a rule was made."""
        try:
            context.clients.events.describe_rule(Name=listed.name)
        except ClientError as error:
            if classify(error) is Fault.GONE:
                return None
            raise
        return Seen(kind=self.name, arn=listed.arn, name=listed.name, created="")

    def prove(self, context: Context, seen: Seen) -> Judgement:  # noqa: ARG002 - nobody's, whoever asks
        """Shared, whoever caused it."""
        return Judgement(standing="shared", why=self.keeps)

    def step(self, seen: Seen) -> Step:  # noqa: ARG002 - the same for all
        """Never deleted."""
        return "keep"
