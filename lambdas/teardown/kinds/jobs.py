"""What training, processing, transform and tuning jobs have in common."""

from datetime import datetime, timedelta
from typing import Any

from lambdas.teardown.kinds.base import Page, Step
from lambdas.teardown.kinds.sagemaker import SageMakerKind
from lambdas.teardown.ownership import Seen
from lambdas.teardown.scope import Context

FINAL = frozenset({"Completed", "Failed", "Stopped"})
LOOK_BACK = timedelta(days=30)  # before the class began; no job runs longer, and accounts keep their jobs for ever


class Job(SageMakerKind):
    """Runs once: stop it, wait for its end, then delete it where SageMaker can."""

    deadline = timedelta(minutes=20)
    costs = "its instances, while it runs"

    def page(self, context: Context, token: str | None) -> Page:
        """One page of the jobs that the class can have begun."""
        since: dict[str, Any] = {}
        if context.facts.class_created:
            since["CreationTimeAfter"] = datetime.fromisoformat(context.facts.class_created) - LOOK_BACK
        more = {"NextToken": token} if token else {}
        return self.summaries(context, MaxResults=100, **since, **more)

    def step(self, seen: Seen) -> Step:
        """Running: stop; ending: wait."""
        if seen.state == "InProgress":
            return "stop"
        return "delete" if seen.state in FINAL else "wait"
