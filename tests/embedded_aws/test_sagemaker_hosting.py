"""Models, endpoint configurations and endpoints: references, states, updates and who answers."""

from __future__ import annotations

import pytest

from embedded_aws.sagemaker import endpoints, models
from embedded_aws.sagemaker.control_plane import Invocation, Response
from embedded_aws.sagemaker.errors import AwsError
from embedded_aws.sagemaker.kinds import ENDPOINT, MODEL
from tests.embedded_aws.sagemaker_stubs import (
    ACCOUNT,
    IMAGE,
    REGION,
    ROLE,
    Params,
    Stand,
    a_model,
    hosted,
    stand,
    variant,
)
from tests.embedded_aws.waiting import eventually

ARN = f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:"
SOURCE = {"S3Uri": "s3://b/k", "S3DataType": "S3Object", "CompressionType": "Gzip"}
DATA = {"ModelDataUrl": "s3://b/k", "ModelDataSource": {"S3DataSource": SOURCE}}
IN_PROGRESS = ("ValidationException", f'Cannot update in-progress endpoint "{ARN}endpoint/endpoint".')


@pytest.fixture
def at() -> Stand:
    """An endpoint in Creating."""
    return hosted(stand())


def error(at: Stand, action: str, **params: object) -> tuple[str, str]:
    with pytest.raises(AwsError) as caught:
        at(action, **params)
    return caught.value.code, caught.value.message


def status(at: Stand) -> str:
    return str(at("DescribeEndpoint", EndpointName="endpoint")["EndpointStatus"])


def invoke(at: Stand, target: str | None = None) -> tuple[str, Response]:
    return endpoints.invoke(
        at.plane, "endpoint", Invocation(body=b"1,2", content_type="text/csv", target_variant=target)
    )


@pytest.mark.parametrize(
    ("noun", "words", "arn_type"),
    [
        ("Model", "model", "model"),
        ("EndpointConfig", "endpoint configuration", "endpoint-config"),
        ("Endpoint", "endpoint", "endpoint"),
    ],
)
def test_what_is_not_there(noun: str, words: str, arn_type: str) -> None:
    for verb in ("Describe", "Delete"):
        assert error(stand(), f"{verb}{noun}", **{f"{noun}Name": "None-1"}) == (
            "ValidationException",
            f'Could not find {words} "{ARN}{arn_type}/none-1".',
        )


def test_doubled_names(at: Stand) -> None:
    assert (
        error(at, "CreateModel", **a_model("Model"))[1] == f'Cannot create already existing model "{ARN}model/model".'
    )
    config = {"EndpointConfigName": "config", "ProductionVariants": [variant()]}
    assert error(at, "CreateEndpointConfig", **config)[1] == (
        f'Cannot create already existing endpoint configuration "{ARN}endpoint-config/config".'
    )
    assert error(at, "CreateEndpoint", EndpointName="endpoint", EndpointConfigName="config")[1] == (
        f'Cannot create already existing endpoint "{ARN}endpoint/endpoint".'
    )


def test_dangling_references(at: Stand) -> None:
    config = {"EndpointConfigName": "other", "ProductionVariants": [variant(model="none")]}
    assert error(at, "CreateEndpointConfig", **config)[1] == f'Could not find model "{ARN}model/none".'
    assert error(at, "CreateEndpoint", EndpointName="other", EndpointConfigName="none")[1] == (
        f'Could not find endpoint configuration "{ARN}endpoint-config/none".'
    )


def test_an_endpoint_of_a_deleted_model_is_refused(at: Stand) -> None:
    at("DeleteModel", ModelName="model")
    assert error(at, "CreateEndpoint", EndpointName="other", EndpointConfigName="config")[1] == (
        f'Could not find model "{ARN}model/model".'
    )


@pytest.mark.parametrize(
    ("params", "text"),
    [
        (a_model(Containers=[{"Image": IMAGE}]), "Exactly one of PrimaryContainer and Containers"),
        ({"ModelName": "m", "ExecutionRoleArn": ROLE}, "Exactly one of PrimaryContainer and Containers"),
        (a_model(PrimaryContainer={"ModelDataUrl": "s3://b/k"}), "Image must be provided"),
        (a_model(PrimaryContainer={"Image": IMAGE, **DATA}), "Only one of ModelDataUrl and ModelDataSource"),
        ({"ModelName": "m", "PrimaryContainer": {"Image": IMAGE}}, "ExecutionRoleArn must be provided"),
    ],
)
def test_what_a_model_cannot_do_without(params: Params, text: str) -> None:
    assert text in error(stand(), "CreateModel", **params)[1]


