"""Tuning jobs: they make training jobs until they are stopped."""

from typing import Any

from lambdas.teardown.kinds.base import Listed, Page, stamp
from lambdas.teardown.kinds.jobs import Job
from lambdas.teardown.ownership import Seen
from lambdas.teardown.scope import Context


class HyperParameterTuningJob(Job):
    """Stopping it stops its training jobs; deleting it leaves them.

    Its name is taken from its ARN, in lower case, for that is how its training jobs name it.
    """

    name = "hyper_parameter_tuning_job"
    cloudformation_type = "AWS::SageMaker::HyperParameterTuningJob"
    verbs = ("stop", "delete")
    costs = "the instances of its training jobs, while it runs"

    def summaries(self, context: Context, **filters: Any) -> Page:  # noqa: ANN401 - members of the list call
        """ListHyperParameterTuningJobs."""
        answer = context.clients.sagemaker.list_hyper_parameter_tuning_jobs(**filters)
        arns = [item["HyperParameterTuningJobArn"] for item in answer["HyperParameterTuningJobSummaries"]]
        return Page([Listed(arn, name_in(arn)) for arn in arns], answer.get("NextToken"))

    def ask(self, context: Context, name: str) -> Seen:
        """DescribeHyperParameterTuningJob; several definitions of training jobs may have a role each."""
        answer = context.clients.sagemaker.describe_hyper_parameter_tuning_job(HyperParameterTuningJobName=name)
        alone = [answer["TrainingJobDefinition"]] if "TrainingJobDefinition" in answer else []
        roles = (definition["RoleArn"] for definition in [*alone, *answer.get("TrainingJobDefinitions", [])])
        return Seen(
            kind=self.name,
            arn=answer["HyperParameterTuningJobArn"],
            name=name_in(answer["HyperParameterTuningJobArn"]),
            created=stamp(answer["CreationTime"]),
            state=answer["HyperParameterTuningJobStatus"],
            roles=tuple(dict.fromkeys(roles)),
        )

    def stop(self, context: Context, seen: Seen) -> None:
        """StopHyperParameterTuningJob."""
        context.clients.sagemaker.stop_hyper_parameter_tuning_job(HyperParameterTuningJobName=seen.name)

    def delete(self, context: Context, seen: Seen) -> None:
        """DeleteHyperParameterTuningJob."""
        context.clients.sagemaker.delete_hyper_parameter_tuning_job(HyperParameterTuningJobName=seen.name)


def name_in(arn: str) -> str:
    """The name at the end of an ARN."""
    return arn.rpartition("/")[2]
