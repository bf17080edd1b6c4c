"""Lifecycle configurations of notebook instances."""

from typing import Any

from lambdas.teardown.kinds.base import After, Listed, Page, stamp
from lambdas.teardown.kinds.sagemaker import SageMakerKind
from lambdas.teardown.ownership import Seen
from lambdas.teardown.scope import Context


class NotebookLifecycleConfig(SageMakerKind):
    """After the notebook instances that name it."""

    name = "notebook_lifecycle_config"
    cloudformation_type = "AWS::SageMaker::NotebookInstanceLifecycleConfig"
    after = (After("notebook_instance", "user"),)

    def summaries(self, context: Context, **filters: Any) -> Page:  # noqa: ANN401 - members of the list call
        """ListNotebookInstanceLifecycleConfigs."""
        answer = context.clients.sagemaker.list_notebook_instance_lifecycle_configs(**filters)
        listed = [
            Listed(item["NotebookInstanceLifecycleConfigArn"], item["NotebookInstanceLifecycleConfigName"])
            for item in answer["NotebookInstanceLifecycleConfigs"]
        ]
        return Page(listed, answer.get("NextToken"))

    def ask(self, context: Context, name: str) -> Seen:
        """DescribeNotebookInstanceLifecycleConfig."""
        answer = context.clients.sagemaker.describe_notebook_instance_lifecycle_config(
            NotebookInstanceLifecycleConfigName=name
        )
        return Seen(
            kind=self.name,
            arn=answer["NotebookInstanceLifecycleConfigArn"],
            name=answer["NotebookInstanceLifecycleConfigName"],
            created=stamp(answer["CreationTime"]),
        )

    def delete(self, context: Context, seen: Seen) -> None:
        """DeleteNotebookInstanceLifecycleConfig."""
        context.clients.sagemaker.delete_notebook_instance_lifecycle_config(
            NotebookInstanceLifecycleConfigName=seen.name
        )
