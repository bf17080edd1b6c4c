"""Rules of AWS's documentation about notebook instances, each shown on a real instance.

Pages are below docs.aws.amazon.com/sagemaker/latest: `dg/notebook-lifecycle-config.html` (LCC in what follows),
`APIReference/API_NotebookInstanceLifecycleHook.html` (HOOK), `APIReference/API_UpdateNotebookInstance.html` (UPDATE).
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator

import pytest
from botocore.exceptions import ClientError

from embedded_aws.control import Control
from embedded_aws.sagemaker.errors import AwsError
from tests.embedded_aws.account import Account, allow
from tests.embedded_aws.bench import bench
from tests.embedded_aws.sagemaker_stubs import notebook, stand
from tests.embedded_aws.test_notebook import GROUP, Desks, encoded


@pytest.fixture(scope="module")
def desks(account: Account) -> Iterator[Desks]:
    made = Desks(bench(account))
    yield made
    for name in made.names:
        if made.settled(name)["NotebookInstanceStatus"] == "InService":
            made.at.sagemaker.stop_notebook_instance(NotebookInstanceName=name)


@pytest.fixture
def control(account: Account) -> Iterator[Control]:
    """The engine's control; its clock is as it was afterwards."""
    made = Control(account.engine)
    yield made
    made.speed(None)


def rescript(desks: Desks, name: str, on_start: str) -> None:
    """Change the on-start script of an instance's configuration."""
    desks.at.sagemaker.update_notebook_instance_lifecycle_config(
        NotebookInstanceLifecycleConfigName=name, OnStart=[{"Content": encoded(on_start)}]
    )


def test_log_streams_have_awss_names(desks: Desks) -> None:
    """dg/logging-cloudwatch.html: `[notebook-instance-name]/[LifecycleConfigHook]` and `.../jupyter.log`."""
    name = desks.ready(on_create="echo created", on_start="echo started")
    with desks.open(name) as door:
        door.ask("GET", "/api/contents")
    logs = desks.at.account.client("logs")
    streams = logs.describe_log_streams(logGroupName=GROUP, logStreamNamePrefix=f"{name}/")["logStreams"]
    hooks = ["LifecycleConfigOnCreate", "LifecycleConfigOnStart", "jupyter.log"]
    assert sorted(stream["logStreamName"] for stream in streams) == [f"{name}/{hook}" for hook in hooks]


def test_everybody_may_read_what_the_instance_is(desks: Desks) -> None:
    """dg/nbi-metadata.html: `/opt/ml/metadata/resource-metadata.json` has ResourceName and ResourceArn."""
    name = desks.ready()
    path = "/opt/ml/metadata/resource-metadata.json"
    with desks.open(name) as door:
        shown = json.loads(door.run(f"print(open({path!r}).read())"))
        refused = door.run(f"open({path!r}, 'w')")
    arn = desks.at.sagemaker.describe_notebook_instance(NotebookInstanceName=name)["NotebookInstanceArn"]
    assert shown == {"ResourceArn": arn, "ResourceName": name}
    assert "PermissionError" in refused


def test_on_create_runs_once_and_on_start_at_every_start_as_it_is_by_then(desks: Desks) -> None:
    """API_UpdateNotebookInstanceLifecycleConfig: updates affect instances upon their next start; HOOK, LCC: when."""
    name = desks.ready(on_create="echo created", on_start="echo first")
    desks.stop(name)
    rescript(desks, name, "echo second")
    assert desks.start(name)["NotebookInstanceStatus"] == "InService"
    desks.stop(name)
    assert desks.start(name)["NotebookInstanceStatus"] == "InService"
    assert desks.lines(name, "LifecycleConfigOnStart") == ["first", "second", "second"]
    assert desks.lines(name, "LifecycleConfigOnCreate") == ["created"]


def test_a_start_fails_with_its_script_and_the_volume_stays(desks: Desks) -> None:
    """HOOK: a script that fails, and the instance is not started. From Failed it may be started again."""
    name = desks.ready(on_create="echo kept > /home/ec2-user/SageMaker/work", on_start="true")
    desks.stop(name)
    rescript(desks, name, "exit 1")
    failed = desks.start(name)
    assert failed["NotebookInstanceStatus"] == "Failed"
    assert f"{name}/LifecycleConfigOnStart" in failed["FailureReason"]
    with pytest.raises(ClientError, match=r"Status \(Failed\) not in"):
        desks.at.sagemaker.create_presigned_notebook_instance_url(NotebookInstanceName=name)
    rescript(desks, name, "cat /home/ec2-user/SageMaker/work")
    mended = desks.start(name)
    assert (mended["NotebookInstanceStatus"], "FailureReason" in mended) == ("InService", False)
    assert desks.lines(name, "LifecycleConfigOnStart") == ["kept"]
    assert desks.lines(name, "LifecycleConfigOnCreate") == []


