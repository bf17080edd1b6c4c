"""Log groups: those of endpoints and of our stacks; SageMaker's shared ones are reported and kept."""

from typing import Any

from lambdas.teardown.kinds.base import After, Kind, Listed, Page
from lambdas.teardown.kinds.log_times import moment
from lambdas.teardown.kinds.proofs import by_memory, by_stack
from lambdas.teardown.ownership import Evidence, Judgement, Seen, by_name, judge
from lambdas.teardown.scope import Context

SHARED = {
    "/aws/sagemaker/TrainingJobs": "training_job",
    "/aws/sagemaker/ProcessingJobs": "processing_job",
    "/aws/sagemaker/TransformJobs": "transform_job",
    "/aws/sagemaker/NotebookInstances": "notebook_instance",
}
ENDPOINTS = "/aws/sagemaker/Endpoints/"
_TYPE = "AWS::Logs::LogGroup"


class LogGroup(Kind):
    """Proofs: S, or the proven endpoint whose name it bears, if it is not older than that."""

    name = "log_group"
    after = (After("endpoint", "parent"),)
    costs = "its storage"

    def page(self, context: Context, token: str | None) -> Page:
        """DescribeLogGroups."""
        more: dict[str, Any] = {"nextToken": token} if token else {}
        answer = context.clients.logs.describe_log_groups(limit=50, **more)
        names = [group["logGroupName"] for group in answer["logGroups"]]
        return Page([Listed(_arn(context, name), name) for name in names], answer.get("nextToken"))

    def describe(self, context: Context, listed: Listed) -> Seen | None:
        """DescribeLogGroups by prefix, and of these the exact name."""
        paginator = context.clients.logs.get_paginator("describe_log_groups")
        for page in paginator.paginate(logGroupNamePrefix=listed.name):
            for group in page["logGroups"]:
                if group["logGroupName"] == listed.name:
                    return self._seen(listed, group["creationTime"])
        return None

    def _seen(self, listed: Listed, created: int) -> Seen:
        of_endpoint = listed.name.startswith(ENDPOINTS)
        parent = f"endpoint/{listed.name.removeprefix(ENDPOINTS)}" if of_endpoint else None
        return Seen(kind=self.name, arn=listed.arn, name=listed.name, created=moment(created), parent=parent)

    def prove(self, context: Context, seen: Seen) -> Judgement:
        """Its stack or its endpoint."""
        facts = context.facts
        if seen.name in SHARED:
            return Judgement(standing="shared", why="SageMaker keeps one for the whole account; others write to it too")
        stack = facts.stack_of(_TYPE, seen.name)
        if stack and stack == facts.class_stack:
            return Judgement(standing="class")
        parent = facts.parent_of(seen.parent, seen.created) if seen.parent else None
        endpoint = Evidence(proofs=("P",), attendee=parent.attendee) if parent else Evidence()
        name = seen.name.rpartition("/")[2]
        resemblance = by_name(seen.name, resembles=context.scope.resembles(name))
        return judge(by_stack(context, stack) + endpoint + by_memory(context, seen) + resemblance)

    def delete(self, context: Context, seen: Seen) -> None:
        """DeleteLogGroup."""
        context.clients.logs.delete_log_group(logGroupName=seen.name)


def _arn(context: Context, name: str) -> str:
    return context.scope.arn("logs", f"log-group:{name}")
