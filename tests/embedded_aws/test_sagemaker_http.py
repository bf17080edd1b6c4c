"""The wire: boto3 and its waiters against the protocol functions, without a socket."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

import pytest
from botocore.exceptions import ClientError, WaiterError
from botocore.model import StructureShape

from embedded_aws.sagemaker import http
from embedded_aws.sagemaker.control_plane import Caller, Response
from embedded_aws.sagemaker.kinds import ENDPOINT, MODEL, NOTEBOOK_INSTANCE
from embedded_aws.service_models import service_model
from tests.embedded_aws.sagemaker_stubs import (
    ACCOUNT,
    REGION,
    Stand,
    a_model,
    client,
    hosted,
    notebook,
    processing,
    stand,
    training,
    transform,
    variant,
)

TARGET = {"X-Amz-Target": "SageMaker.ListModels", "Content-Type": "application/x-amz-json-1.1"}


@pytest.fixture
def at() -> Stand:
    """An endpoint in service, and a notebook instance in service."""
    made = hosted(stand())
    made.done("CreateNotebookInstance", **notebook())
    return made


def code(error: ClientError) -> str:
    return str(error.response["Error"]["Code"])


def wait(plane_client: Any, waiter: str, **params: str) -> None:  # noqa: ANN401 # a boto3 client
    plane_client.get_waiter(waiter).wait(WaiterConfig={"Delay": 0, "MaxAttempts": 3}, **params)


def test_times_cross_the_wire(at: Stand) -> None:
    described = client(at.plane).describe_model(ModelName="model")
    made = at.plane.call("DescribeModel", {"ModelName": "model"})["CreationTime"]
    assert isinstance(described["CreationTime"], datetime)
    assert abs((described["CreationTime"] - made).total_seconds()) < 0.002
    assert client(at.plane).list_models(CreationTimeAfter=made)["Models"] == []


def test_errors_are_boto3_errors(at: Stand) -> None:
    sagemaker = client(at.plane)
    with pytest.raises(ClientError) as caught:
        sagemaker.create_training_job(**training("x" * 64))
    assert code(caught.value) == "ValidationException"
    assert "at 'trainingJobName'" in str(caught.value)
    sagemaker.create_training_job(**training())
    with pytest.raises(sagemaker.exceptions.ResourceInUse):
        sagemaker.create_training_job(**training())


def test_quotas_are_boto3_errors() -> None:
    sagemaker = client(stand(quotas={"ml.t3.medium for notebook instance usage": 0}).plane)
    with pytest.raises(sagemaker.exceptions.ResourceLimitExceeded):
        sagemaker.create_notebook_instance(**notebook())


@pytest.mark.parametrize(
    ("noun", "params"),
    [
        ("training_job", training()),
        ("processing_job", processing()),
        ("transform_job", transform()),
    ],
)
def test_waiters_of_jobs(at: Stand, noun: str, params: dict[str, Any]) -> None:
    sagemaker, (name,) = client(at.plane), [{key: params[key]} for key in params if key.endswith("JobName")]
    getattr(sagemaker, f"create_{noun}")(**params)
    with pytest.raises(WaiterError, match="Max attempts exceeded"):
        wait(sagemaker, f"{noun}_completed_or_stopped", **name)
    at.runtime.finish()
    wait(sagemaker, f"{noun}_completed_or_stopped", **name)


def test_waiters_of_notebooks(at: Stand) -> None:
    sagemaker, name = client(at.plane), {"NotebookInstanceName": "desk"}
    wait(sagemaker, "notebook_instance_in_service", **name)
    sagemaker.stop_notebook_instance(**name)
    at.runtime.finish()
    wait(sagemaker, "notebook_instance_stopped", **name)
    sagemaker.delete_notebook_instance(**name)
    at.runtime.finish()
    wait(sagemaker, "notebook_instance_deleted", **name)


def test_a_waiter_sees_a_failed_notebook(at: Stand) -> None:
    at.plane.transition(NOTEBOOK_INSTANCE, at.plane.record(NOTEBOOK_INSTANCE, "desk"), "Failed", FailureReason="x")
    with pytest.raises(WaiterError, match="terminal failure state"):
        wait(client(at.plane), "notebook_instance_in_service", NotebookInstanceName="desk")


def test_waiters_of_endpoints(at: Stand) -> None:
    sagemaker, name = client(at.plane), {"EndpointName": "endpoint"}
    wait(sagemaker, "endpoint_in_service", **name)
    sagemaker.delete_endpoint(**name)
    with pytest.raises(WaiterError, match="Max attempts exceeded"):
        wait(sagemaker, "endpoint_deleted", **name)
    at.runtime.finish()
    wait(sagemaker, "endpoint_deleted", **name)


def test_invoke(at: Stand) -> None:
    answer = client(at.plane, "sagemaker-runtime").invoke_endpoint(
        EndpointName="endpoint", Body=b"1,2\n", ContentType="text/csv", Accept="application/json"
    )
    assert answer["Body"].read() == b"1,2\n"
    assert (answer["ContentType"], answer["InvokedProductionVariant"]) == ("text/csv", "AllTraffic")
    assert at.runtime.calls[-1] == ("invoke", "text/csv", "application/json")


def test_custom_attributes_of_the_container_come_back(at: Stand) -> None:
    header = {"x-amzn-sagemaker-custom-attributes": "trace=7"}
    at.runtime.answer = lambda variant, body: Response(200, "text/csv", body, header)
    answer = client(at.plane, "sagemaker-runtime").invoke_endpoint(EndpointName="endpoint", Body=b"")
    assert answer["CustomAttributes"] == "trace=7"


def test_a_target_variant(at: Stand) -> None:
    at("CreateEndpointConfig", EndpointConfigName="two", ProductionVariants=[variant("a"), variant("b")])
    at.done("UpdateEndpoint", EndpointName="endpoint", EndpointConfigName="two")
    runtime = client(at.plane, "sagemaker-runtime")
    for name in ("a", "b"):
        answer = runtime.invoke_endpoint(EndpointName="endpoint", Body=b"", TargetVariant=name)
        assert answer["InvokedProductionVariant"] == name
    with pytest.raises(runtime.exceptions.ValidationError, match="Variant c not found"):
        runtime.invoke_endpoint(EndpointName="endpoint", Body=b"", TargetVariant="c")


@pytest.mark.parametrize(
    ("status", "side", "text"), [(500, "server", "boom"), (415, "client", "no such type"), (503, "server", "")]
)
def test_a_container_that_answers_with_an_error(at: Stand, status: int, side: str, text: str) -> None:
    at.runtime.answer = lambda variant, body: Response(status, "text/plain", text.encode())
    runtime = client(at.plane, "sagemaker-runtime")
    with pytest.raises(runtime.exceptions.ModelError) as caught:
        runtime.invoke_endpoint(EndpointName="endpoint", Body=b"")
    answer = caught.value.response
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 424
    assert (answer["OriginalStatusCode"], answer["OriginalMessage"]) == (status, text)
    assert answer["Error"]["Message"] == (
        f'Received {side} error ({status}) from primary with message "{text}". See '
        f"https://{REGION}.console.aws.amazon.com/cloudwatch/home?region={REGION}"
        f"#logEventViewer:group=/aws/sagemaker/Endpoints/endpoint in account {ACCOUNT} for more information."
    )


def test_a_container_that_does_not_answer(at: Stand) -> None:
    def silent(variant: str, body: bytes) -> Response:
        raise TimeoutError

    at.runtime.answer = silent
    runtime = client(at.plane, "sagemaker-runtime")
    with pytest.raises(runtime.exceptions.ModelError, match="timed out"):
        runtime.invoke_endpoint(EndpointName="endpoint", Body=b"")


@pytest.mark.parametrize("state", ["Creating", "Deleting", "Failed"])
def test_an_endpoint_that_does_not_serve(at: Stand, state: str) -> None:
    at.plane.transition(ENDPOINT, at.plane.record(ENDPOINT, "endpoint"), state)
    _refused(at, "endpoint")


def test_an_endpoint_that_is_not_there(at: Stand) -> None:
    _refused(at, "none")


def _refused(at: Stand, name: str) -> None:
    runtime = client(at.plane, "sagemaker-runtime")
    with pytest.raises(runtime.exceptions.ValidationError) as caught:
        runtime.invoke_endpoint(EndpointName=name, Body=b"")
    assert caught.value.response["Error"]["Message"] == f"Endpoint {name} of account {ACCOUNT} not found."


def test_every_other_part_of_invoke_is_refused(at: Stand) -> None:
    done = {"EndpointName", "Body", "ContentType", "Accept", "TargetVariant", "TargetModel"}
    shape = service_model("sagemaker-runtime").operation_model("InvokeEndpoint").input_shape
    assert isinstance(shape, StructureShape)
    others = set(shape.members) - done
    assert len(others) == 7
    for member in others:
        refused_member(at, member)


def refused_member(at: Stand, member: str) -> None:
    runtime = client(at.plane, "sagemaker-runtime")
    with pytest.raises(runtime.exceptions.ValidationError, match=f"{member} is not implemented by the embedded AWS"):
        runtime.invoke_endpoint(EndpointName="endpoint", Body=b"", **{member: "x"})


def test_other_ways_to_invoke_are_refused(at: Stand) -> None:
    runtime = client(at.plane, "sagemaker-runtime")
    with pytest.raises(ClientError, match="InvokeEndpointAsync is not implemented"):
        runtime.invoke_endpoint_async(EndpointName="endpoint", InputLocation="s3://b/k")
    with pytest.raises(ClientError, match="InvokeEndpointWithResponseStream is not implemented"):
        runtime.invoke_endpoint_with_response_stream(EndpointName="endpoint", Body=b"")


def test_a_body_that_is_too_large(at: Stand) -> None:
    reply = http.handle(at.plane, {}, "/endpoints/endpoint/invocations", b"x" * 6_291_457)
    assert reply.status == 400
    assert json.loads(reply.body)["__type"] == "ValidationError"


@pytest.mark.parametrize("body", [b"{", b"[]", b"\xff"])
def test_a_broken_body(at: Stand, body: bytes) -> None:
    reply = http.handle(at.plane, TARGET, "/", body)
    assert (reply.status, json.loads(reply.body)["__type"]) == (400, "SerializationException")


def test_what_iam_asks() -> None:
    assert http.action_of(TARGET, "/") == "ListModels"
    assert http.action_of({"x-amz-target": "DynamoDB.ListTables"}, "/") == ""
    assert http.action_of({}, "/endpoints/e/invocations") == "InvokeEndpoint"
    assert http.parameters_of("/endpoints/my%2De/invocations", b"1") == {"EndpointName": "my-e"}
    assert http.parameters_of("/", b'{"ModelName": "m"}') == {"ModelName": "m"}
    assert http.parameters_of("/", b"{") == {}


def test_a_request_without_an_action(at: Stand) -> None:
    reply = http.handle(at.plane, {}, "/", b"{}")
    assert (reply.status, json.loads(reply.body)["__type"]) == (400, "UnknownOperationException")


def test_who_called_is_kept(at: Stand) -> None:
    who = Caller(f"arn:aws:iam::{ACCOUNT}:user/ann")
    headers = {"X-Amz-Target": "SageMaker.CreateModel"}
    http.handle(at.plane, headers, "/", json.dumps(a_model("mine")).encode(), who)
    assert at.plane.record(MODEL, "mine")["_caller"] == who.arn
