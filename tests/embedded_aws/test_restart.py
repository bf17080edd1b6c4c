"""What was under way when the engine was killed: it goes on where that can be, and has failed where it cannot.

AWS has no such moment, so the words are AWS's for failures of its own where there are any, and else the engine's.
"""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from embedded_aws.control import Control
from embedded_aws.sagemaker.restart import FAULT
from tests.embedded_aws.account import fresh, polls
from tests.embedded_aws.bench import Bench, bench
from tests.embedded_aws.kept import KeptEngine
from tests.embedded_aws.notebook_door import Door

Described = dict[str, Any]
VARIANT = {"VariantName": "v", "InstanceType": "ml.m5.large", "InitialInstanceCount": 1}


def again(kept: KeptEngine, at: Bench) -> Bench:
    """Killed and started again; the bench there."""
    return Bench(kept.again(), at.bucket, at.role)


# --- SageMaker ---------------------------------------------------------------------------------------------


def test_jobs_that_ran_have_failed_by_a_fault_of_aws(kept: KeptEngine) -> None:
    """FailureReason: "If the training job failed, the reason it failed." (SageMaker API, DescribeTrainingJob)."""
    at = bench(kept.account)
    training = at.train("import time\ntime.sleep(600)\n", wait=False)["TrainingJobName"]
    processing = at.process("import time\ntime.sleep(600)\n", wait=False)["ProcessingJobName"]
    done = at.process("print('done')")
    before = at.sagemaker.describe_training_job(TrainingJobName=training)
    at = again(kept, at)
    found = at.sagemaker.describe_training_job(TrainingJobName=training)
    assert (found["TrainingJobStatus"], found["SecondaryStatus"], found["FailureReason"]) == ("Failed", "Failed", FAULT)
    assert found["TrainingJobArn"] == before["TrainingJobArn"]
    assert found["CreationTime"] == before["CreationTime"] < found["TrainingEndTime"]
    found = at.sagemaker.describe_processing_job(ProcessingJobName=processing)
    assert (found["ProcessingJobStatus"], found["FailureReason"]) == ("Failed", FAULT)
    found = at.sagemaker.describe_processing_job(ProcessingJobName=done["ProcessingJobName"])
    assert found["ProcessingJobStatus"] == "Completed"
    assert at.process("print('again')")["ProcessingJobStatus"] == "Completed"


def test_job_that_was_being_stopped_is_stopped(kept: KeptEngine) -> None:
    at = bench(kept.account)
    script = "import signal, time\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\ntime.sleep(600)\n"
    name = at.train(script, wait=False)["TrainingJobName"]
    for _ in polls(60):
        if at.sagemaker.describe_training_job(TrainingJobName=name)["SecondaryStatus"] == "Training":
            break
    at.sagemaker.stop_training_job(TrainingJobName=name)
    at = again(kept, at)
    assert at.sagemaker.describe_training_job(TrainingJobName=name)["TrainingJobStatus"] == "Stopped"


def test_endpoint_serves_again_with_the_weights_it_had(kept: KeptEngine) -> None:
    """SystemUpdating: "Endpoint is undergoing maintenance" (SageMaker API Reference, DescribeEndpoint)."""
    at, name = bench(kept.account), fresh("endpoint")
    model = at.model("def model_fn(folder):\n    return 1\ndef predict_fn(data, model):\n    return data\n")
    at.sagemaker.create_endpoint_config(EndpointConfigName=name, ProductionVariants=[{**VARIANT, "ModelName": model}])
    at.sagemaker.create_endpoint(EndpointName=name, EndpointConfigName=name)
    in_service(at, name)
    weight = {"VariantName": "v", "DesiredWeight": 0.25}
    at.sagemaker.update_endpoint_weights_and_capacities(EndpointName=name, DesiredWeightsAndCapacities=[weight])
    before = in_service(at, name)
    assert answer(at, name) == [[1.0, 2.0]]
    at = again(kept, at)
    after = in_service(at, name)
    assert after["EndpointArn"] == before["EndpointArn"]
    assert after["CreationTime"] == before["CreationTime"]
    assert after["EndpointConfigName"] == name
    assert after["ProductionVariants"][0]["CurrentWeight"] == 0.25
    assert answer(at, name) == [[1.0, 2.0]]
    at.sagemaker.delete_endpoint(EndpointName=name)
    for _ in polls(30):
        if name not in [one["EndpointName"] for one in at.sagemaker.list_endpoints()["Endpoints"]]:
            break


def in_service(at: Bench, name: str) -> Described:
    for _ in polls(120):
        found: Described = at.sagemaker.describe_endpoint(EndpointName=name)
        if found["EndpointStatus"] not in {"Creating", "Updating", "SystemUpdating"}:
            break
    assert found["EndpointStatus"] == "InService", found.get("FailureReason")
    return found


def answer(at: Bench, name: str) -> object:
    runtime = at.account.client("sagemaker-runtime")
    given = {"EndpointName": name, "ContentType": "application/json", "Body": "[[1, 2]]"}
    return json.loads(runtime.invoke_endpoint(**given, Accept="application/json")["Body"].read())


