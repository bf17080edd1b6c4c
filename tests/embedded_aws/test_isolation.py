"""The runtime without root, and without namespaces at all: what still works, and what is refused by name."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from embedded_aws.clock import Clock
from embedded_aws.runtime.local import LocalRuntime, Settings
from embedded_aws.runtime.sandbox import Isolation
from embedded_aws.sagemaker import endpoints
from embedded_aws.sagemaker.control_plane import ControlPlane, Credentials, Invocation
from embedded_aws.sagemaker.errors import AwsError
from tests.embedded_aws import sagemaker_stubs as stubs
from tests.embedded_aws.account import Account, polls
from tests.embedded_aws.bench import SCIKIT_LEARN, Bench, archive, bench
from tests.embedded_aws.test_sandbox import AVAILABLE

Start = Callable[..., ControlPlane]
WEAK = [
    pytest.param(Isolation.USER, marks=pytest.mark.skipif(AVAILABLE is Isolation.NONE, reason="needs user namespaces")),
    Isolation.NONE,
]


class RootSessions:
    """Every role's session is the root's: rights are other tests' matter."""

    def __init__(self, account: Account) -> None:
        self._key = account.root

    def session(
        self, role_arn: str, service: str = "sagemaker.amazonaws.com", session_name: str = "SageMaker"
    ) -> Credentials:
        """The root key."""
        until = datetime.now(UTC) + timedelta(hours=1)
        return Credentials(self._key.access_key_id, self._key.secret_access_key, "", until)


@pytest.fixture
def start(account: Account, environments: Path, tmp_path: Path) -> Iterator[Start]:
    """Makes control planes over a runtime of this process, which uses the engine for objects and logs."""
    made: list[ControlPlane] = []

    def make(isolation: Isolation, speed: float | None = None) -> ControlPlane:
        engine, sessions = account.engine, RootSessions(account)
        settings = Settings(
            endpoint_url=engine.endpoint,
            region=engine.region,
            account=engine.account,
            state=tmp_path,
            environments=environments,
            clock=Clock(speed),
            isolation=isolation,
        )
        runtime = LocalRuntime(settings, sessions)
        made.append(ControlPlane(account=engine.account, region=engine.region, runtime=runtime, roles=sessions))
        return made[-1]

    yield make
    for plane in made:
        plane.shutdown()


@pytest.fixture(scope="module")
def at(account: Account) -> Bench:
    return bench(account)


def settled(plane: ControlPlane, kind: str, name: str) -> dict[str, Any]:
    for _ in polls(60):
        found = plane.call(f"Describe{kind}", {f"{kind}Name": name})
        if found[f"{kind}Status"] not in {"InProgress", "Creating", "Pending", "Stopping", "Updating"}:
            break
    return found


@pytest.mark.parametrize("isolation", WEAK)
def test_a_script_trains(start: Start, at: Bench, isolation: Isolation) -> None:
    plane = start(isolation)
    script = """
        import os, sys
        from pathlib import Path
        rows = (Path(os.environ["SM_CHANNEL_TRAIN"]) / "rows.csv").read_text()
        Path(os.environ["SM_MODEL_DIR"], "model").write_text(rows + sys.argv[2])
    """
    source = at.put(f"{isolation}/sourcedir.tar.gz", archive(train_py=script))
    rows = at.put(f"{isolation}/rows.csv", "1,2")
    channel = {"ChannelName": "train", "DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": rows}}}
    parameters = {"sagemaker_program": "train.py", "sagemaker_submit_directory": source, "eta": "0.1"}
    output = {"S3OutputPath": f"s3://{at.bucket}/{isolation}"}
    request = stubs.training("job", InputDataConfig=[channel], HyperParameters=parameters, OutputDataConfig=output)
    plane.call("CreateTrainingJob", request)
    found = settled(plane, "TrainingJob", "job")
    assert found["TrainingJobStatus"] == "Completed", found.get("FailureReason")
    assert at.unpacked(f"{isolation}/job/output/model.tar.gz") == {"model": "1,20.1"}


@pytest.mark.parametrize("isolation", WEAK)
def test_a_script_that_is_told_its_paths_processes(start: Start, at: Bench, isolation: Isolation) -> None:
    plane = start(isolation)
    base = "/opt/ml/processing"
    code = at.put(f"{isolation}/code/copy.py", "import shutil, sys; shutil.copy(sys.argv[1], sys.argv[2])")
    given = {"S3Uri": code, "LocalPath": f"{base}/code", "S3DataType": "S3Prefix", "S3InputMode": "File"}
    made = {"S3Uri": f"s3://{at.bucket}/{isolation}/out", "LocalPath": f"{base}/out", "S3UploadMode": "EndOfJob"}
    command = ["python3", f"{base}/code/copy.py", f"{base}/code/copy.py", f"{base}/out/copied.py"]
    request = stubs.processing(
        AppSpecification={"ImageUri": SCIKIT_LEARN, "ContainerEntrypoint": command},
        ProcessingInputs=[{"InputName": "code", "S3Input": given}],
        ProcessingOutputConfig={"Outputs": [{"OutputName": "out", "S3Output": made}]},
    )
    plane.call("CreateProcessingJob", request)
    found = settled(plane, "ProcessingJob", "job")
    assert found["ProcessingJobStatus"] == "Completed", found.get("FailureReason")
    assert at.get(f"{isolation}/out/copied.py").startswith(b"import shutil")


