"""Training jobs as real processes: script mode, entrypoints, channels, archives, failures and ends."""

from __future__ import annotations

import time
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.embedded_aws.account import Account, allow, polls
from tests.embedded_aws.bench import SCIKIT_LEARN, Bench, bench, wheel

GROUP = "/aws/sagemaker/TrainingJobs"


@pytest.fixture(scope="module")
def at(account: Account) -> Bench:
    return bench(account)


def channel(uri: str, name: str = "train") -> dict[str, Any]:
    return {"ChannelName": name, "DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": uri}}}


def entrypoint(*command: str) -> dict[str, Any]:
    return {"TrainingImage": SCIKIT_LEARN, "TrainingInputMode": "File", "ContainerEntrypoint": list(command)}


def test_a_script_trains_on_channels_and_leaves_model_and_output(at: Bench) -> None:
    at.put("rows/day1.csv", "1,2\n")
    at.put("rows/more/day2.csv", "3,4\n")
    script = """
        import argparse, json, os
        from pathlib import Path
        options = argparse.ArgumentParser()
        options.add_argument("--eta", type=float)
        options.add_argument("--deep-trees")
        given = options.parse_args()
        files = sorted(str(path.relative_to(os.environ["SM_CHANNEL_TRAIN"]))
                       for path in Path(os.environ["SM_CHANNEL_TRAIN"]).rglob("*.csv"))
        Path("/opt/ml/model/model.json").write_text(json.dumps([given.eta, given.deep_trees, files]))
        Path(os.environ["SM_OUTPUT_DATA_DIR"], "notes").write_text(os.environ["SM_HPS"])
        print("validation-auc:0.5")
        print("validation-auc:0.75")
    """
    metric = {"Name": "auc", "Regex": "validation-auc:([0-9.]+)"}
    job = at.train(
        script,
        HyperParameters={"eta": "0.3", "deep-trees": "true"},
        InputDataConfig=[channel(f"s3://{at.bucket}/rows")],
        AlgorithmSpecification={
            "TrainingImage": SCIKIT_LEARN,
            "TrainingInputMode": "File",
            "MetricDefinitions": [metric],
        },
    )
    assert job["TrainingJobStatus"] == "Completed"
    artifacts = job["ModelArtifacts"]["S3ModelArtifacts"]
    assert artifacts == f"s3://{at.bucket}/out/{job['TrainingJobName']}/output/model.tar.gz"
    model = at.unpacked(artifacts.removeprefix(f"s3://{at.bucket}/"))
    assert model == {"model.json": '[0.3, "True", ["day1.csv", "more/day2.csv"]]'}
    output = at.unpacked(f"out/{job['TrainingJobName']}/output/output.tar.gz")
    assert output == {"notes": '{"eta": 0.3, "deep-trees": true}'}
    assert [(item["MetricName"], item["Value"]) for item in job["FinalMetricDataList"]] == [("auc", 0.75)]
    steps = [step["Status"] for step in job["SecondaryStatusTransitions"]]
    assert steps == ["Starting", "Pending", "Downloading", "Training", "Uploading", "Completed"]


def test_an_algorithms_own_metrics_are_read_from_its_scripts_log(at: Bench) -> None:
    job = at.train(
        "print('[0]\\ttrain-auc:0.6\\tvalidation-auc:0.5'); print('[9]\\ttrain-auc:0.9\\tvalidation-auc:7e-1')"
    )
    found = {item["MetricName"]: item["Value"] for item in job["FinalMetricDataList"]}
    assert found == {"train:auc": 0.9, "validation:auc": 0.7}


def test_the_image_has_its_packages_and_the_log_says_what_differs(at: Bench) -> None:
    job = at.train("import numpy, pandas, sklearn, xgboost; print(numpy.__version__, pandas.__version__, "
                   "sklearn.__version__, xgboost.__version__)")  # fmt: skip
    lines = at.log(GROUP, f"{job['TrainingJobName']}/algo-1-")
    assert "xgboost-cpu stands for xgboost" in lines[0]
    assert "2.1.0 2.2.3 1.8.0 3.2.0" in lines


def test_an_entrypoint_runs_for_real_below_opt_ml(at: Bench) -> None:
    command = "cat /opt/ml/input/config/hyperparameters.json; hostname; pwd; echo $TRAINING_JOB_NAME $COLOUR"
    job = at.train(
        AlgorithmSpecification=entrypoint("/bin/bash", "-c", command),
        HyperParameters={"depth": "4"},
        Environment={"COLOUR": "blue"},
    )
    lines = at.log(GROUP, f"{job['TrainingJobName']}/algo-1-")
    assert lines[-3:] == ['{"depth": "4"}algo-1', "/", f"{job['TrainingJobName']} blue"]
    assert job["TrainingJobStatus"] == "Completed"


def test_requirements_are_installed_for_the_job_only(at: Bench) -> None:
    at.put("wheels/tiny-1.0-py3-none-any.whl", wheel("tiny", "VALUE = 41"))
    files = {"requirements_txt": "--no-index\n/opt/ml/input/data/wheels/tiny-1.0-py3-none-any.whl\n"}
    wheels = [channel(f"s3://{at.bucket}/wheels/", "wheels")]
    job = at.train("import tiny; print('tiny is', tiny.VALUE)", files=files, InputDataConfig=wheels)
    assert "tiny is 41" in at.log(GROUP, f"{job['TrainingJobName']}/algo-1-")
    later = at.train("import tiny")
    assert "No module named 'tiny'" in later["FailureReason"]


