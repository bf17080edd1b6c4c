"""Endpoints: the images' serving contract in real processes, and what happens when a model does not come up."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.embedded_aws.account import Account, code_of, fresh, polls
from tests.embedded_aws.bench import SCIKIT_LEARN, XGBOOST, Bench, archive, bench

TIMES = """
    def model_fn(folder):
        return float(open(f"{folder}/factor.txt").read())

    def predict_fn(data, model):
        return data * model
"""


@pytest.fixture(scope="module")
def at(account: Account) -> Bench:
    return bench(account)


def config(at: Bench, **weights: float) -> str:
    """A configuration with a variant for each model named, by its weight."""
    name = fresh("config")
    variants = [
        {
            "VariantName": model,
            "ModelName": model,
            "InstanceType": "ml.m5.large",
            "InitialInstanceCount": 1,
            "InitialVariantWeight": weight,
        }
        for model, weight in weights.items()
    ]
    at.sagemaker.create_endpoint_config(EndpointConfigName=name, ProductionVariants=variants)
    return name


def settled(at: Bench, name: str) -> dict[str, Any]:
    for _ in polls(60):
        found: dict[str, Any] = at.sagemaker.describe_endpoint(EndpointName=name)
        if found["EndpointStatus"] not in {"Creating", "Updating"}:
            break
    return found


def deploy(at: Bench, **weights: float) -> dict[str, Any]:
    """An endpoint, described when it has settled."""
    name = fresh("endpoint")
    at.sagemaker.create_endpoint(EndpointName=name, EndpointConfigName=config(at, **weights))
    return settled(at, name)


def ask(at: Bench, endpoint: dict[str, Any], body: str, kind: str = "text/csv", **more: str) -> tuple[str, str]:
    """The body and the content type of an answer."""
    answer = at.account.client("sagemaker-runtime").invoke_endpoint(
        EndpointName=endpoint["EndpointName"], Body=body, ContentType=kind, **more
    )
    return answer["Body"].read().decode(), answer["ContentType"]


def original_status(error: ClientError) -> int:
    """What the container answered with."""
    response: dict[str, Any] = {**error.response}
    return int(response["OriginalStatusCode"])


def test_defaults_are_those_of_the_toolkit(at: Bench) -> None:
    endpoint = deploy(at, **{at.model(TIMES, factor_txt="2"): 1})
    assert endpoint["EndpointStatus"] == "InService"
    assert ask(at, endpoint, "1,2\n3,4") == ("[[2.0, 4.0], [6.0, 8.0]]", "application/json")
    assert ask(at, endpoint, "[[1, 2]]", "application/json", Accept="text/csv") == ("2.0,4.0\n", "text/csv")
    with pytest.raises(ClientError, match="content type image/png is not understood") as refused:
        ask(at, endpoint, "x", "image/png")
    assert original_status(refused.value) == 415


def test_a_script_may_do_all_of_it(at: Bench) -> None:
    script = """
        import json

        def model_fn(folder):
            return "model"

        def input_fn(body, content_type):
            return [body, content_type]

        def predict_fn(data, model):
            return [*data, model]

        def output_fn(prediction, accept):
            return json.dumps([*prediction, accept])
    """
    endpoint = deploy(at, **{at.model(script): 1})
    answer, kind = ask(at, endpoint, "row", Accept="application/json")
    assert (json.loads(answer), kind) == (["row", "text/csv", "model", "application/json"], "application/json")


def test_a_transform_fn_stands_for_the_other_three(at: Bench) -> None:
    script = """
        def model_fn(folder):
            return 3

        def transform_fn(model, body, content_type, accept):
            return f"{model} {body} {content_type}", "text/plain"
    """
    assert ask(at, deploy(at, **{at.model(script): 1}), "row") == ("3 row text/csv", "text/plain")


def test_the_xgboost_image_predicts_on_a_matrix(at: Bench) -> None:
    script = """
        import numpy, xgboost

        def model_fn(folder):
            data = xgboost.DMatrix(numpy.array([[0.0], [1.0]] * 50), label=[0, 1] * 50)
            return xgboost.train({"objective": "binary:logistic", "eta": 1}, data, 5)
    """
    endpoint = deploy(at, **{at.model(script, image=XGBOOST): 1})
    low, high = json.loads(ask(at, endpoint, "0\n1")[0])
    assert low < 0.1 < 0.9 < high


def test_code_may_come_from_its_own_archive(at: Bench) -> None:
    name = fresh("model")
    code = at.put(f"{name}/code.tar.gz", archive(serve_py=TIMES))
    variables = {"SAGEMAKER_PROGRAM": "serve.py", "SAGEMAKER_SUBMIT_DIRECTORY": code}
    data = at.put(f"{name}/model.tar.gz", archive(factor_txt="5"))
    container = {"Image": SCIKIT_LEARN, "ModelDataUrl": data, "Environment": variables}
    at.sagemaker.create_model(ModelName=name, ExecutionRoleArn=at.role, PrimaryContainer=container)
    assert ask(at, deploy(at, **{name: 1}), "1")[0] == "[[5.0]]"


def test_an_error_of_the_script_is_the_callers_and_in_the_log(at: Bench) -> None:
    endpoint = deploy(at, **{at.model(TIMES.replace("data * model", "data[9]"), factor_txt="2"): 1})
    with pytest.raises(ClientError, match="IndexError") as refused:
        ask(at, endpoint, "1")
    assert (code_of(refused.value), original_status(refused.value)) == ("ModelError", 500)
    for _ in polls(5):
        if any("IndexError" in line for line in at.log(f"/aws/sagemaker/Endpoints/{endpoint['EndpointName']}")):
            break


def test_a_model_that_does_not_load_fails_the_endpoint(at: Bench) -> None:
    endpoint = deploy(at, **{at.model("def model_fn(folder):\n    raise RuntimeError('no weights')"): 1})
    assert endpoint["EndpointStatus"] == "Failed"
    assert "did not pass the ping health check" in endpoint["FailureReason"]
    lines = at.log(f"/aws/sagemaker/Endpoints/{endpoint['EndpointName']}")
    assert "RuntimeError: no weights" in lines


def test_a_script_without_model_fn_fails_the_endpoint(at: Bench) -> None:
    endpoint = deploy(at, **{at.model("x = 1"): 1})
    lines = at.log(f"/aws/sagemaker/Endpoints/{endpoint['EndpointName']}")
    assert any("has no model_fn" in line for line in lines)


def test_an_update_replaces_the_containers_and_a_failed_one_does_not(at: Bench) -> None:
    endpoint = deploy(at, **{at.model(TIMES, factor_txt="2"): 1})
    better = config(at, **{at.model(TIMES, factor_txt="10"): 1})
    at.sagemaker.update_endpoint(EndpointName=endpoint["EndpointName"], EndpointConfigName=better)
    assert settled(at, endpoint["EndpointName"])["EndpointConfigName"] == better
    assert ask(at, endpoint, "1")[0] == "[[10.0]]"
    broken = config(at, **{at.model("raise SystemExit"): 1})
    at.sagemaker.update_endpoint(EndpointName=endpoint["EndpointName"], EndpointConfigName=broken)
    after = settled(at, endpoint["EndpointName"])
    assert (after["EndpointStatus"], after["EndpointConfigName"]) == ("InService", better)
    assert ask(at, endpoint, "1")[0] == "[[10.0]]"


def test_variants_answer_by_their_weights(at: Bench) -> None:
    often, never = at.model(TIMES, factor_txt="2"), at.model(TIMES, factor_txt="3")
    endpoint = deploy(at, **{often: 1, never: 0})
    assert {ask(at, endpoint, "1")[0] for _ in range(10)} == {"[[2.0]]"}
    assert ask(at, endpoint, "1", TargetVariant=never)[0] == "[[3.0]]"


def shares(at: Bench, endpoint: dict[str, Any], times: int) -> Counter[str]:
    """Who answered so many requests."""
    invoke = at.account.client("sagemaker-runtime").invoke_endpoint
    answers = (invoke(EndpointName=endpoint["EndpointName"], Body="1", ContentType="text/csv") for _ in range(times))
    return Counter(answer["InvokedProductionVariant"] for answer in answers)


def reweigh(at: Bench, endpoint: dict[str, Any], **weights: float) -> dict[str, float]:
    """Change the weights of variants; the weights when that is done."""
    wishes = [{"VariantName": name, "DesiredWeight": weight} for name, weight in weights.items()]
    name = endpoint["EndpointName"]
    at.sagemaker.update_endpoint_weights_and_capacities(EndpointName=name, DesiredWeightsAndCapacities=wishes)
    return {item["VariantName"]: item["CurrentWeight"] for item in settled(at, name)["ProductionVariants"]}


def test_traffic_is_split_by_weights_that_can_be_changed(at: Bench) -> None:
    first, second = at.model(TIMES, factor_txt="2"), at.model(TIMES, factor_txt="3")
    endpoint = deploy(at, **{first: 3, second: 1})
    counted = shares(at, endpoint, 200)
    assert counted.total() == 200
    assert 120 < counted[first] < 180
    assert reweigh(at, endpoint, **{first: 0}) == {first: 0.0, second: 1.0}
    assert shares(at, endpoint, 20) == {second: 20}
    assert ask(at, endpoint, "1", TargetVariant=first)[0] == "[[2.0]]"
    with pytest.raises(ClientError, match="Variant third not found"):
        ask(at, endpoint, "1", TargetVariant="third")


def test_a_transform_fn_beside_the_other_three_fails_the_endpoint(at: Bench) -> None:
    script = "def model_fn(folder): return 1\ndef predict_fn(data, model): return 1\ndef transform_fn(*given): return 1"
    endpoint = deploy(at, **{at.model(script): 1})
    lines = at.log(f"/aws/sagemaker/Endpoints/{endpoint['EndpointName']}")
    assert any("Cannot use transform_fn implementation in conjunction with" in line for line in lines)


def test_missing_model_data_is_refused(at: Bench) -> None:
    container = {"Image": SCIKIT_LEARN, "ModelDataUrl": f"s3://{at.bucket}/none.tar.gz"}
    with pytest.raises(ClientError, match="Could not find model data at"):
        at.sagemaker.create_model(ModelName="none", ExecutionRoleArn=at.role, PrimaryContainer=container)