@pytest.mark.parametrize("isolation", WEAK)
def test_an_endpoint_answers(start: Start, at: Bench, isolation: Isolation) -> None:
    plane = start(isolation)
    script = """
        def model_fn(folder):
            return open(f"{folder}/word.txt").read()

        def transform_fn(model, body, content_type, accept):
            return model + body, accept
    """
    data = at.put(f"{isolation}/model.tar.gz", archive(code__infer_py=script, word_txt="hello "))
    variables = {"SAGEMAKER_PROGRAM": "infer.py", "SAGEMAKER_SUBMIT_DIRECTORY": "/opt/ml/model/code"}
    container = {"Image": SCIKIT_LEARN, "ModelDataUrl": data, "Environment": variables}
    plane.call("CreateModel", stubs.a_model(PrimaryContainer=container))
    plane.call("CreateEndpointConfig", {"EndpointConfigName": "config", "ProductionVariants": [stubs.variant()]})
    plane.call("CreateEndpoint", {"EndpointName": "endpoint", "EndpointConfigName": "config"})
    found = settled(plane, "Endpoint", "endpoint")
    assert found["EndpointStatus"] == "InService", found.get("FailureReason")
    asked = Invocation(body=b"world", content_type="text/csv")
    assert endpoints.invoke(plane, "endpoint", asked)[1].body == b"hello world"


def scripted(plane: ControlPlane, script: str) -> dict[str, Any]:
    """An instance with an on-create script, when it has settled."""
    content = base64.b64encode(script.encode()).decode()
    plane.call(
        "CreateNotebookInstanceLifecycleConfig",
        {"NotebookInstanceLifecycleConfigName": "config", "OnCreate": [{"Content": content}]},
    )
    plane.call("CreateNotebookInstance", stubs.notebook(LifecycleConfigName="config", RootAccess="Disabled"))
    return settled(plane, "NotebookInstance", "desk")


@pytest.mark.skipif(AVAILABLE is Isolation.NONE, reason="needs user namespaces")
def test_an_ordinary_users_notebook_instance_has_one_user_with_two_names(start: Start, account: Account) -> None:
    script = """#!/bin/bash
        set -e
        cd /home/ec2-user/SageMaker
        mkdir lab && chown ec2-user:ec2-user lab
        runuser -u ec2-user -- touch lab/first
        runuser -l ec2-user -c 'touch SageMaker/lab/second; pwd'
        runuser -u ec2-user -- aws --version
        sudo -u ec2-user -i sh -c 'pwd; touch SageMaker/lab/third'
        ls lab
    """
    plane = start(Isolation.USER)
    found = scripted(plane, script)
    lines = Bench(account, "", "").log("/aws/sagemaker/NotebookInstances", "desk/LifecycleConfigOnCreate")
    assert found["NotebookInstanceStatus"] == "InService", (found.get("FailureReason"), lines)
    assert lines[0] == "/home/ec2-user"
    assert lines[-4:] == ["/home/ec2-user", "first", "second", "third"]
    log = Bench(account, "", "")
    for _ in polls(20):
        if log.log("/aws/sagemaker/NotebookInstances", "desk/jupyter.log"):
            break
    said = " ".join(log.log("/aws/sagemaker/NotebookInstances", "desk/jupyter.log"))
    assert "the volume has no limit on this machine" in said
    assert "ec2-user has root's rights on this machine" in said


@pytest.mark.skipif(AVAILABLE is Isolation.NONE, reason="needs namespaces")
@pytest.mark.parametrize("script", ["sleep 30", "sleep 30 &"])
def test_a_script_that_takes_too_long_fails_the_instance(start: Start, script: str) -> None:
    found = scripted(start(AVAILABLE, speed=600), script)
    assert found["NotebookInstanceStatus"] == "Failed"
    assert "took longer than 5 minutes. Please check your CloudWatch logs" in found["FailureReason"]


def test_without_namespaces_notebook_instances_are_refused(start: Start) -> None:
    with pytest.raises(AwsError, match="on a machine that gives no namespaces is not implemented"):
        start(Isolation.NONE).call("CreateNotebookInstance", stubs.notebook())
