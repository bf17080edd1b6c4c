"""Containers of several models: loaded when they are asked for, with code of their own or code that they share."""

from __future__ import annotations

from typing import Any, cast

import pytest
from botocore.exceptions import ClientError

from embedded_aws.runtime import images
from embedded_aws.runtime.multi_model import Shelf
from embedded_aws.runtime.serving import RunningServer
from tests.embedded_aws.account import Account, code_of, fresh, polls
from tests.embedded_aws.bench import SCIKIT_LEARN, XGBOOST, Bench, archive, bench

TIMES = """
    import os

    def model_fn(folder):
        return float(open(f"{folder}/factor.txt").read())

    def predict_fn(data, model):
        return data * model
"""


@pytest.fixture(scope="module")
def at(account: Account) -> Bench:
    return bench(account)


def container(at: Bench, prefix: str, **more: Any) -> dict[str, Any]:  # noqa: ANN401 # a container's members
    """A container of the models below a prefix, with code that they share."""
    code = at.put(f"{prefix}-code.tar.gz", archive(serve_py=TIMES))
    variables = {"SAGEMAKER_PROGRAM": "serve.py", "SAGEMAKER_SUBMIT_DIRECTORY": code}
    place = f"s3://{at.bucket}/{prefix}/"
    return {"Image": SCIKIT_LEARN, "Mode": "MultiModel", "ModelDataUrl": place, "Environment": variables, **more}


def deploy(at: Bench, described: dict[str, Any]) -> str:
    """An endpoint in service on a container."""
    name = fresh("several")
    at.sagemaker.create_model(ModelName=name, ExecutionRoleArn=at.role, PrimaryContainer=described)
    variant = {"VariantName": "all", "ModelName": name, "InstanceType": "ml.m5.large", "InitialInstanceCount": 1}
    at.sagemaker.create_endpoint_config(EndpointConfigName=name, ProductionVariants=[variant])
    at.sagemaker.create_endpoint(EndpointName=name, EndpointConfigName=name)
    quickly = {"Delay": 1, "MaxAttempts": 60}
    at.sagemaker.get_waiter("endpoint_in_service").wait(EndpointName=name, WaiterConfig=quickly)
    return name


def ask(at: Bench, endpoint: str, target: str | None) -> str:
    named = {"TargetModel": target} if target else {}
    answer = at.account.client("sagemaker-runtime").invoke_endpoint(
        EndpointName=endpoint, Body="1,2", ContentType="text/csv", **named
    )
    body: bytes = answer["Body"].read()
    return body.decode()


def refusal(at: Bench, endpoint: str, target: str | None) -> tuple[str, str]:
    with pytest.raises(ClientError) as refused:
        ask(at, endpoint, target)
    return code_of(refused.value), str(refused.value.response["Error"]["Message"])


@pytest.fixture(scope="module")
def shared(at: Bench) -> str:
    """An endpoint whose models share their code."""
    for factor in (2, 3):
        at.put(f"shared/by/{factor}.tar.gz", archive(factor_txt=str(factor)))
    return deploy(at, container(at, "shared"))


def test_requests_name_the_model_they_are_for(at: Bench, shared: str) -> None:
    assert ask(at, shared, "by/2.tar.gz") == "[[2.0, 4.0]]"
    assert ask(at, shared, "/by/3.tar.gz") == "[[3.0, 6.0]]"
    assert ask(at, shared, "by/2.tar.gz") == "[[2.0, 4.0]]"


def test_a_model_may_come_later_and_is_not_fetched_again(at: Bench, shared: str) -> None:
    code, text = refusal(at, shared, "late.tar.gz")
    assert code == "ValidationError"
    assert text.startswith(
        f"Failed to download model data(bucket: {at.bucket}, key: shared/late.tar.gz). Please ensure"
    )
    at.put("shared/late.tar.gz", archive(factor_txt="5"))
    assert ask(at, shared, "late.tar.gz") == "[[5.0, 10.0]]"
    at.put("shared/late.tar.gz", archive(factor_txt="7"))
    assert ask(at, shared, "late.tar.gz") == "[[5.0, 10.0]]"


