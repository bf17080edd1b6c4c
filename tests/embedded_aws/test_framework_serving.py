"""Serving on the images of PyTorch, AutoGluon and TensorFlow: their toolkits' contracts in real processes."""

from __future__ import annotations

import base64
import io
import json
import subprocess
import tarfile
from collections.abc import Mapping
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest
from botocore.exceptions import ClientError

from embedded_aws.runtime import images
from embedded_aws.runtime.images import Image
from tests.embedded_aws.account import Account, fresh
from tests.embedded_aws.bench import Bench, bench

JSON, CSV = "application/json", "text/csv"
MAKERS = {
    images.PYTORCH.name: """
        import sys, torch
        class Double(torch.nn.Module):
            def forward(self, x):
                return x * 2
        torch.jit.trace(Double(), torch.zeros(1, 2)).save(sys.argv[1] + "/model.pt")
    """,
    images.TENSORFLOW_INFERENCE.name: """
        import sys, tensorflow as tf
        class Double(tf.Module):
            @tf.function(input_signature=[tf.TensorSpec([None, 2], tf.float32, name="x")])
            def double(self, x):
                return {"twice": x * 2}
            @tf.function(input_signature=[tf.TensorSpec([None], tf.string, name="data")])
            def lengths(self, data):
                return {"length": tf.strings.length(data), "first": tf.strings.substr(data, 0, 1)}
        model = Double()
        signatures = {"serving_default": model.double, "lengths": model.lengths}
        tf.saved_model.save(model, sys.argv[1] + "/doubler/0002", signatures=signatures)
    """,
}


@pytest.fixture(scope="module")
def at(account: Account, all_environments: Path) -> Bench:
    return bench(account)


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory, all_environments: Path) -> Mapping[str, Path]:
    """A small model of each framework, made with its own packages: the folder by the image's name."""
    folders = {}
    for name, script in MAKERS.items():
        folders[name] = tmp_path_factory.mktemp("model")
        python = images.environment(images.IMAGES[name], all_environments).python
        subprocess.run([python, "-c", dedent(script), folders[name]], check=True)
    return folders


def packed(folder: Path | None, **code: str) -> bytes:
    """A model's archive: a folder's files, and code by the file's name without .py."""
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w:gz") as tar:
        if folder:
            tar.add(folder, arcname=".")
        for name, text in code.items():
            member = tarfile.TarInfo(f"code/{name}.py")
            member.size = len(dedent(text).encode())
            tar.addfile(member, io.BytesIO(dedent(text).encode()))
    return content.getvalue()


def deploy(at: Bench, image: Image, data: bytes, **variables: str) -> str:
    """An endpoint in service (or failed) on a model."""
    name = fresh("served")
    container = {"Image": image.uri, "ModelDataUrl": at.put(f"{name}/model.tar.gz", data), "Environment": variables}
    at.sagemaker.create_model(ModelName=name, ExecutionRoleArn=at.role, PrimaryContainer=container)
    variant = {"VariantName": "all", "ModelName": name, "InstanceType": "ml.m5.large", "InitialInstanceCount": 1}
    at.sagemaker.create_endpoint_config(EndpointConfigName=name, ProductionVariants=[variant])
    at.sagemaker.create_endpoint(EndpointName=name, EndpointConfigName=name)
    return name


def wait(at: Bench, name: str) -> str:
    """Until the endpoint is in service."""
    quickly = {"Delay": 1, "MaxAttempts": 120}
    at.sagemaker.get_waiter("endpoint_in_service").wait(EndpointName=name, WaiterConfig=quickly)
    return name


def ask(at: Bench, endpoint: str, body: str | bytes, kind: str = JSON, **more: str) -> Any:  # noqa: ANN401 # any JSON
    answer = at.account.client("sagemaker-runtime").invoke_endpoint(
        EndpointName=endpoint, Body=body, ContentType=kind, **more
    )
    return json.loads(answer["Body"].read())


@pytest.fixture(scope="module")
def torch_script(at: Bench, made: Mapping[str, Path]) -> str:
    return wait(at, deploy(at, images.PYTORCH_INFERENCE, packed(made[images.PYTORCH.name])))


@pytest.fixture(scope="module")
def doubler(at: Bench, made: Mapping[str, Path]) -> str:
    return wait(at, deploy(at, images.TENSORFLOW_INFERENCE, packed(made[images.TENSORFLOW_INFERENCE.name])))


def test_pytorch_serves_a_torchscript_model_without_a_script(at: Bench, torch_script: str) -> None:
    assert ask(at, torch_script, "[[1, 2]]") == [[2.0, 4.0]]
    assert ask(at, torch_script, "1,2\n3,4", CSV) == [[2.0, 4.0], [6.0, 8.0]]
    with pytest.raises(ClientError, match="content type image/png is not understood"):
        ask(at, torch_script, "x", "image/png")


def test_pytorch_gives_a_context_to_functions_that_take_one(at: Bench, made: Mapping[str, Path]) -> None:
    script = """
        import json, torch

        def model_fn(model_dir, context):
            assert model_dir == context.system_properties["model_dir"]
            return torch.jit.load(model_dir + "/model.pt")

        def input_fn(body, content_type):
            return torch.tensor([[float(len(body))]])

        def output_fn(prediction, accept, context):
            return json.dumps([prediction.tolist(), accept, context.get_request_header(0, "Content-Type")])
    """
    data = packed(made[images.PYTORCH.name], serve=script)
    endpoint = wait(at, deploy(at, images.PYTORCH_INFERENCE, data, SAGEMAKER_PROGRAM="serve.py"))
    assert ask(at, endpoint, b"\xff\xd8picture", "application/x-image") == [[[18.0]], JSON, "application/x-image"]