@pytest.mark.parametrize("hook", ["OnCreate", "OnStart"])
def test_a_script_has_five_minutes_of_the_clock(desks: Desks, control: Control, hook: str) -> None:
    """HOOK: "cannot run for longer than 5 minutes" else the instance is not created or started."""
    control.speed(300)
    scripts = {"OnCreate": {"on_create": "sleep 60"}, "OnStart": {"on_start": "sleep 60"}}
    name = desks.create(**scripts[hook])
    found = desks.settled(name)
    assert found["NotebookInstanceStatus"] == "Failed"
    assert "took longer than 5 minutes. Please check your CloudWatch logs" in found["FailureReason"]
    assert f"log stream {name}/LifecycleConfig{hook})" in found["FailureReason"]


def test_work_that_goes_on_behind_the_script_is_not_limited(desks: Desks, control: Control) -> None:
    """LCC: what takes longer is to be left in the background (nohup, its output elsewhere)."""
    control.speed(300)
    name = desks.ready(
        on_start="nohup sh -c 'sleep 2; touch /home/ec2-user/SageMaker/done' >/dev/null 2>&1 </dev/null &"
    )
    time.sleep(2)
    with desks.open(name) as door:
        assert door.run("import time, os\nwhile not os.path.exists('done'): time.sleep(.1)\nprint('done')") == "done\n"


def test_scripts_become_ec2_user_by_sudo(desks: Desks) -> None:
    """LCC's best practices: commands for the user run by `sudo -u ec2-user -i` with the script on its input."""
    name = desks.ready(
        on_start="""
            sudo -u ec2-user -i <<'EOF'
            id -un; pwd; aws sts get-caller-identity --query Account --output text
            EOF
            sudo -u ec2-user -i sh -c 'echo "$1 in $HOME"' sh "two words"
            cd /tmp
            sudo -u ec2-user X='a b' sh -c 'id -un; echo "$HOME $PWD $X ${SECRET-none}"'
            export SECRET=told
            sudo -u ec2-user sh -c 'echo "${SECRET-none}"'
            sudo -E -u ec2-user sh -c 'echo "${SECRET-none}"'
            sudo -u ec2-user -- aws sts get-caller-identity --query Account --output text
            sudo id -un
            sudo -Z true || echo refused $?
            sudo -u || echo nobody $?
        """
    )
    account = desks.at.account.engine.account
    assert desks.lines(name, "LifecycleConfigOnStart") == [
        *("ec2-user", "/home/ec2-user", account),
        "two words in /home/ec2-user",
        *("ec2-user", "/home/ec2-user /tmp a b none"),
        *("none", "told"),
        account,
        "root",
        *("sudo: -Z is not implemented by the embedded AWS", "refused 1"),
        *("sudo: option requires an argument -- 'u'", "nobody 1"),
    ]


def test_without_root_access_users_are_no_root(desks: Desks) -> None:
    """dg/nbi-root-access.html: users have no root access, scripts still run with it."""
    name = desks.ready(on_start="id -un", RootAccess="Disabled")
    assert desks.lines(name, "LifecycleConfigOnStart") == ["root"]
    commands = ("sudo id -un", "sudo -n -i", "su -c id", "runuser -u root id", "touch /etc/mine", "cat /etc/shadow")
    source = """
import subprocess
for line in %r:
    print(subprocess.run(line, shell=True, capture_output=True, input=b"").returncode)
"""
    with desks.open(name) as door:
        ended = door.run(source % (commands,)).split()
        assert len(ended) == len(commands)
        assert "0" not in ended
        said = door.run("import subprocess; print(subprocess.run(['sudo', 'id'], capture_output=True).stderr.decode())")
    assert "ec2-user is not in the sudoers file" in said


