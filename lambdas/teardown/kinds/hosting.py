"""The chain endpoint → endpoint configuration → model → role, asked link by link."""

from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from lambdas.shared.faults import Fault, classify, code
from lambdas.teardown.scope import Context

if TYPE_CHECKING:
    from mypy_boto3_sagemaker.type_defs import DescribeEndpointConfigOutputTypeDef


def models_of(config: "DescribeEndpointConfigOutputTypeDef") -> tuple[str, ...]:
    """Names of the models a configuration serves, shadow variants included."""
    variants = [*config["ProductionVariants"], *config.get("ShadowProductionVariants", [])]
    return tuple(variant["ModelName"] for variant in variants if "ModelName" in variant)


def roles_of_config(context: Context, name: str) -> tuple[str, ...]:
    """ARNs of the roles a configuration's models act under, and its own; none where it is gone."""
    try:
        config = context.clients.sagemaker.describe_endpoint_config(EndpointConfigName=name)
    except ClientError as error:
        _raise_unless_gone(error)
        return ()
    own = (config["ExecutionRoleArn"],) if config.get("ExecutionRoleArn") else ()
    return own + tuple(role for model in models_of(config) for role in roles_of_model(context, model))


def roles_of_model(context: Context, name: str) -> tuple[str, ...]:
    """ARN of a model's role; none where the model is gone or has none."""
    try:
        model = context.clients.sagemaker.describe_model(ModelName=name)
    except ClientError as error:
        _raise_unless_gone(error)
        return ()
    return (model["ExecutionRoleArn"],) if model.get("ExecutionRoleArn") else ()


def _raise_unless_gone(error: ClientError) -> None:
    """A link that cannot be described proves nothing, so that a refusal may pass for a missing one."""
    if classify(error) is not Fault.GONE and code(error) != "ValidationException":
        raise error
