"""Models: only their metadata; the artifacts lie in a bucket."""

from typing import Any

from lambdas.teardown.kinds.base import After, Listed, Page, stamp
from lambdas.teardown.kinds.sagemaker import SageMakerKind
from lambdas.teardown.ownership import Seen
from lambdas.teardown.scope import Context


class Model(SageMakerKind):
    """After what serves or transforms with it: they prove their owner by its role."""

    name = "model"
    cloudformation_type = "AWS::SageMaker::Model"
    after = (After("endpoint_config", "user"), After("transform_job", "user"))

    def summaries(self, context: Context, **filters: Any) -> Page:  # noqa: ANN401 - members of the list call
        """ListModels."""
        answer = context.clients.sagemaker.list_models(**filters)
        listed = [Listed(item["ModelArn"], item["ModelName"]) for item in answer["Models"]]
        return Page(listed, answer.get("NextToken"))

    def ask(self, context: Context, name: str) -> Seen:
        """DescribeModel."""
        answer = context.clients.sagemaker.describe_model(ModelName=name)
        role = answer.get("ExecutionRoleArn")
        return Seen(
            kind=self.name,
            arn=answer["ModelArn"],
            name=answer["ModelName"],
            created=stamp(answer["CreationTime"]),
            roles=(role,) if role else (),
        )

    def delete(self, context: Context, seen: Seen) -> None:
        """DeleteModel."""
        context.clients.sagemaker.delete_model(ModelName=seen.name)
