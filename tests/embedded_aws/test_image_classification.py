"""The built-in image classification, from records to answers, as its container's stand-in does it."""

from __future__ import annotations

import io
import json
import os
import subprocess
import tarfile
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from embedded_aws.runtime import images
from embedded_aws.runtime.container_code.image_classification.parameters import LARGE_LAYERS, SMALL_LAYERS
from tests.embedded_aws.account import Account, fresh
from tests.embedded_aws.bench import Bench, Described, bench
from tests.embedded_aws.drawn_pictures import encoded, picture, recordio, stripes

SCRIPT = Path(__file__).with_name("inside_image_classification.py")
GROUP = "/aws/sagemaker/TrainingJobs"
IMAGE = images.IMAGE_CLASSIFICATION.uri
LEAST = {"num_classes": "3", "num_training_samples": "48", "num_layers": "20", "image_shape": "3,28,28"}
ONE_THREAD = {"OMP_NUM_THREADS": "1"}  # so small a network gains nothing from more, and loses beside other tests
GPU = {"InstanceType": "ml.g4dn.xlarge", "InstanceCount": 1, "VolumeSizeInGB": 5}


@pytest.fixture(scope="module")
def at(account: Account, all_environments: Path) -> Bench:
    made = bench(account)
    made.put("train/a.rec", recordio(stripes(16)))
    made.put("validation/a.rec", recordio(stripes(4, start=16)))
    return made


def channel(at: Bench, name: str) -> dict[str, Any]:
    source = {"S3DataType": "S3Prefix", "S3Uri": f"s3://{at.bucket}/{name}/"}
    return {"ChannelName": name, "ContentType": "application/x-recordio", "DataSource": {"S3DataSource": source}}


def train(at: Bench, **given: str) -> Described:
    return at.train(
        AlgorithmSpecification={"TrainingImage": IMAGE, "TrainingInputMode": "File"},
        HyperParameters={**LEAST, **given},
        InputDataConfig=[channel(at, "train"), channel(at, "validation")],
        ResourceConfig=GPU,
        Environment=ONE_THREAD,
        StoppingCondition={"MaxRuntimeInSeconds": 300},
    )


def lines(at: Bench, job: Described) -> list[str]:
    """What its container printed, without the time."""
    return [line.partition("] ")[2] for line in at.log(GROUP, f"{job['TrainingJobName']}/algo-1-")]


@pytest.fixture(scope="module")
def trained(at: Bench) -> Described:
    return train(at, epochs="4", learning_rate="0.05", mini_batch_size="16", top_k="2")


@pytest.fixture(scope="module")
def model(at: Bench, trained: Described) -> str:
    name = fresh("model")
    container = {"Image": IMAGE, "ModelDataUrl": trained["ModelArtifacts"]["S3ModelArtifacts"]}
    at.sagemaker.create_model(ModelName=name, ExecutionRoleArn=at.role, PrimaryContainer=container)
    return name


def test_it_trains_and_reports_its_metrics(at: Bench, trained: Described) -> None:
    assert trained["TrainingJobStatus"] == "Completed", trained.get("FailureReason")
    metrics = {item["MetricName"]: item["Value"] for item in trained["FinalMetricDataList"]}
    assert set(metrics) == {"train:accuracy", "validation:accuracy"}
    assert metrics["train:accuracy"] > 0.8
    printed = lines(at, trained)
    assert f"Epoch[3] Validation-accuracy={metrics['validation:accuracy']:f}" in printed
    assert any(line.startswith("Epoch[0] Train-top_k_accuracy_2=") for line in printed)


