"""Jobs on the images of the deep learning frameworks: their packages, what their toolkits set, and what differs."""

from __future__ import annotations

from pathlib import Path

import pytest
from botocore.exceptions import ClientError

from embedded_aws.runtime import images
from embedded_aws.runtime.images import Image
from tests.embedded_aws.account import Account
from tests.embedded_aws.bench import Bench, bench, wheel

GROUP = "/aws/sagemaker/TrainingJobs"
TRAINING = [images.PYTORCH, images.TENSORFLOW, images.AUTOGLUON]
INFERENCE = [images.PYTORCH_INFERENCE, images.TENSORFLOW_INFERENCE, images.AUTOGLUON_INFERENCE]
LINES = {
    "pytorch": """
        import torch
        torch.manual_seed(int(given.seed))
        layer = torch.nn.Linear(2, 1)
        steps = torch.optim.SGD(layer.parameters(), lr=0.1)
        x = torch.rand(64, 2); y = x.sum(dim=1, keepdim=True)
        for _ in range(200):
            loss = ((layer(x) - y) ** 2).mean()
            steps.zero_grad(); loss.backward(); steps.step()
        torch.save(layer.state_dict(), os.path.join(os.environ["SM_MODEL_DIR"], "layer.pt"))
        torch.distributed.init_process_group("gloo", rank=0, world_size=1)
        print("version", torch.__version__, "meet at", os.environ["MASTER_ADDR"], os.environ["MASTER_PORT"])
    """,
    "tensorflow": """
        import tensorflow as tf
        tf.keras.utils.set_random_seed(int(given.seed))
        model = tf.Module()
        model.weight = tf.Variable(0.0)
        for _ in range(50):
            with tf.GradientTape() as tape:
                loss = tf.square(model.weight - 3)
            model.weight.assign_sub(0.1 * tape.gradient(loss, model.weight))
        model.times = tf.function(lambda x: x * model.weight, input_signature=[tf.TensorSpec([None])])
        tf.saved_model.save(model, os.path.join(os.environ["SM_MODEL_DIR"], "1"), signatures=model.times)
        print("version", tf.__version__, "meet at", os.environ.get("MASTER_ADDR"))
    """,
    "autogluon": """
        import autogluon.common, pandas as pd
        from autogluon.tabular import TabularPredictor
        rows = pd.DataFrame({"x": range(200)}); rows["late"] = rows["x"] > 99
        predictor = TabularPredictor("late", path=os.environ["SM_MODEL_DIR"]).fit(
            rows, hyperparameters={"XGB": {"n_estimators": 5}}, num_gpus=0, fit_weighted_ensemble=False)
        loss = 1 - predictor.evaluate(rows)["accuracy"]
        print("version", autogluon.common.__version__, "meet at", os.environ["MASTER_ADDR"])
    """,
}
START = """
        import argparse, json, os, sys
        options = argparse.ArgumentParser(); options.add_argument("--seed"); given = options.parse_args()
        import tiny
"""
END = """
        print("loss is", "small" if loss < 0.01 else loss)
        threads = os.environ.get("OMP_NUM_THREADS")
        print("gpus", os.environ["SM_NUM_GPUS"], "python", sys.version.split()[0], "threads", threads)
"""
SAID = {
    "pytorch": ["version 2.13.0+cpu meet at algo-1 7777", "loss is small", "gpus 0 python 3.11"],
    "tensorflow": ["version 2.21.0 meet at None", "loss is small", "gpus 0 python 3.12"],
    "autogluon": ["version 1.5.0 meet at algo-1", "loss is small", "gpus 0 python 3.12"],
}
LEFT = {"pytorch": "layer.pt", "tensorflow": "1/saved_model.pb", "autogluon": "predictor.pkl"}


@pytest.fixture(scope="module")
def at(account: Account, all_environments: Path) -> Bench:
    return bench(account)


def specification(image: Image) -> dict[str, str]:
    return {"TrainingImage": image.uri, "TrainingInputMode": "File"}


@pytest.mark.parametrize("image", TRAINING, ids=lambda image: image.framework)
def test_a_script_trains_with_the_images_framework(at: Bench, image: Image) -> None:
    at.put("wheels/tiny-1.0-py3-none-any.whl", wheel("tiny", "VALUE = 41"))
    source = {"S3DataType": "S3Prefix", "S3Uri": f"s3://{at.bucket}/wheels/"}
    job = at.train(
        START + LINES[image.framework] + END,
        files={"requirements_txt": "--no-index\n/opt/ml/input/data/wheels/tiny-1.0-py3-none-any.whl\n"},
        HyperParameters={"seed": "7"},
        InputDataConfig=[{"ChannelName": "wheels", "DataSource": {"S3DataSource": source}}],
        AlgorithmSpecification=specification(image),
        StoppingCondition={"MaxRuntimeInSeconds": 300},
    )
    lines = at.log(GROUP, f"{job['TrainingJobName']}/algo-1-")
    assert job["TrainingJobStatus"] == "Completed", (job.get("FailureReason"), lines[-20:])
    for said in SAID[image.framework]:
        assert [line for line in lines if line.startswith(said)], lines
    assert lines[-1].endswith("threads None")
    assert LEFT[image.framework] in at.names(f"out/{job['TrainingJobName']}/output/model.tar.gz")
    assert lines[0] == f"[embedded AWS] {image.name}: {image.differences[0]}"
    steps = {step["Status"]: step["StatusMessage"] for step in job["SecondaryStatusTransitions"]}
    assert steps["Training"].endswith(f"[embedded AWS: {image.differences[0]}]")


@pytest.mark.parametrize("image", INFERENCE, ids=lambda image: image.framework)
def test_an_image_that_serves_trains_no_script(at: Bench, image: Image) -> None:
    with pytest.raises(ClientError, match="the image only serves"):
        at.train("pass", AlgorithmSpecification=specification(image))


def test_a_processing_job_has_the_framework(at: Bench) -> None:
    command = ["python3", "/opt/ml/processing/input/code/script.py"]
    job = at.process(
        "import torch; print(torch.__version__)",
        AppSpecification={"ImageUri": images.PYTORCH.uri, "ContainerEntrypoint": command},
    )
    lines = at.log("/aws/sagemaker/ProcessingJobs", f"{job['ProcessingJobName']}/algo-1-")
    assert (job["ProcessingJobStatus"], lines[-1]) == ("Completed", "2.13.0+cpu")


def test_distributions_that_the_toolkits_would_start_are_refused(at: Bench) -> None:
    with pytest.raises(ClientError, match="the hyperparameter sagemaker_mpi_enabled"):
        at.train(
            "pass",
            HyperParameters={"sagemaker_mpi_enabled": "true", "sagemaker_torch_distributed_enabled": "false"},
            AlgorithmSpecification=specification(images.PYTORCH),
        )
