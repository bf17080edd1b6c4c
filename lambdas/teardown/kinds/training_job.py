"""Training jobs, those of tuning jobs among them, and the warm pools they may leave running."""

from typing import Any

from lambdas.teardown.kinds.base import After, Listed, Page, Step, stamp
from lambdas.teardown.kinds.hyper_parameter_tuning_job import HyperParameterTuningJob, name_in
from lambdas.teardown.kinds.jobs import Job
from lambdas.teardown.ownership import Seen
from lambdas.teardown.scope import Context


class TrainingJob(Job):
    """Deleted only once it has ended and holds no warm pool; its tuning job goes first, or makes another for it."""

    name = "training_job"
    cloudformation_type = "AWS::SageMaker::TrainingJob"
    after = (After(HyperParameterTuningJob.name, "parent"),)
    verbs = ("stop", "delete")
    costs = "its instances while it runs, and a warm pool after that"

    def summaries(self, context: Context, **filters: Any) -> Page:  # noqa: ANN401 - members of the list call
        """ListTrainingJobs."""
        answer = context.clients.sagemaker.list_training_jobs(**filters)
        listed = [Listed(item["TrainingJobArn"], item["TrainingJobName"]) for item in answer["TrainingJobSummaries"]]
        return Page(listed, answer.get("NextToken"))

    def ask(self, context: Context, name: str) -> Seen:
        """DescribeTrainingJob."""
        answer = context.clients.sagemaker.describe_training_job(TrainingJobName=name)
        role, tuning = answer.get("RoleArn"), answer.get("TuningJobArn")
        return Seen(
            kind=self.name,
            arn=answer["TrainingJobArn"],
            name=answer["TrainingJobName"],
            created=stamp(answer["CreationTime"]),
            state=answer["TrainingJobStatus"],
            detail=answer.get("WarmPoolStatus", {}).get("Status", ""),
            roles=(role,) if role else (),
            parent=f"{HyperParameterTuningJob.name}/{name_in(tuning)}" if tuning else None,
        )

    def step(self, seen: Seen) -> Step:
        """An idle warm pool is released by the same verb that stops a running job."""
        if seen.detail == "Available":
            return "stop"
        return "wait" if seen.detail == "InUse" else super().step(seen)

    def stop(self, context: Context, seen: Seen) -> None:
        """StopTrainingJob, or a keep-alive of zero for a pool that waits."""
        if seen.detail == "Available":
            context.clients.sagemaker.update_training_job(
                TrainingJobName=seen.name, ResourceConfig={"KeepAlivePeriodInSeconds": 0}
            )
        else:
            context.clients.sagemaker.stop_training_job(TrainingJobName=seen.name)

    def delete(self, context: Context, seen: Seen) -> None:
        """DeleteTrainingJob."""
        context.clients.sagemaker.delete_training_job(TrainingJobName=seen.name)
