"""Notebook instances: deleted only from Stopped or Failed, stopped only from InService."""

from datetime import timedelta
from typing import Any

from lambdas.teardown.kinds.base import Listed, Page, Step, stamp
from lambdas.teardown.kinds.sagemaker import SageMakerKind
from lambdas.teardown.ownership import Seen
from lambdas.teardown.scope import Context

_DELETABLE = frozenset({"Stopped", "Failed"})


class NotebookInstance(SageMakerKind):
    """Its volume bills even when it is stopped."""

    name = "notebook_instance"
    cloudformation_type = "AWS::SageMaker::NotebookInstance"
    verbs = ("stop", "delete")
    deadline = timedelta(minutes=20)
    costs = "its instance by the hour, and its volume even when it is stopped"

    def summaries(self, context: Context, **filters: Any) -> Page:  # noqa: ANN401 - members of the list call
        """ListNotebookInstances."""
        answer = context.clients.sagemaker.list_notebook_instances(**filters)
        notebooks = answer["NotebookInstances"]
        listed = [Listed(item["NotebookInstanceArn"], item["NotebookInstanceName"]) for item in notebooks]
        return Page(listed, answer.get("NextToken"))

    def ask(self, context: Context, name: str) -> Seen:
        """DescribeNotebookInstance."""
        answer = context.clients.sagemaker.describe_notebook_instance(NotebookInstanceName=name)
        config = answer.get("NotebookInstanceLifecycleConfigName")
        return Seen(
            kind=self.name,
            arn=answer["NotebookInstanceArn"],
            name=answer["NotebookInstanceName"],
            created=stamp(answer["CreationTime"]),
            state=answer["NotebookInstanceStatus"],
            roles=(answer["RoleArn"],) if answer.get("RoleArn") else (),
            uses=(f"notebook_lifecycle_config/{config}",) if config else (),
        )

    def step(self, seen: Seen) -> Step:
        """Every state but three is on its way to another."""
        if seen.state == "InService":
            return "stop"
        return "delete" if seen.state in _DELETABLE else "wait"

    def stop(self, context: Context, seen: Seen) -> None:
        """StopNotebookInstance."""
        context.clients.sagemaker.stop_notebook_instance(NotebookInstanceName=seen.name)

    def delete(self, context: Context, seen: Seen) -> None:
        """DeleteNotebookInstance; it is gone once Describe says so."""
        context.clients.sagemaker.delete_notebook_instance(NotebookInstanceName=seen.name)