def test_one_container_in_a_list_is_a_model() -> None:
    at = stand()
    at("CreateModel", ModelName="model", ExecutionRoleArn=ROLE, Containers=[{"Image": IMAGE}])
    assert models.container(at.plane.record(MODEL, "model"))["Image"] == IMAGE
    assert "PrimaryContainer" not in at("DescribeModel", ModelName="model")


@pytest.mark.parametrize(
    ("variants", "text"),
    [
        ([variant(), variant()], "Variant names must be unique"),
        ([{key: value for key, value in variant().items() if key != "InstanceType"}], "InstanceType must be provided"),
        ([{key: value for key, value in variant().items() if key != "ModelName"}], "inference components"),
        ([variant(InitialVariantWeight=0)], "greater than 0"),
    ],
)
def test_what_a_configuration_cannot_be(variants: list[Params], text: str) -> None:
    at = stand()
    at("CreateModel", **a_model())
    assert text in error(at, "CreateEndpointConfig", EndpointConfigName="c", ProductionVariants=variants)[1]


def test_an_endpoint_comes_into_service(at: Stand) -> None:
    creating = at("DescribeEndpoint", EndpointName="endpoint")
    assert (creating["EndpointStatus"], creating["EndpointConfigName"]) == ("Creating", "config")
    assert "ProductionVariants" not in creating
    at.runtime.finish()
    serving = at("DescribeEndpoint", EndpointName="endpoint")
    assert serving["EndpointStatus"] == "InService"
    (shown,) = serving["ProductionVariants"]
    assert (shown["VariantName"], shown["CurrentWeight"], shown["CurrentInstanceCount"]) == ("AllTraffic", 1.0, 1)
    assert shown["DeployedImages"][0]["SpecifiedImage"] == IMAGE


def test_an_endpoint_in_creating_is_left_alone(at: Stand) -> None:
    weights = [{"VariantName": "AllTraffic", "DesiredWeight": 2}]
    assert error(at, "DeleteEndpoint", EndpointName="endpoint") == IN_PROGRESS
    assert error(at, "UpdateEndpoint", EndpointName="endpoint", EndpointConfigName="config") == IN_PROGRESS
    assert error(
        at, "UpdateEndpointWeightsAndCapacities", EndpointName="endpoint", DesiredWeightsAndCapacities=weights
    ) == (IN_PROGRESS)


def test_delete(at: Stand) -> None:
    at.runtime.finish()
    at("DeleteEndpoint", EndpointName="endpoint")
    assert status(at) == "Deleting"
    assert error(at, "DeleteEndpoint", EndpointName="endpoint") == IN_PROGRESS
    at.runtime.finish()
    assert error(at, "DescribeEndpoint", EndpointName="endpoint")[1] == (
        f'Could not find endpoint "{ARN}endpoint/endpoint".'
    )


def test_a_configuration_and_a_model_can_go_before_their_endpoint(at: Stand) -> None:
    """AWS warns of it and does it; the endpoint serves on."""
    at.runtime.finish()
    at("DeleteEndpointConfig", EndpointConfigName="config")
    at("DeleteModel", ModelName="model")
    assert invoke(at)[0] == "AllTraffic"


def test_a_failed_endpoint_can_only_be_deleted(at: Stand) -> None:
    record = at.plane.record(ENDPOINT, "endpoint")
    at.plane.transition(ENDPOINT, record, "Failed", FailureReason="no ping")
    assert at("DescribeEndpoint", EndpointName="endpoint")["FailureReason"] == "no ping"
    assert "in status Failed" in error(at, "UpdateEndpoint", EndpointName="endpoint", EndpointConfigName="config")[1]
    assert error(at, "CreateEndpoint", EndpointName="endpoint", EndpointConfigName="config")[0] == "ValidationException"
    at.done("DeleteEndpoint", EndpointName="endpoint")
    at("CreateEndpoint", EndpointName="endpoint", EndpointConfigName="config")


def second_config(at: Stand) -> None:
    at.runtime.finish()
    both = [variant("blue", InitialVariantWeight=3), variant("AllTraffic")]
    at("CreateEndpointConfig", EndpointConfigName="second", ProductionVariants=both)