def test_autogluon_serves_by_its_script(at: Bench) -> None:
    script = """
        import io, json, pandas

        def model_fn(model_dir):
            return 3

        def transform_fn(model, body, content_type, accept):
            from autogluon.tabular import TabularPredictor
            rows = pandas.read_csv(io.StringIO(body), header=None)
            return json.dumps([TabularPredictor.__name__, (rows[0] * model).tolist()]), accept
    """
    endpoint = wait(at, deploy(at, images.AUTOGLUON_INFERENCE, packed(None, inference=script)))
    assert ask(at, endpoint, "1\n2\n", CSV) == ["TabularPredictor", [3, 6]]


def test_tensorflow_serves_numbered_saved_models(at: Bench, doubler: str) -> None:
    assert ask(at, doubler, '{"instances": [[1, 2]]}') == {"predictions": [[2.0, 4.0]]}
    assert ask(at, doubler, '{"instances": [{"x": [1, 2]}]}') == {"predictions": [[2.0, 4.0]]}
    assert ask(at, doubler, '{"inputs": {"x": [[1, 2]]}}') == {"outputs": [[2.0, 4.0]]}
    assert ask(at, doubler, "[1, 2]") == {"predictions": [[2.0, 4.0]]}
    assert ask(at, doubler, "1,2\n3,4", CSV) == {"predictions": [[2.0, 4.0], [6.0, 8.0]]}


def test_tensorflow_takes_other_signatures_and_bytes(at: Bench, doubler: str) -> None:
    data = [{"b64": base64.b64encode(text).decode()} for text in (b"abc", b"de")]
    answer = ask(at, doubler, json.dumps({"signature_name": "lengths", "instances": data}))
    assert answer == {"predictions": [{"length": 3, "first": "a"}, {"length": 2, "first": "d"}]}


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ('{"instances": [[1, 2, 3]]}', "has the shape"),
        ('{"instances": [["red", "blue"]]}', "Failed to process input"),
        ('{"inputs": {"y": [[1, 2]]}}', "Missing input"),
        ('{"signature_name": "none", "inputs": [[1, 2]]}', "not found in signature def"),
        ('{"inputs": [1', "JSON Parse error"),
    ],
)
def test_tensorflow_tells_what_is_wrong_with_a_request(at: Bench, doubler: str, body: str, text: str) -> None:
    with pytest.raises(ClientError, match=text) as refused:
        ask(at, doubler, body)
    assert "client error (400)" in str(refused.value)


def test_tensorflow_asks_its_own_rest_api_for_a_models_handlers(at: Bench, made: Mapping[str, Path]) -> None:
    script = """
        import json

        def input_handler(data, context):
            assert (context.method, context.model_name) == ("predict", "doubler")
            return json.dumps({"instances": [[float(len(data.read())), 1.0]]})

        def output_handler(response, context):
            if response.status_code != 200:
                raise ValueError(response.content.decode())
            answer = json.loads(response.content)["predictions"][0]
            return json.dumps([answer, context.request_content_type]), context.accept_header
    """
    data = packed(made[images.TENSORFLOW_INFERENCE.name], inference=script)
    endpoint = wait(at, deploy(at, images.TENSORFLOW_INFERENCE, data))
    answer = ask(at, endpoint, b"\xff\xd8", "application/x-image", Accept=JSON)
    assert answer == [[4.0, 2.0], "application/x-image"]


def test_models_that_the_toolkits_cannot_load_fail_the_ping_with_the_reason_in_the_log(at: Bench) -> None:
    empty = packed(None, notes="")
    both = packed(None, inference="def model_fn(folder): pass\ndef input_fn(a, b): pass\ndef transform_fn(*a): pass")
    expected = {
        deploy(at, images.TENSORFLOW_INFERENCE, empty): "no SavedModel bundles found!",
        deploy(at, images.PYTORCH_INFERENCE, empty): "Exactly one .pth or .pt file is required",
        deploy(at, images.PYTORCH_INFERENCE, both): "Cannot use transform_fn implementation in conjunction",
    }
    for endpoint, text in expected.items():
        with pytest.raises(Exception, match="Waiter EndpointInService failed"):
            wait(at, endpoint)
        found = at.sagemaker.describe_endpoint(EndpointName=endpoint)
        assert "did not pass the ping health check" in found["FailureReason"]
        assert any(text in line for line in at.log(f"/aws/sagemaker/Endpoints/{endpoint}"))


@pytest.mark.parametrize("image", [images.PYTORCH, images.TENSORFLOW, images.AUTOGLUON], ids=lambda image: image.name)
def test_images_that_only_train_are_refused(at: Bench, image: Image) -> None:
    container = {"Image": image.uri, "ModelDataUrl": at.put("model.tar.gz", b"")}
    with pytest.raises(ClientError, match=f"{image.name}, which has no model server"):
        at.sagemaker.create_model(ModelName="none", ExecutionRoleArn=at.role, PrimaryContainer=container)