def test_a_model_that_does_not_load_leaves_the_others_alone(at: Bench, shared: str) -> None:
    at.put("shared/broken.tar.gz", archive(factor_txt="no number"))
    code, text = refusal(at, shared, "broken.tar.gz")
    assert (code, "the model broken.tar.gz could not be loaded" in text) == ("ModelError", True)
    assert ask(at, shared, "by/2.tar.gz") == "[[2.0, 4.0]]"
    for _ in polls(10):
        if any("could not convert string to float" in line for line in at.log(f"/aws/sagemaker/Endpoints/{shared}")):
            break


def test_the_model_must_be_named_there_and_nowhere_else(at: Bench, shared: str) -> None:
    code, text = refusal(at, shared, None)
    assert (code, "is missing a target model header" in text) == ("ValidationError", True)
    single = {"Image": SCIKIT_LEARN, "ModelDataUrl": at.put("one.tar.gz", archive(factor_txt="1", code__a_py=TIMES))}
    lone = deploy(at, {**single, "Environment": {"SAGEMAKER_PROGRAM": "a.py"}})
    assert refusal(at, lone, "a.tar.gz") == (
        "ValidationError",
        f"Endpoint {lone} is not a multi-model endpoint and does not support target model header.",
    )


def test_models_may_have_code_of_their_own(at: Bench) -> None:
    for sign in ("+", "-"):
        script = f"def model_fn(folder): return 10\ndef predict_fn(data, model): return model {sign} data"
        at.put(f"own/{sign}.tar.gz", archive(code__serve_py=script))
    endpoint = deploy(at, container(at, "own", Image=XGBOOST, Environment={"SAGEMAKER_PROGRAM": "serve.py"}))
    with pytest.raises(ClientError, match="DMatrix"):
        ask(at, endpoint, "+.tar.gz")
    own = deploy(at, container(at, "own", Environment={"SAGEMAKER_PROGRAM": "serve.py"}))
    assert [ask(at, own, f"{sign}.tar.gz") for sign in "+-"] == ["[[11.0, 12.0]]", "[[9.0, 8.0]]"]


@pytest.mark.parametrize(
    ("more", "text"),
    [
        ({"ModelDataUrl": "s3://bucket/a.tar.gz"}, "must be an S3 prefix"),
        ({"Image": images.TENSORFLOW_INFERENCE.uri}, "Mode=MultiModel with tensorflow-inference-2.20-cpu"),
        ({"Image": images.IMAGE_CLASSIFICATION.uri}, "Mode=MultiModel with image-classification-1"),
        ({"Image": images.AUTOGLUON_INFERENCE.uri}, "it takes images of xgboost, scikit-learn, pytorch"),
    ],
)
def test_what_cannot_be_several_is_refused(
    at: Bench,
    all_environments: object,
    more: dict[str, str],
    text: str,
) -> None:
    described = container(at, "refused", **more)
    with pytest.raises(ClientError, match=text):
        at.sagemaker.create_model(ModelName="none", ExecutionRoleArn=at.role, PrimaryContainer=described)


def test_what_was_not_asked_for_longest_makes_room() -> None:
    unloaded: list[str] = []
    shelf = Shelf(2, lambda target, slot: unloaded.append(target))

    def load(target: str) -> None:
        with shelf.held(target) as slot:
            slot.running = cast("RunningServer", object())

    for target in "aba":
        load(target)
    load("c")
    assert unloaded == ["b"]
    with shelf.held("a"), shelf.held("c"):
        load("d")
    load("e")
    assert unloaded == ["b", "a", "c"]


def test_what_could_not_be_loaded_takes_no_room() -> None:
    unloaded: list[str] = []
    shelf = Shelf(1, lambda target, slot: unloaded.append(target))
    for target in "abc":
        with pytest.raises(RuntimeError), shelf.held(target):
            raise RuntimeError
    assert unloaded == []


def test_batch_transform_of_several_models_is_refused(at: Bench) -> None:
    name = fresh("several")
    described = container(at, "batch")
    at.sagemaker.create_model(ModelName=name, ExecutionRoleArn=at.role, PrimaryContainer=described)
    with pytest.raises(ClientError, match="Batch transform is not supported for multi-model"):
        at.transform(name, f"s3://{at.bucket}/shared/")
