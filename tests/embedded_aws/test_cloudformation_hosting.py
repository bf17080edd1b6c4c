"""Stacks that host a model: Model, EndpointConfig and Endpoint, made, changed and deleted as CloudFormation does."""

from __future__ import annotations

from typing import Any

import pytest

from tests.embedded_aws.account import Account, Stack, Template
from tests.embedded_aws.bench import SCIKIT_LEARN, Bench, archive, bench
from tests.embedded_aws.stack_templates import get, resource, template

TIMES = """
    def model_fn(folder):
        return float(open(f"{folder}/factor.txt").read())

    def predict_fn(data, model):
        return data * model
"""
OUTPUTS = {
    f"{name}{shown}": value
    for name in ("Model", "EndpointConfig", "Endpoint")
    for shown, value in (("Arn", {"Ref": name}), ("Name", get(name, f"{name}Name")))
}


CAPTURE = {
    "InitialSamplingPercentage": "100",
    "DestinationS3Uri": "s3://bucket/captured",
    "CaptureOptions": [{"CaptureMode": "Input"}],
}


@pytest.fixture(scope="module")
def at(account: Account) -> Bench:
    return bench(account)


def hosting(at: Bench, factor: int, weight: float = 1, /, **more: dict[str, Any]) -> Template:
    """A template that serves a multiplication; `more` has further properties by resource."""
    code = archive(code__infer_py=TIMES, factor_txt=str(factor))
    data = at.put(f"times-{factor}/model.tar.gz", code)
    container = {"Image": SCIKIT_LEARN, "ModelDataUrl": data, "Environment": {"SAGEMAKER_PROGRAM": "infer.py"}}
    variant = {"VariantName": "only", "ModelName": get("Model", "ModelName"), "InstanceType": "ml.m5.large"}
    # CloudFormation takes numbers as text too.
    variants = [{**variant, "InitialInstanceCount": "1", "InitialVariantWeight": weight}]
    config = get("EndpointConfig", "EndpointConfigName")
    given: dict[str, dict[str, Any]] = {
        "Model": {"ExecutionRoleArn": at.role, "PrimaryContainer": container},
        "EndpointConfig": {"ProductionVariants": variants},
        "Endpoint": {"EndpointConfigName": config},
    }
    kinds = {name: resource(f"SageMaker::{name}", **props, **more.get(name, {})) for name, props in given.items()}
    return template(OUTPUTS, **kinds)


def described(at: Bench, stack: Stack) -> dict[str, Any]:
    """The stack's endpoint."""
    found: dict[str, Any] = at.sagemaker.describe_endpoint(EndpointName=stack.outputs["EndpointName"])
    return found


def answer(at: Bench, stack: Stack) -> str:
    """What the stack's endpoint makes of 3."""
    runtime = at.account.client("sagemaker-runtime")
    name = stack.outputs["EndpointName"]
    body: bytes = runtime.invoke_endpoint(EndpointName=name, Body="3", ContentType="text/csv")["Body"].read()
    return body.decode()


def ends(at: Bench, stack: Stack, status: str) -> list[str]:
    """Which resources of the stack came to this status, in the order they did."""
    events = at.account.client("cloudformation").describe_stack_events(StackName=stack.stack_id)["StackEvents"]
    return [event["LogicalResourceId"] for event in reversed(events) if event["ResourceStatus"] == status]


def left(at: Bench, stack: Stack) -> list[str]:
    """What SageMaker still has of the stack."""
    calls = {"Endpoints": "list_endpoints", "EndpointConfigs": "list_endpoint_configs", "Models": "list_models"}
    found = [getattr(at.sagemaker, call)(NameContains=stack.name)[kind] for kind, call in calls.items()]
    return [str(item) for items in found for item in items]


