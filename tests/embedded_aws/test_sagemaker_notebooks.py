"""Notebook instances and lifecycle configurations: every state, and what is refused in it."""

from __future__ import annotations

import base64

import pytest

from embedded_aws.sagemaker.errors import AwsError
from embedded_aws.sagemaker.kinds import NOTEBOOK_INSTANCE
from tests.embedded_aws.sagemaker_stubs import ACCOUNT, REGION, ROLE, Params, Stand, notebook, stand
from tests.embedded_aws.waiting import eventually

ARN = f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:notebook-instance/desk"
CONFIG_ARN = f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:notebook-instance-lifecycle-config/setup"
CONFIG = {"NotebookInstanceLifecycleConfigName": "setup"}
DESK = {"NotebookInstanceName": "desk"}
SCRIPT = [{"Content": base64.b64encode(b"#!/bin/bash\necho hi\n").decode()}]
ALLOWED = {
    "StopNotebookInstance": (["InService"], "Stopping"),
    "StartNotebookInstance": (["Stopped", "Failed"], "Pending"),
    "DeleteNotebookInstance": (["Stopped", "Failed"], "Deleting"),
    "UpdateNotebookInstance": (["Stopped", "Failed"], "Updating"),
}
STATES = ["Pending", "InService", "Stopping", "Stopped", "Failed", "Deleting", "Updating"]


@pytest.fixture
def at() -> Stand:
    """A notebook instance in Pending; Updating lasts long enough to be seen on a busy machine."""
    made = stand(settle_seconds=0.3)
    made("CreateNotebookInstance", **notebook())
    return made


def error(at: Stand, action: str, **params: object) -> tuple[str, str]:
    with pytest.raises(AwsError) as caught:
        at(action, **params)
    return caught.value.code, caught.value.message


def status(at: Stand) -> str:
    return str(at("DescribeNotebookInstance", **DESK)["NotebookInstanceStatus"])


def put_into(at: Stand, state: str) -> None:
    at.runtime.finish()
    at.plane.transition(NOTEBOOK_INSTANCE, at.plane.record(NOTEBOOK_INSTANCE, "desk"), state)


def test_the_defaults(at: Stand) -> None:
    desk = at("DescribeNotebookInstance", **DESK)
    assert desk["NotebookInstanceStatus"] == "Pending"
    assert desk["NotebookInstanceArn"] == ARN
    assert (desk["DirectInternetAccess"], desk["RootAccess"], desk["VolumeSizeInGB"]) == ("Enabled", "Enabled", 5)
    assert desk["PlatformIdentifier"] == "notebook-al2023-v1"
    assert desk["InstanceMetadataServiceConfiguration"] == {"MinimumInstanceMetadataServiceVersion": "1"}
    assert desk["Url"] == f"desk.notebook.{REGION}.sagemaker.aws"


def test_a_whole_life(at: Stand) -> None:
    seen = [status(at)]
    for action in ("Stop", "Start", "Stop", "Delete"):
        at.runtime.finish()
        at(f"{action}NotebookInstance", **DESK)
        seen.append(status(at))
    assert seen == ["Pending", "Stopping", "Pending", "Stopping", "Deleting"]
    at.runtime.finish()
    assert error(at, "DescribeNotebookInstance", **DESK) == ("ValidationException", "RecordNotFound")
    assert [call[0] for call in at.runtime.calls] == ["started", "stopping", "started", "stopping", "deleting"]


@pytest.mark.parametrize("action", ALLOWED)
@pytest.mark.parametrize("state", STATES)
def test_states_allow_what_aws_allows(at: Stand, state: str, action: str) -> None:
    put_into(at, state)
    states, target = ALLOWED[action]
    if state in states:
        at(action, **DESK)
        assert status(at) == target
    else:
        code, message = error(at, action, **DESK)
        assert code == "ValidationException"
        assert message.startswith(f"Status ({state}) not in ([{', '.join(states)}]). ")
        assert message.endswith(f"Unable to transition to ({target}) for Notebook Instance ({ARN})")
        assert status(at) == state


def test_a_doubled_name(at: Stand) -> None:
    assert error(at, "CreateNotebookInstance", **notebook("Desk")) == (
        "ValidationException",
        f"Cannot create a duplicate Notebook Instance ({ARN})",
    )


def test_a_start_forgets_why_it_failed(at: Stand) -> None:
    at.plane.transition(NOTEBOOK_INSTANCE, at.plane.record(NOTEBOOK_INSTANCE, "desk"), "Failed", FailureReason="exit 1")
    assert at("DescribeNotebookInstance", **DESK)["FailureReason"] == "exit 1"
    at("StartNotebookInstance", **DESK)
    assert "FailureReason" not in at("DescribeNotebookInstance", **DESK)


def test_update(at: Stand) -> None:
    put_into(at, "Stopped")
    at("CreateNotebookInstanceLifecycleConfig", **CONFIG, OnStart=SCRIPT)
    at("UpdateNotebookInstance", **DESK, InstanceType="ml.m5.xlarge", VolumeSizeInGB=20, LifecycleConfigName="setup")
    assert status(at) == "Updating"
    eventually(lambda: status(at) == "Stopped")
    desk = at("DescribeNotebookInstance", **DESK)
    assert (desk["InstanceType"], desk["VolumeSizeInGB"]) == ("ml.m5.xlarge", 20)
    assert desk["NotebookInstanceLifecycleConfigName"] == "setup"
    at("UpdateNotebookInstance", **DESK, DisassociateLifecycleConfig=True)
    assert "NotebookInstanceLifecycleConfigName" not in at("DescribeNotebookInstance", **DESK)


