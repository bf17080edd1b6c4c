"""Endpoint configurations."""

from typing import Any

from lambdas.teardown.kinds.base import After, Listed, Page, stamp
from lambdas.teardown.kinds.hosting import models_of, roles_of_config
from lambdas.teardown.kinds.sagemaker import SageMakerKind
from lambdas.teardown.ownership import Seen
from lambdas.teardown.scope import Context


class EndpointConfig(SageMakerKind):
    """Not while an endpoint uses it: AWS would allow that, and leave an endpoint that cannot be updated."""

    name = "endpoint_config"
    cloudformation_type = "AWS::SageMaker::EndpointConfig"
    after = (After("endpoint", "user"),)

    def summaries(self, context: Context, **filters: Any) -> Page:  # noqa: ANN401 - members of the list call
        """ListEndpointConfigs."""
        answer = context.clients.sagemaker.list_endpoint_configs(**filters)
        listed = [Listed(item["EndpointConfigArn"], item["EndpointConfigName"]) for item in answer["EndpointConfigs"]]
        return Page(listed, answer.get("NextToken"))

    def ask(self, context: Context, name: str) -> Seen:
        """DescribeEndpointConfig."""
        answer = context.clients.sagemaker.describe_endpoint_config(EndpointConfigName=name)
        return Seen(
            kind=self.name,
            arn=answer["EndpointConfigArn"],
            name=answer["EndpointConfigName"],
            created=stamp(answer["CreationTime"]),
            uses=tuple(f"model/{model}" for model in models_of(answer)),
        )

    def roles(self, context: Context, seen: Seen) -> tuple[str, ...]:
        """Those of its models."""
        return roles_of_config(context, seen.name)

    def delete(self, context: Context, seen: Seen) -> None:
        """DeleteEndpointConfig."""
        context.clients.sagemaker.delete_endpoint_config(EndpointConfigName=seen.name)
