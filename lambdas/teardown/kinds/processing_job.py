"""Processing jobs."""

from typing import Any

from lambdas.teardown.kinds.base import Listed, Page, stamp
from lambdas.teardown.kinds.jobs import Job
from lambdas.teardown.ownership import Seen
from lambdas.teardown.scope import Context


class ProcessingJob(Job):
    """Deleted once it has ended."""

    name = "processing_job"
    cloudformation_type = "AWS::SageMaker::ProcessingJob"
    verbs = ("stop", "delete")

    def summaries(self, context: Context, **filters: Any) -> Page:  # noqa: ANN401 - members of the list call
        """ListProcessingJobs."""
        answer = context.clients.sagemaker.list_processing_jobs(**filters)
        jobs = answer["ProcessingJobSummaries"]
        listed = [Listed(item["ProcessingJobArn"], item["ProcessingJobName"]) for item in jobs]
        return Page(listed, answer.get("NextToken"))

    def ask(self, context: Context, name: str) -> Seen:
        """DescribeProcessingJob."""
        answer = context.clients.sagemaker.describe_processing_job(ProcessingJobName=name)
        role = answer.get("RoleArn")
        return Seen(
            kind=self.name,
            arn=answer["ProcessingJobArn"],
            name=answer["ProcessingJobName"],
            created=stamp(answer["CreationTime"]),
            state=answer["ProcessingJobStatus"],
            roles=(role,) if role else (),
        )

    def stop(self, context: Context, seen: Seen) -> None:
        """StopProcessingJob."""
        context.clients.sagemaker.stop_processing_job(ProcessingJobName=seen.name)

    def delete(self, context: Context, seen: Seen) -> None:
        """DeleteProcessingJob."""
        context.clients.sagemaker.delete_processing_job(ProcessingJobName=seen.name)