def test_notebook_instances_come_back_from_their_volumes(kept: KeptEngine) -> None:
    """The volume is mounted at /home/ec2-user/SageMaker; what lies outside of it goes with the instance.

    SageMaker Developer Guide, "Protect Data at Rest Using Encryption: notebook instances and jobs".
    """
    at = bench(kept.account)
    scripts = {
        "OnCreate": "echo created >> /home/ec2-user/SageMaker/log; touch /home/ec2-user/gone",
        "OnStart": "echo started >> /home/ec2-user/SageMaker/log",
    }
    hooks = {name: [{"Content": base64.b64encode(text.encode()).decode()}] for name, text in scripts.items()}
    at.sagemaker.create_notebook_instance_lifecycle_config(NotebookInstanceLifecycleConfigName="c", **hooks)
    asked = {"InstanceType": "ml.t3.medium", "RoleArn": at.role, "LifecycleConfigName": "c"}
    for name in ("open", "halted"):
        at.sagemaker.create_notebook_instance(NotebookInstanceName=name, **asked)
    for name in ("open", "halted"):
        assert settled(at, name)["NotebookInstanceStatus"] == "InService"
    at.sagemaker.stop_notebook_instance(NotebookInstanceName="halted")
    settled(at, "halted")
    before = at.sagemaker.describe_notebook_instance(NotebookInstanceName="open")
    with door(at, "open") as browser:
        browser.run("open('/home/ec2-user/SageMaker/work', 'w').write('mine')")
    at = again(kept, at)
    assert at.sagemaker.describe_notebook_instance(NotebookInstanceName="halted")["NotebookInstanceStatus"] == "Stopped"
    after = settled(at, "open")
    assert after["NotebookInstanceStatus"] == "InService"
    assert (after["NotebookInstanceArn"], after["CreationTime"]) == (
        before["NotebookInstanceArn"],
        before["CreationTime"],
    )
    at.sagemaker.start_notebook_instance(NotebookInstanceName="halted")
    settled(at, "halted")
    for name in ("open", "halted"):
        with door(at, name) as browser:
            assert browser.run("print(open('/home/ec2-user/SageMaker/log').read().split())") == (
                "['created', 'started', 'started']\n"
            )
    with door(at, "open") as browser:
        assert browser.run("print(open('/home/ec2-user/SageMaker/work').read())") == "mine\n"
        assert browser.run("import os\nprint(os.path.exists('/home/ec2-user/gone'))") == "False\n"


def door(at: Bench, name: str) -> Door:
    return Door(at.sagemaker.create_presigned_notebook_instance_url(NotebookInstanceName=name)["AuthorizedUrl"])


def settled(at: Bench, name: str) -> Described:
    for _ in polls(120):
        found: Described = at.sagemaker.describe_notebook_instance(NotebookInstanceName=name)
        if found["NotebookInstanceStatus"] not in {"Pending", "Stopping", "Updating"}:
            break
    return found


def test_endpoint_whose_update_fails_after_a_restart_serves_as_before(kept: KeptEngine) -> None:
    """RollingBack and "Updating" return to InService (SageMaker API Reference, DescribeEndpoint, EndpointStatus)."""
    at, name = bench(kept.account), fresh("endpoint")
    good = at.model("def model_fn(folder):\n    return 1\ndef predict_fn(data, model):\n    return data\n")
    bad = at.model("import time\ntime.sleep(4)\nraise RuntimeError('no')\n")
    for config, model in ((name, good), (f"{name}-bad", bad)):
        variant = {**VARIANT, "ModelName": model}
        at.sagemaker.create_endpoint_config(EndpointConfigName=config, ProductionVariants=[variant])
    at.sagemaker.create_endpoint(EndpointName=name, EndpointConfigName=name)
    in_service(at, name)
    at.sagemaker.update_endpoint(EndpointName=name, EndpointConfigName=f"{name}-bad")
    at = again(kept, at)
    assert at.sagemaker.describe_endpoint(EndpointName=name)["EndpointStatus"] == "Updating"
    found = in_service(at, name)
    assert found["EndpointConfigName"] == name
    assert "ping health check" in found["FailureReason"]
    assert answer(at, name) == [[1.0, 2.0]]


def test_quotas_that_were_set_stay_set(kept: KeptEngine) -> None:
    """Quotas are the account's (Service Quotas User Guide, "What is Service Quotas?")."""
    Control(kept.account.engine).quota("ml.t3.medium for notebook instance usage", 0)
    at = bench(kept.again())
    with pytest.raises(ClientError, match="ResourceLimitExceeded"):
        at.sagemaker.create_notebook_instance(NotebookInstanceName="n", InstanceType="ml.t3.medium", RoleArn=at.role)


def test_event_history_knows_what_was_called_before(kept: KeptEngine) -> None:
    """It has 90 days of management events (CloudTrail User Guide, "Working with CloudTrail event history")."""
    bucket = kept.account.bucket()
    trail, named = kept.again().client("cloudtrail"), {"AttributeKey": "ResourceName", "AttributeValue": bucket}
    found = trail.lookup_events(LookupAttributes=[named])["Events"]
    assert [event["EventName"] for event in found] == ["CreateBucket"]