def test_an_endpoint_is_in_service_when_its_stack_is_complete_and_all_go_with_it(at: Bench) -> None:
    """Of the three only a model gets CloudFormation's own tags (`cloudFormationSystemTags` of their schemas)."""
    stack = at.account.deploy(hosting(at, 2), Tags=[{"Key": "class", "Value": "one"}])
    assert stack.status == "CREATE_COMPLETE", stack.reasons
    endpoint = described(at, stack)
    assert endpoint["EndpointStatus"] == "InService"
    assert endpoint["EndpointArn"] == stack.outputs["EndpointArn"]
    assert endpoint["EndpointConfigName"] == stack.outputs["EndpointConfigName"]
    assert answer(at, stack) == "[[6.0]]"
    for kind in ("Model", "EndpointConfig", "Endpoint"):
        arn, name = stack.outputs[f"{kind}Arn"], stack.outputs[f"{kind}Name"]
        assert arn.endswith(f"/{name.lower()}")
        tags = {tag["Key"]: tag["Value"] for tag in at.sagemaker.list_tags(ResourceArn=arn)["Tags"]}
        own = "Model" if kind == "Model" else None
        assert (tags["class"], tags.get("aws:cloudformation:logical-id")) == ("one", own)
    made = [name for name in ends(at, stack, "CREATE_COMPLETE") if name != stack.name]
    assert made == ["Model", "EndpointConfig", "Endpoint"]
    gone = at.account.destroy(stack)
    assert gone.status == "DELETE_COMPLETE", gone.reasons
    deleted = [name for name in ends(at, stack, "DELETE_COMPLETE") if name != stack.name]
    assert deleted == ["Endpoint", "EndpointConfig", "Model"]
    assert left(at, stack) == []


def test_a_changed_configuration_is_replaced_and_the_endpoint_updated(at: Bench) -> None:
    stack = at.account.deploy(hosting(at, 2))
    before = described(at, stack)
    updated = at.account.deploy(hosting(at, 5, 2), StackName=stack.name)
    assert updated.status == "UPDATE_COMPLETE", updated.reasons
    after = described(at, updated)
    assert after["CreationTime"] == before["CreationTime"]
    assert after["EndpointStatus"] == "InService"
    assert after["EndpointConfigName"] == updated.outputs["EndpointConfigName"] != before["EndpointConfigName"]
    assert answer(at, updated) == "[[15.0]]"
    replaced = {kind for kind in ("Model", "EndpointConfig") if stack.outputs[f"{kind}Arn"] in left(at, updated)}
    assert replaced == set()
    assert len(left(at, updated)) == 3
    assert at.account.destroy(updated).status == "DELETE_COMPLETE"
    assert left(at, updated) == []


def test_an_endpoint_that_does_not_come_up_rolls_its_stack_back(at: Bench) -> None:
    wanted = hosting(at, 2)
    data = at.put("broken/model.tar.gz", archive(code__infer_py="raise SystemExit"))
    wanted["Resources"]["Model"]["Properties"]["PrimaryContainer"]["ModelDataUrl"] = data
    stack = at.account.deploy(wanted)
    assert stack.status == "ROLLBACK_COMPLETE"
    assert "did not pass the ping health check" in stack.reasons["Endpoint"]
    assert left(at, stack) == []


@pytest.mark.parametrize("kind", ["Model", "EndpointConfig", "Endpoint"])
def test_a_property_that_aws_does_not_have_is_refused(at: Bench, kind: str) -> None:
    stack = at.account.deploy(hosting(at, 2, **{kind: {"Colour": "blue"}}), DisableValidation=True)
    assert stack.status == "ROLLBACK_COMPLETE"
    assert "extraneous key [Colour]" in stack.reasons[kind]
    assert left(at, stack) == []


NOT_DONE: list[tuple[str, dict[str, Any]]] = [
    ("Model", {"EnableNetworkIsolation": "true"}),
    ("EndpointConfig", {"DataCaptureConfig": CAPTURE}),
    ("Endpoint", {"DeploymentConfig": {"AutoRollbackConfiguration": {"Alarms": [{"AlarmName": "slow"}]}}}),
]


@pytest.mark.parametrize(("kind", "given"), NOT_DONE)
def test_a_property_that_is_not_done_here_is_refused_by_name(at: Bench, kind: str, given: dict[str, Any]) -> None:
    stack = at.account.deploy(hosting(at, 2, **{kind: given}))
    assert next(iter(given)) in stack.reasons[kind]
    assert "is not implemented by the embedded AWS" in stack.reasons[kind]
    assert left(at, stack) == []


def test_an_update_ignores_no_property_either(at: Bench) -> None:
    stack = at.account.deploy(hosting(at, 2))
    unknown: list[tuple[str, dict[str, Any]]] = [
        (kind, {"Colour": "blue"}) for kind in ("Model", "EndpointConfig", "Endpoint")
    ]
    for kind, given in [*NOT_DONE, *unknown]:
        refused = at.account.deploy(hosting(at, 2, **{kind: given}), StackName=stack.name, DisableValidation=True)
        assert refused.status == "UPDATE_ROLLBACK_COMPLETE", (kind, given)
        assert next(iter(given)) in refused.reasons[kind]
        assert refused.outputs == stack.outputs
    assert answer(at, stack) == "[[6.0]]"
    at.account.destroy(stack)
    assert left(at, stack) == []