def test_a_volume_does_not_shrink(at: Stand) -> None:
    put_into(at, "Stopped")
    at("UpdateNotebookInstance", **DESK, VolumeSizeInGB=9)
    eventually(lambda: status(at) == "Stopped")
    assert "cannot be made smaller than 9" in error(at, "UpdateNotebookInstance", **DESK, VolumeSizeInGB=8)[1]
    assert status(at) == "Stopped"


def test_an_update_checks_what_it_refers_to(at: Stand) -> None:
    put_into(at, "Stopped")
    assert "does not exist" in error(at, "UpdateNotebookInstance", **DESK, LifecycleConfigName="none")[1]
    both = {"LifecycleConfigName": "setup", "DisassociateLifecycleConfig": True}
    assert "cannot be given together" in error(at, "UpdateNotebookInstance", **DESK, **both)[1]
    at.roles.bad.add(ROLE)
    assert "Could not assume role" in error(at, "UpdateNotebookInstance", **DESK, RoleArn=ROLE)[1]
    assert status(at) == "Stopped"


def test_presigned_url_only_in_service(at: Stand) -> None:
    code, message = error(at, "CreatePresignedNotebookInstanceUrl", **DESK)
    assert (code, "Status (Pending) not in ([InService])" in message) == ("ValidationException", True)
    at.runtime.finish()
    answer = at("CreatePresignedNotebookInstanceUrl", **DESK)
    assert answer == {"AuthorizedUrl": "http://127.0.0.1:8888/lab?token=desk"}
    shorter = {**DESK, "SessionExpirationDurationInSeconds": 1800}
    assert error(at, "CreatePresignedNotebookInstanceUrl", **shorter)[0] == "UnknownOperationException"


def test_a_lifecycle_configuration() -> None:
    at = stand()
    assert at("CreateNotebookInstanceLifecycleConfig", **CONFIG, OnCreate=SCRIPT) == {
        "NotebookInstanceLifecycleConfigArn": CONFIG_ARN
    }
    shown = at("DescribeNotebookInstanceLifecycleConfig", **CONFIG)
    assert shown["OnCreate"] == SCRIPT
    assert "OnStart" not in shown
    assert error(at, "CreateNotebookInstanceLifecycleConfig", **CONFIG)[1] == (
        f"Unable to create Notebook Instance Lifecycle Config {CONFIG_ARN}. "
        "(Details: Notebook Instance Lifecycle Config already exists.)"
    )
    at("UpdateNotebookInstanceLifecycleConfig", **CONFIG, OnStart=SCRIPT)
    updated = at("DescribeNotebookInstanceLifecycleConfig", **CONFIG)
    assert updated["OnStart"] == SCRIPT
    assert updated["LastModifiedTime"] > updated["CreationTime"]
    at("DeleteNotebookInstanceLifecycleConfig", **CONFIG)
    for verb, word in (("Describe", "describe"), ("Delete", "delete")):
        assert error(at, f"{verb}NotebookInstanceLifecycleConfig", **CONFIG)[1] == (
            f"Unable to {word} Notebook Instance Lifecycle Config '{CONFIG_ARN}'. "
            "(Details: Notebook Instance Lifecycle Config does not exist.)"
        )


def test_a_lifecycle_configuration_in_use_stays() -> None:
    at = stand()
    at("CreateNotebookInstanceLifecycleConfig", **CONFIG, OnStart=SCRIPT)
    at.done("CreateNotebookInstance", **notebook(LifecycleConfigName="Setup"))
    assert at("DescribeNotebookInstance", **DESK)["NotebookInstanceLifecycleConfigName"] == "setup"
    code, message = error(at, "DeleteNotebookInstanceLifecycleConfig", **CONFIG)
    assert (code, "in use by Notebook Instances: desk" in message) == ("ValidationException", True)
    at.done("StopNotebookInstance", **DESK)
    at.done("DeleteNotebookInstance", **DESK)
    at("DeleteNotebookInstanceLifecycleConfig", **CONFIG)


def test_an_unknown_lifecycle_configuration() -> None:
    at = stand()
    assert "does not exist" in error(at, "CreateNotebookInstance", **notebook(LifecycleConfigName="none"))[1]
    assert at("ListNotebookInstances") == {"NotebookInstances": []}


def test_the_limit_of_a_script_is_that_of_its_base64() -> None:
    at = stand()
    largest, too_large = ([{"Content": base64.b64encode(b"x" * size).decode()}] for size in (12288, 12289))
    assert len(largest[0]["Content"]) == 16384
    at("CreateNotebookInstanceLifecycleConfig", **CONFIG, OnCreate=largest)
    code, message = error(at, "UpdateNotebookInstanceLifecycleConfig", **CONFIG, OnCreate=too_large)
    assert code == "ValidationException"
    assert message.endswith("Member must have length less than or equal to 16384")


@pytest.mark.parametrize("script", [{}, {"Content": "#!/bin/bash"}, {"Content": "abc"}, {"Content": "ab=c"}])
def test_a_script_that_is_not_base64(script: Params) -> None:
    assert "base64" in error(stand(), "CreateNotebookInstanceLifecycleConfig", **CONFIG, OnStart=[script])[1]


def test_quotas_count_running_instances() -> None:
    at = stand(quotas={"ml.t3.medium for notebook instance usage": 1})
    at.done("CreateNotebookInstance", **notebook())
    assert error(at, "CreateNotebookInstance", **notebook("second"))[0] == "ResourceLimitExceeded"
    at.done("StopNotebookInstance", **DESK)
    at.done("CreateNotebookInstance", **notebook("second"))
    assert error(at, "StartNotebookInstance", **DESK)[0] == "ResourceLimitExceeded"
    assert status(at) == "Stopped"
