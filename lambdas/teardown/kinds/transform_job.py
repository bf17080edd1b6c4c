"""Batch transform jobs: SageMaker has no call that deletes them."""

from typing import Any

from lambdas.teardown.kinds.base import Listed, Page, Step, stamp
from lambdas.teardown.kinds.hosting import roles_of_model
from lambdas.teardown.kinds.jobs import FINAL, Job
from lambdas.teardown.ownership import Seen
from lambdas.teardown.scope import Context


class TransformJob(Job):
    """Stopped if it runs; its record stays, and costs nothing. It acts under its model's role."""

    name = "transform_job"
    cloudformation_type = "AWS::SageMaker::TransformJob"
    verbs = ("stop", "keep")
    keeps = "SageMaker cannot delete a transform job; it has ended and costs nothing"

    def summaries(self, context: Context, **filters: Any) -> Page:  # noqa: ANN401 - members of the list call
        """ListTransformJobs."""
        answer = context.clients.sagemaker.list_transform_jobs(**filters)
        jobs = answer["TransformJobSummaries"]
        listed = [Listed(item["TransformJobArn"], item["TransformJobName"]) for item in jobs]
        return Page(listed, answer.get("NextToken"))

    def ask(self, context: Context, name: str) -> Seen:
        """DescribeTransformJob."""
        answer = context.clients.sagemaker.describe_transform_job(TransformJobName=name)
        return Seen(
            kind=self.name,
            arn=answer["TransformJobArn"],
            name=answer["TransformJobName"],
            created=stamp(answer["CreationTime"]),
            state=answer["TransformJobStatus"],
            uses=(f"model/{answer['ModelName']}",),
        )

    def roles(self, context: Context, seen: Seen) -> tuple[str, ...]:
        """Its model's."""
        models = [key.partition("/")[2] for key in seen.uses]
        return tuple(role for model in models for role in roles_of_model(context, model))

    def step(self, seen: Seen) -> Step:
        """Once it has ended, nothing can be done."""
        return "keep" if seen.state in FINAL else super().step(seen)

    def stop(self, context: Context, seen: Seen) -> None:
        """StopTransformJob."""
        context.clients.sagemaker.stop_transform_job(TransformJobName=seen.name)