def test_the_best_epoch_is_what_is_kept(at: Bench, trained: Described) -> None:
    printed = lines(at, trained)
    marker = "Storing the best model with validation accuracy: "
    best = [float(line.removeprefix(marker)) for line in printed if line.startswith(marker)]
    validated = [float(line.partition("=")[2]) for line in printed if "Validation-accuracy=" in line]
    assert (best, best[-1]) == (sorted(set(best)), max(validated))
    kept = f"image-classification-{validated.index(max(validated)) + 1:04d}.params"
    with tarfile.open(fileobj=io.BytesIO(at.get(f"out/{trained['TrainingJobName']}/output/model.tar.gz"))) as archive:
        assert sorted(archive.getnames()) == [kept, "image-classification-symbol.json", "model-shapes.json"]


def test_a_job_that_breaks_the_rules_is_the_customers_fault_and_told_to_lack_weights(at: Bench) -> None:
    job = train(at, learning_rate="2", use_pretrained_model="1")
    assert job["FailureReason"].startswith("ClientError: The value '2' is not valid for the 'learning_rate'")
    assert job["FailureReason"].endswith("exit code: 2")
    assert any(line.startswith("Customer Error: The value '2'") for line in lines(at, job))
    said = {step["Status"]: step["StatusMessage"] for step in job["SecondaryStatusTransitions"]}
    assert "stand-in" in said["Training"]
    assert "no pretrained weights" in said["Training"]


def test_its_networks_have_the_depths_and_its_training_the_ways_that_are_documented(
    tmp_path: Path, all_environments: Path
) -> None:
    python = images.environment(images.IMAGE_CLASSIFICATION, all_environments).python
    done = subprocess.run(
        [python, SCRIPT, tmp_path], env={**os.environ, **ONE_THREAD}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout.splitlines()[-1])
    assert found["depths"] == {str(layers): layers for layers in (*LARGE_LAYERS, *SMALL_LAYERS)}
    assert 11_100_000 < found["values"]["18"] < 11_300_000
    assert found["kept"] == {"sgd": ["0002", "0003"], "nag": ["0001"], "adam": ["0001"], "rmsprop": ["0001"]}
    assert found["rates"] == [0.01, 0.001, 0.0001]


def test_pictures_are_transformed_one_by_one(at: Bench, model: str) -> None:
    for label in range(3):
        at.put(f"test/{label}.jpg", encoded(picture(label, 30)))
    job = at.transform(
        model,
        f"s3://{at.bucket}/test/",
        given={"ContentType": "application/x-image"},
        output={"Accept": "application/json"},
        MaxConcurrentTransforms=3,
    )
    assert job["TransformJobStatus"] == "Completed", job.get("FailureReason")
    found = [json.loads(at.get(f"{job['TransformJobName']}/{label}.jpg.out")) for label in range(3)]
    assert all(len(shares) == 3 and abs(sum(shares) - 1) < 1e-4 for shares in found)
    assert [shares.index(max(shares)) for shares in found] == [0, 1, 2]


def test_an_endpoint_takes_pictures_of_any_size_and_nothing_else(at: Bench, model: str) -> None:
    name = fresh("endpoint")
    variant = {"VariantName": "all", "ModelName": model, "InstanceType": "ml.m5.large", "InitialInstanceCount": 1}
    at.sagemaker.create_endpoint_config(EndpointConfigName=name, ProductionVariants=[variant])
    at.sagemaker.create_endpoint(EndpointName=name, EndpointConfigName=name)
    at.sagemaker.get_waiter("endpoint_in_service").wait(
        EndpointName=name, WaiterConfig={"Delay": 1, "MaxAttempts": 120}
    )
    ask = at.account.client("sagemaker-runtime").invoke_endpoint
    png = encoded(picture(1, 31).resize((56, 56)), "PNG")
    answer = ask(EndpointName=name, Body=png, ContentType="image/png", Accept="application/jsonlines")
    assert answer["ContentType"] == "application/jsonlines"
    shares = json.loads(answer["Body"].read())["prediction"]
    assert shares.index(max(shares)) == 1
    for body, kind, text in ((b"x", "image/jpeg", "cannot be decoded"), (b"x", "text/csv", "is not supported")):
        with pytest.raises(ClientError, match=text):
            ask(EndpointName=name, Body=body, ContentType=kind)
