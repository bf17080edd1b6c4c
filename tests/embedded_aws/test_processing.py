"""Processing jobs as real processes: inputs, outputs, configuration, messages, failures."""

from __future__ import annotations

import http.client
from urllib.parse import urlsplit

import pytest
from botocore.exceptions import ClientError

from tests.embedded_aws.account import Account
from tests.embedded_aws.bench import CLUSTER, SCIKIT_LEARN, Bench, bench

GROUP = "/aws/sagemaker/ProcessingJobs"


@pytest.fixture(scope="module")
def at(account: Account) -> Bench:
    return bench(account)


def source(uri: str, path: str) -> dict[str, object]:
    given = {"S3Uri": uri, "LocalPath": path, "S3DataType": "S3Prefix", "S3InputMode": "File"}
    return {"InputName": path.rsplit("/", 1)[-1], "S3Input": given}


def target(uri: str, path: str) -> dict[str, object]:
    given = {"S3Uri": uri, "LocalPath": path, "S3UploadMode": "EndOfJob"}
    return {"OutputName": path.rsplit("/", 1)[-1], "S3Output": given}


def test_inputs_become_outputs(at: Bench) -> None:
    raw = at.put("raw/data.csv", "1\n2\n3\n")
    script = """
        import json, sys
        from pathlib import Path
        base = Path("/opt/ml/processing")
        rows = (base / "input/raw/data.csv").read_text().split()
        (base / "train/rows.csv").write_text("\\n".join(rows[:2]))
        (base / "test/sub").mkdir()
        (base / "test/sub/rows.csv").write_text(rows[2])
        config = json.loads(Path("/opt/ml/config/processingjobconfig.json").read_text())
        print(config["ProcessingJobName"], sys.argv[1:])
        Path("/opt/ml/output/message").write_text("3 rows")
    """
    job = at.process(
        script,
        inputs=[source(raw, "/opt/ml/processing/input/raw")],
        ProcessingOutputConfig={
            "Outputs": [
                target(f"s3://{at.bucket}/split/{name}", f"/opt/ml/processing/{name}") for name in ("train", "test")
            ]
        },
        AppSpecification={
            "ImageUri": SCIKIT_LEARN,
            "ContainerEntrypoint": ["python3", "/opt/ml/processing/input/code/script.py"],
            "ContainerArguments": ["--seed", "7"],
        },
    )
    assert (job["ProcessingJobStatus"], job["ExitMessage"]) == ("Completed", "3 rows")
    assert (at.get("split/train/rows.csv"), at.get("split/test/sub/rows.csv")) == (b"1\n2", b"3")
    assert f"{job['ProcessingJobName']} ['--seed', '7']" in at.log(GROUP, f"{job['ProcessingJobName']}/algo-1-")
    assert job["ProcessingStartTime"] <= job["ProcessingEndTime"]


def test_the_scikit_learn_image_has_its_packages(at: Bench) -> None:
    job = at.process("import numpy, pandas, scipy, sklearn; print(numpy.__version__, pandas.__version__, "
                     "scipy.__version__, sklearn.__version__)")  # fmt: skip
    assert "2.5.1 2.2.3 1.18.0 1.9.0" in at.log(GROUP, f"{job['ProcessingJobName']}/algo-1-")


def test_requirements_are_not_installed(at: Bench) -> None:
    at_work = "import pathlib, importlib.util; print('found', importlib.util.find_spec('cowsay'))"
    job = at.process(
        at_work, inputs=[source(at.put("req/requirements.txt", "cowsay"), "/opt/ml/processing/input/more")]
    )
    assert "found None" in at.log(GROUP, f"{job['ProcessingJobName']}/algo-1-")


def test_a_failing_script_fails_the_job_in_awss_words(at: Bench) -> None:
    job = at.process("import sys; open('/opt/ml/output/message', 'w').write('row 7: no label'); sys.exit(4)")
    assert job["ProcessingJobStatus"] == "Failed"
    assert job["FailureReason"] == "AlgorithmError: See job logs for more information, exit code: 4"
    assert job["ExitMessage"] == "row 7: no label"


def test_missing_input_fails_the_job(at: Bench) -> None:
    job = at.process("pass", inputs=[source(f"s3://{at.bucket}/nothing", "/opt/ml/processing/input/raw")])
    assert job["FailureReason"].startswith("ClientError: Failed to download data. No S3 objects found")


def test_a_job_that_takes_too_long_is_stopped(at: Bench) -> None:
    job = at.process("import time; time.sleep(30)", StoppingCondition={"MaxRuntimeInSeconds": 1})
    assert job["ProcessingJobStatus"] == "Stopped"
    assert "MaxRuntimeInSeconds of 1" in job["FailureReason"]


def test_the_credentials_of_the_container_end_with_it(at: Bench) -> None:
    script = """
        import os
        for name in ("AWS_CONTAINER_CREDENTIALS_FULL_URI", "AWS_CONTAINER_AUTHORIZATION_TOKEN"):
            print(os.environ[name])
    """
    name = at.process(script)["ProcessingJobName"]
    url, token = at.log(GROUP, f"{name}/algo-1-")[-2:]
    assert fetch(url, token) == 403


def fetch(url: str, token: str) -> int:
    """The status of an answer."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.netloc)
    connection.request("GET", parts.path, headers={"Authorization": token})
    return connection.getresponse().status


@pytest.mark.parametrize("place", ["/opt/ml/model", "/opt/ml/processing/../../../other"])
def test_paths_outside_the_processing_directory_are_refused(at: Bench, place: str) -> None:
    with pytest.raises(ClientError, match="must be below /opt/ml/processing"):
        at.process("pass", inputs=[source(f"s3://{at.bucket}/x", place)])


def test_an_image_without_an_entrypoint_is_refused(at: Bench) -> None:
    with pytest.raises(ClientError, match="without ContainerEntrypoint"):
        at.sagemaker.create_processing_job(
            ProcessingJobName="no-entrypoint",
            RoleArn=at.role,
            AppSpecification={"ImageUri": SCIKIT_LEARN},
            ProcessingResources={"ClusterConfig": CLUSTER},
        )