def test_users_have_root_access_unless_it_is_disabled(desks: Desks) -> None:
    """API_CreateNotebookInstance, RootAccess: Enabled by default; UPDATE: another value counts at the next start."""
    name = desks.ready()
    assert desks.at.sagemaker.describe_notebook_instance(NotebookInstanceName=name)["RootAccess"] == "Enabled"
    ask = "import subprocess; print(subprocess.run(%r, shell=True, capture_output=True, text=True).stdout)"
    shown = (
        "sudo sh -c 'id -un; echo $SUDO_USER $HOME'; sudo touch /etc/mine && echo may; sudo -u ec2-user id -un; id -un"
    )
    with desks.open(name) as door:
        assert door.run(ask % shown).split() == ["root", "ec2-user", "/root", "may", "ec2-user", "ec2-user"]
        assert door.run(ask % "sudo -i pwd").split() == ["/root"]
    desks.stop(name)
    desks.at.sagemaker.update_notebook_instance(NotebookInstanceName=name, RootAccess="Disabled")
    assert desks.settled(name)["RootAccess"] == "Disabled"
    assert desks.start(name)["NotebookInstanceStatus"] == "InService"
    with desks.open(name) as door:
        assert door.run(ask % "sudo id -un; id -un").split() == ["ec2-user"]


def test_sdks_do_not_ask_a_metadata_service(desks: Desks) -> None:
    """API_InstanceMetadataServiceConfiguration: the engine has no such service, and version 1 is refused."""
    name = desks.ready(InstanceMetadataServiceConfiguration={"MinimumInstanceMetadataServiceVersion": "2"})
    with desks.open(name) as door:
        source = "import botocore.session as s; print(s.Session().get_credentials().method)"
        assert door.run(source) == "container-role\n"
        assert door.run("import os; print(os.environ['AWS_EC2_METADATA_DISABLED'])") == "true\n"
    with pytest.raises(ClientError, match="MinimumInstanceMetadataServiceVersion=1 is not implemented"):
        desks.create(InstanceMetadataServiceConfiguration={"MinimumInstanceMetadataServiceVersion": "1"})


def test_temporary_files_end_with_the_instance(desks: Desks) -> None:
    """LCC, dg/howitworks-create-ws.html: only /home/ec2-user/SageMaker outlives a stop."""
    name = desks.ready(on_start="ls -A /tmp /var/tmp | grep -c mine; touch /tmp/mine /var/tmp/mine")
    desks.stop(name)
    assert desks.start(name)["NotebookInstanceStatus"] == "InService"
    assert desks.lines(name, "LifecycleConfigOnStart") == ["0", "0"]


def test_a_volume_grows_with_what_is_on_it(desks: Desks) -> None:
    """UPDATE: the size can be increased and not decreased; 5 GB is the default."""
    name = desks.ready(
        on_create="seq 100000 > /home/ec2-user/SageMaker/numbers", on_start="wc -l < /home/ec2-user/SageMaker/numbers"
    )
    desks.stop(name)
    update = desks.at.sagemaker.update_notebook_instance
    update(NotebookInstanceName=name, VolumeSizeInGB=6)
    assert desks.settled(name)["VolumeSizeInGB"] == 6
    with pytest.raises(ClientError, match="cannot be made smaller than 6"):
        update(NotebookInstanceName=name, VolumeSizeInGB=5)
    assert desks.start(name)["NotebookInstanceStatus"] == "InService"
    assert desks.lines(name, "LifecycleConfigOnStart") == ["100000", "100000"]
    with pytest.raises(ClientError, match=r"Status \(InService\) not in"):
        update(NotebookInstanceName=name, VolumeSizeInGB=7)


@pytest.mark.parametrize(("size", "said"), [(4, "greater than or equal to 5"), (16385, "less than or equal to 16384")])
def test_a_volume_has_5_to_16384_gigabytes(size: int, said: str) -> None:
    """API_CreateNotebookInstance, VolumeSizeInGB: valid range (below it, boto3 itself refuses)."""
    with pytest.raises(AwsError, match=said):
        stand()("CreateNotebookInstance", **notebook(VolumeSizeInGB=size))


def test_there_is_one_script_of_a_kind() -> None:
    """API_CreateNotebookInstanceLifecycleConfig: at most 1 item; HOOK: Content has at least one character."""
    at, one = stand(), {"Content": encoded("true")}
    for scripts, said in (([one, one], "less than or equal to 1"), ([{"Content": ""}], "greater than or equal to 1")):
        with pytest.raises(AwsError, match=said):
            at("CreateNotebookInstanceLifecycleConfig", NotebookInstanceLifecycleConfigName="config", OnStart=scripts)


def test_scripts_without_rights_to_log_leave_no_log(desks: Desks, account: Account) -> None:
    """dg/sagemaker-roles.html: logs are written with the execution role's rights."""
    role = account.role(allow("s3:ListAllMyBuckets"))
    name = desks.ready(on_start="echo unseen", RoleArn=role)
    assert desks.lines(name, "LifecycleConfigOnStart") == []