def test_requirements_that_cannot_be_installed_fail_the_job(at: Bench) -> None:
    job = at.train("pass", files={"requirements_txt": "--no-index\nno-such-package\n"})
    assert "InstallRequirementsError" in job["FailureReason"]
    assert "no-such-package" in job["FailureReason"]


def test_a_failing_script_gives_its_reason(at: Bench) -> None:
    job = at.train("raise ValueError('the label column is missing')")
    assert job["TrainingJobStatus"] == job["SecondaryStatus"] == "Failed"
    assert job["FailureReason"].startswith("AlgorithmError: ExecuteUserScriptError:\nExitCode 1")
    assert "the label column is missing" in job["FailureReason"]
    assert job["FailureReason"].endswith("exit code: 1")


def test_a_failure_file_is_the_reason(at: Bench) -> None:
    command = "echo 'too few rows' > /opt/ml/output/failure; exit 3"
    job = at.train(AlgorithmSpecification=entrypoint("/bin/bash", "-c", command))
    assert job["FailureReason"] == "AlgorithmError: too few rows, exit code: 3"


def test_a_job_that_takes_too_long_ends_with_its_model(at: Bench) -> None:
    command = "echo half > /opt/ml/model/half; sleep 30"
    job = at.train(
        AlgorithmSpecification=entrypoint("/bin/bash", "-c", command), StoppingCondition={"MaxRuntimeInSeconds": 1}
    )
    assert (job["TrainingJobStatus"], job["SecondaryStatus"]) == ("Stopped", "MaxRuntimeExceeded")
    assert at.unpacked(f"out/{job['TrainingJobName']}/output/model.tar.gz") == {"half": "half\n"}


def test_a_stopped_job_may_save_its_model(at: Bench) -> None:
    command = "trap 'echo saved > /opt/ml/model/last; exit 0' TERM; echo up; while :; do sleep 0.05; done"
    name = at.train(wait=False, AlgorithmSpecification=entrypoint("/bin/bash", "-c", command))["TrainingJobName"]
    for _ in polls(20):
        if at.sagemaker.describe_training_job(TrainingJobName=name)["SecondaryStatus"] == "Training":
            break
    time.sleep(0.5)
    at.sagemaker.stop_training_job(TrainingJobName=name)
    job = at.ended("training_job", "TrainingJob", name)
    assert (job["TrainingJobStatus"], job["SecondaryStatus"]) == ("Stopped", "Stopped")
    assert at.unpacked(f"out/{name}/output/model.tar.gz") == {"last": "saved\n"}


def test_a_job_acts_with_its_roles_rights_only(at: Bench) -> None:
    at.put("mine", "mine")
    other = at.account.bucket()
    script = f"""
        import boto3
        s3 = boto3.client("s3", region_name="us-east-1")
        print("read", s3.get_object(Bucket="{at.bucket}", Key="mine")["Body"].read())
        try:
            s3.list_objects_v2(Bucket="{other}")
        except s3.exceptions.ClientError as error:
            print("refused", error.response["Error"]["Code"])
        print(boto3.client("sts", region_name="us-east-1").get_caller_identity()["Arn"])
    """
    lines = at.log(GROUP, f"{at.train(script)['TrainingJobName']}/algo-1-")
    assert lines[-3:-1] == ["read b'mine'", "refused AccessDenied"]
    assert lines[-1].endswith(f"assumed-role/{at.role.rsplit('/', 1)[-1]}/SageMaker")


def test_missing_input_is_refused_in_awss_words(at: Bench) -> None:
    with pytest.raises(ClientError, match="No S3 objects found under S3 URL") as refused:
        at.train("pass", InputDataConfig=[channel(f"s3://{at.bucket}/nothing/here")])
    assert refused.value.response["Error"]["Code"] == "ValidationException"


def test_a_role_without_rights_on_the_output_fails_the_job(at: Bench) -> None:
    role = at.account.role(allow("s3:GetObject", "s3:ListBucket"), allow("logs:*"))
    job = at.train("print('trained')", RoleArn=role)
    assert job["TrainingJobStatus"] == "Failed"
    assert job["FailureReason"].startswith("ClientError: Artifact upload failed:AccessDenied")


def test_nothing_to_run_is_refused(at: Bench) -> None:
    with pytest.raises(ClientError, match="without ContainerEntrypoint or the hyperparameters sagemaker_program"):
        at.train()


def test_lines_are_in_the_log_while_the_job_runs(at: Bench) -> None:
    command = entrypoint("/bin/bash", "-c", "echo first; sleep 20")
    name = at.train(wait=False, AlgorithmSpecification=command)["TrainingJobName"]
    for _ in polls(10):
        if "first" in at.log(GROUP, f"{name}/algo-1-"):
            break
    assert at.sagemaker.describe_training_job(TrainingJobName=name)["TrainingJobStatus"] == "InProgress"
    at.sagemaker.stop_training_job(TrainingJobName=name)


def test_a_role_without_rights_on_logs_loses_its_lines_and_not_its_job(at: Bench) -> None:
    role = at.account.role(allow("s3:GetObject", "s3:PutObject", "s3:ListBucket"))
    job = at.train("print('unheard')", RoleArn=role)
    assert job["TrainingJobStatus"] == "Completed"
    assert at.log(GROUP, f"{job['TrainingJobName']}/algo-1-") == []


def test_describe_says_what_differs_from_awss_image(at: Bench) -> None:
    steps = at.train("pass")["SecondaryStatusTransitions"]
    said = {step["Status"]: step["StatusMessage"] for step in steps}
    assert said["Training"].endswith("[embedded AWS: xgboost-cpu stands for xgboost]")