def test_update_serves_the_old_until_the_new_is_ready(at: Stand) -> None:
    second_config(at)
    at("UpdateEndpoint", EndpointName="endpoint", EndpointConfigName="second")
    updating = at("DescribeEndpoint", EndpointName="endpoint")
    assert (updating["EndpointStatus"], updating["EndpointConfigName"]) == ("Updating", "config")
    assert updating["PendingDeploymentSummary"]["EndpointConfigName"] == "second"
    assert invoke(at)[0] == "AllTraffic"
    at.runtime.finish()
    updated = at("DescribeEndpoint", EndpointName="endpoint")
    assert (updated["EndpointStatus"], updated["EndpointConfigName"]) == ("InService", "second")
    assert [shown["VariantName"] for shown in updated["ProductionVariants"]] == ["blue", "AllTraffic"]
    assert "PendingDeploymentSummary" not in updated


def test_a_failed_update_returns_to_the_old(at: Stand) -> None:
    second_config(at)
    at("UpdateEndpoint", EndpointName="endpoint", EndpointConfigName="second")
    at.plane.transition(ENDPOINT, at.plane.record(ENDPOINT, "endpoint"), "InService", FailureReason="no ping")
    back = at("DescribeEndpoint", EndpointName="endpoint")
    assert (back["EndpointStatus"], back["EndpointConfigName"]) == ("InService", "config")
    assert (back["FailureReason"], "PendingDeploymentSummary" in back) == ("no ping", False)


def reweigh(at: Stand, **wish: object) -> None:
    wishes = [{"VariantName": "AllTraffic", **wish}]
    at("UpdateEndpointWeightsAndCapacities", EndpointName="endpoint", DesiredWeightsAndCapacities=wishes)
    eventually(lambda: status(at) == "InService")


def test_weights_and_capacities(at: Stand) -> None:
    at.runtime.finish()
    reweigh(at, DesiredWeight=5, DesiredInstanceCount=1)
    (shown,) = at("DescribeEndpoint", EndpointName="endpoint")["ProductionVariants"]
    assert (shown["CurrentWeight"], shown["CurrentInstanceCount"]) == (5, 1)
    for wish, told in (
        ({"VariantName": "none", "DesiredWeight": 1}, "'none'"),
        ({"VariantName": "AllTraffic", "DesiredWeight": 0}, "greater than 0"),
        ({"VariantName": "AllTraffic", "DesiredInstanceCount": 2}, "DesiredInstanceCount=2 is not implemented"),
    ):
        call = {"EndpointName": "endpoint", "DesiredWeightsAndCapacities": [wish]}
        assert told in error(at, "UpdateEndpointWeightsAndCapacities", **call)[1]


@pytest.mark.parametrize(("excluded", "weight"), [([], 5), (["DesiredWeight"], 1.0), (["DesiredInstanceCount"], 5)])
def test_variant_properties_can_be_retained(at: Stand, excluded: list[str], weight: float) -> None:
    second_config(at)
    reweigh(at, DesiredWeight=5)
    at.done(
        "UpdateEndpoint",
        EndpointName="endpoint",
        EndpointConfigName="second",
        RetainAllVariantProperties=True,
        ExcludeRetainedVariantProperties=[{"VariantPropertyType": member} for member in excluded],
    )
    shown = at("DescribeEndpoint", EndpointName="endpoint")["ProductionVariants"][1]
    assert shown["CurrentWeight"] == weight


def test_an_update_retains_some_weight(at: Stand) -> None:
    at.runtime.finish()
    both = [variant("blue"), variant("AllTraffic", InitialVariantWeight=0)]
    at("CreateEndpointConfig", EndpointConfigName="two", ProductionVariants=both)
    at.done("UpdateEndpoint", EndpointName="endpoint", EndpointConfigName="two")
    update = {"EndpointName": "endpoint", "EndpointConfigName": "config", "RetainAllVariantProperties": True}
    assert "greater than 0" in error(at, "UpdateEndpoint", **update)[1]


def test_requests_are_shared_by_weight(at: Stand) -> None:
    second_config(at)
    at.done("UpdateEndpoint", EndpointName="endpoint", EndpointConfigName="second")
    answered = [invoke(at)[0] for _ in range(400)]
    assert 240 < answered.count("blue") < 360
    assert {invoke(at, "AllTraffic")[0] for _ in range(20)} == {"AllTraffic"}


def test_endpoint_quotas() -> None:
    at = hosted(stand(quotas={"ml.m5.large for endpoint usage": 1}))
    second_config(at)
    code, message = error(at, "UpdateEndpoint", EndpointName="endpoint", EndpointConfigName="second")
    assert code == "ResourceLimitExceeded"
    assert "'ml.m5.large for endpoint usage' is 1 Instances" in message
    assert status(at) == "InService"
