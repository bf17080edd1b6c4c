"""Real-time endpoints: they bill until they are deleted."""

from datetime import timedelta
from typing import Any

from lambdas.teardown.kinds.base import Listed, Page, Step, stamp
from lambdas.teardown.kinds.hosting import roles_of_config
from lambdas.teardown.kinds.sagemaker import SageMakerKind
from lambdas.teardown.ownership import Seen
from lambdas.teardown.scope import Context

_BUSY = frozenset({"Creating", "Updating", "SystemUpdating", "RollingBack", "Deleting"})


class Endpoint(SageMakerKind):
    """Refused while it is in progress; its roles are those of its models."""

    name = "endpoint"
    cloudformation_type = "AWS::SageMaker::Endpoint"
    deadline = timedelta(minutes=30)
    costs = "its instances, by the hour"

    def summaries(self, context: Context, **filters: Any) -> Page:  # noqa: ANN401 - members of the list call
        """ListEndpoints."""
        answer = context.clients.sagemaker.list_endpoints(**filters)
        listed = [Listed(item["EndpointArn"], item["EndpointName"]) for item in answer["Endpoints"]]
        return Page(listed, answer.get("NextToken"))

    def ask(self, context: Context, name: str) -> Seen:
        """DescribeEndpoint."""
        answer = context.clients.sagemaker.describe_endpoint(EndpointName=name)
        config = answer.get("EndpointConfigName")
        return Seen(
            kind=self.name,
            arn=answer["EndpointArn"],
            name=answer["EndpointName"],
            created=stamp(answer["CreationTime"]),
            state=answer["EndpointStatus"],
            uses=(f"endpoint_config/{config}",) if config else (),
        )

    def roles(self, context: Context, seen: Seen) -> tuple[str, ...]:
        """Along endpoint → configuration → model; a link that is gone says nothing."""
        configs = [key.partition("/")[2] for key in seen.uses]
        return tuple(role for config in configs for role in roles_of_config(context, config))

    def step(self, seen: Seen) -> Step:
        """In progress: wait."""
        return "wait" if seen.state in _BUSY else "delete"

    def delete(self, context: Context, seen: Seen) -> None:
        """DeleteEndpoint; it is gone once Describe says so."""
        context.clients.sagemaker.delete_endpoint(EndpointName=seen.name)
