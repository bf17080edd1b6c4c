"""Notebook instances: lifecycle scripts for real, what a stop wipes, JupyterLab on the role's credentials."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Iterator
from pathlib import Path
from textwrap import dedent
from typing import Any

import httpx
import pytest

from tests.embedded_aws.account import Account, allow, fresh, polls
from tests.embedded_aws.bench import Bench, bench
from tests.embedded_aws.notebook_door import Door
from tests.embedded_aws.waiting import eventually

GROUP = "/aws/sagemaker/NotebookInstances"
Described = dict[str, Any]


class Desks:
    """The notebook instances of a test module."""

    def __init__(self, at: Bench) -> None:
        self.at = at
        self.names: list[str] = []

    def create(self, on_create: str = "", on_start: str = "", **more: Any) -> str:  # noqa: ANN401 # CreateNotebookInstance's parameters
        """Ask for an instance with these scripts; its name."""
        name = fresh("desk")
        scripts = {"OnCreate": on_create, "OnStart": on_start}
        hooks = {phase: [{"Content": encoded(text)}] for phase, text in scripts.items() if text}
        if hooks:
            self.at.sagemaker.create_notebook_instance_lifecycle_config(
                NotebookInstanceLifecycleConfigName=name, **hooks
            )
            more["LifecycleConfigName"] = name
        request = {"NotebookInstanceName": name, "InstanceType": "ml.t3.medium", "RoleArn": self.at.role}
        self.at.sagemaker.create_notebook_instance(**{**request, **more})
        self.names.append(name)
        return name

    def settled(self, name: str, seconds: float = 60) -> Described:
        """An instance that is between two states no longer."""
        for _ in polls(seconds):
            found: Described = self.at.sagemaker.describe_notebook_instance(NotebookInstanceName=name)
            if found["NotebookInstanceStatus"] not in {"Pending", "Stopping", "Updating"}:
                break
        return found

    def ready(self, on_create: str = "", on_start: str = "", **more: Any) -> str:  # noqa: ANN401 # as above
        """An instance in service; its name."""
        name = self.create(on_create, on_start, **more)
        found = self.settled(name)
        assert found["NotebookInstanceStatus"] == "InService", found.get("FailureReason")
        return name

    def stop(self, name: str) -> None:
        """Stop an instance."""
        self.at.sagemaker.stop_notebook_instance(NotebookInstanceName=name)
        assert self.settled(name)["NotebookInstanceStatus"] == "Stopped"

    def start(self, name: str) -> Described:
        """Start an instance again; what became of it."""
        self.at.sagemaker.start_notebook_instance(NotebookInstanceName=name)
        return self.settled(name)

    def url(self, name: str) -> str:
        """A presigned URL."""
        answer = self.at.sagemaker.create_presigned_notebook_instance_url(NotebookInstanceName=name)
        return str(answer["AuthorizedUrl"])

    def open(self, name: str) -> Door:
        """A browser session."""
        return Door(self.url(name))

    def lines(self, name: str, stream: str) -> list[str]:
        """The lines of an instance's log streams."""
        return self.at.log(GROUP, f"{name}/{stream}")

    def folder(self, name: str) -> Path:
        """Where the engine keeps an instance."""
        return next((self.at.account.engine.state / "notebooks").glob(f"{name}-????????"))


def encoded(script: str) -> str:
    return base64.b64encode(dedent(script).lstrip().encode()).decode()


@pytest.fixture(scope="module")
def desks(account: Account) -> Iterator[Desks]:
    made = Desks(bench(account))
    account.set_rights(
        made.at.role,
        allow("s3:*", "sagemaker:*", resource="*"),
        allow("logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"),
    )
    yield made
    for name in made.names:
        if made.settled(name)["NotebookInstanceStatus"] == "InService":
            made.at.sagemaker.stop_notebook_instance(NotebookInstanceName=name)


@pytest.fixture(scope="module")
def plain(desks: Desks) -> str:
    """An instance without scripts."""
    return desks.ready()


def test_scripts_run_as_root_with_awss_path_and_nothing_more(desks: Desks) -> None:
    name = desks.ready(
        on_create="""
            #!/bin/bash
            set -eu
            id -un
            echo "PATH is $PATH"
            echo "HOME is ${HOME-not set}"
            pwd
            cat /opt/ml/metadata/resource-metadata.json
            echo
            command -v aws python3 git
            env | grep -c -E '^(AWS_REGION|AWS_DEFAULT_REGION|AWS_ACCESS_KEY_ID)=' || true
        """,
    )
    lines = desks.lines(name, "LifecycleConfigOnCreate")
    assert lines[:4] == ["root", "PATH is /sbin:/bin:/usr/sbin:/usr/bin", "HOME is not set", "/"]
    arn = desks.at.sagemaker.describe_notebook_instance(NotebookInstanceName=name)["NotebookInstanceArn"]
    assert json.loads(lines[4]) == {"ResourceArn": arn, "ResourceName": name}
    assert lines[5:] == ["/bin/aws", "/bin/python3", "/bin/git", "0"]


def test_aws_works_for_every_user_and_login(desks: Desks) -> None:
    name = desks.ready(
        on_start=f"""
            aws s3 ls s3://{desks.at.bucket} && echo root may list
            runuser -u ec2-user -- aws sts get-caller-identity --query Arn --output text
            runuser -l ec2-user -c 'aws configure get region; pwd'
            runuser -l ec2-user -c 'aws sts get-caller-identity --query Arn --output text'
        """,
    )
    lines = desks.lines(name, "LifecycleConfigOnStart")
    role = desks.at.role.rsplit("/", 1)[-1]
    identity = f"arn:aws:sts::{desks.at.account.engine.account}:assumed-role/{role}/SageMaker"
    assert lines == ["root may list", identity, "us-east-1", "/home/ec2-user", identity]


def test_files_can_be_given_to_ec2_user(desks: Desks) -> None:
    name = desks.ready(
        on_create="""
            cd /home/ec2-user/SageMaker
            mkdir lab && chown ec2-user:ec2-user lab
            runuser -u ec2-user -- sh -c 'echo mine > lab/file && id -un && echo no > /etc/hosts' || true
            stat -c '%U:%G' lab/file .
        """,
    )
    lines = desks.lines(name, "LifecycleConfigOnCreate")
    assert lines[0] == "ec2-user"
    assert "Permission denied" in lines[1]
    assert lines[2:] == ["ec2-user:ec2-user", "ec2-user:ec2-user"]


def test_a_stop_keeps_the_volume_and_nothing_else(desks: Desks) -> None:
    name = desks.ready(
        on_create="""
            echo created
            mkdir /home/ec2-user/anaconda3
            touch /home/ec2-user/SageMaker/work /etc/mine /usr/bin/mine
        """,
        on_start="""
            echo started
            ls -A /home/ec2-user
            ls /home/ec2-user/SageMaker
            ls /etc/mine /usr/bin/mine 2>&1 || true
        """,
    )
    with desks.open(name) as door:
        door.ask("PUT", "/api/contents/note.txt", json={"type": "file", "format": "text", "content": "kept"})
    desks.stop(name)
    assert desks.start(name)["NotebookInstanceStatus"] == "InService"
    first, second = " ".join(desks.lines(name, "LifecycleConfigOnStart")).split("started ")[1:]
    assert first.split() == [".aws", "SageMaker", "anaconda3", "lost+found", "work", "/etc/mine", "/usr/bin/mine"]
    assert "anaconda3" not in second
    assert "note.txt" in second
    assert second.count("No such file or directory") == 2
    assert desks.lines(name, "LifecycleConfigOnCreate") == ["created"]


def test_a_failing_script_fails_the_instance_in_awss_words(desks: Desks) -> None:
    name = desks.create(on_create="echo before; exit 3", on_start="echo never")
    found = desks.settled(name)
    assert found["NotebookInstanceStatus"] == "Failed"
    config = f"notebook-instance-lifecycle-config/{name}"
    assert f"{config}' for Notebook Instance '{found['NotebookInstanceArn']}' failed." in found["FailureReason"]
    assert f"{name}/LifecycleConfigOnCreate" in found["FailureReason"]
    assert desks.lines(name, "LifecycleConfig") == ["before"]


def test_a_detached_worker_outlives_the_script(desks: Desks) -> None:
    name = desks.ready(
        on_create=f"""
            setsid sh -c 'sleep 1; echo done | aws s3 cp - s3://{desks.at.bucket}/worker' </dev/null >/dev/null 2>&1 &
        """,
    )
    for _ in polls(20):
        if "Contents" in desks.at.account.client("s3").list_objects_v2(Bucket=desks.at.bucket, Prefix="worker"):
            break
    assert desks.at.get("worker") == b"done\n"
    assert desks.settled(name)["NotebookInstanceStatus"] == "InService"


def test_a_background_process_that_holds_the_output_counts(desks: Desks) -> None:
    began = time.monotonic()
    desks.ready(on_create="nohup sleep 2 &")
    assert time.monotonic() - began > 2


def test_processes_may_say_goodbye_when_the_instance_stops(desks: Desks) -> None:
    trap = f"trap 'echo bye | aws s3 cp - s3://{desks.at.bucket}/last; exit' TERM"
    worker = f"{trap}; touch /tmp/up; while :; do sleep .1; done"
    name = desks.ready(
        on_start=f'setsid sh -c "{worker}" </dev/null >/dev/null 2>&1 & until [ -e /tmp/up ]; do sleep .1; done'
    )
    desks.stop(name)
    assert desks.at.get("last") == b"bye\n"


def test_the_volume_has_its_size(desks: Desks) -> None:
    name = desks.ready(
        on_create="""
            cd /home/ec2-user/SageMaker
            df --output=size -BG . | tail -1
            fallocate -l 4G big && fallocate -l 4G bigger || echo full
        """,
    )
    lines = [line.strip() for line in desks.lines(name, "LifecycleConfigOnCreate")]
    assert lines[0] == "5G"
    assert lines[-1] == "full"
    desks.stop(name)
    desks.at.sagemaker.update_notebook_instance(NotebookInstanceName=name, VolumeSizeInGB=9)
    assert desks.settled(name)["NotebookInstanceStatus"] == "Stopped"
    assert desks.start(name)["NotebookInstanceStatus"] == "InService"
    with desks.open(name) as door:
        assert door.run("import shutil; print(round(shutil.disk_usage('.').total / 2**30))") == "9\n"


def test_the_presigned_url_opens_jupyterlab(desks: Desks, plain: str) -> None:
    with desks.open(plain) as door:
        assert door.page.status_code == httpx.codes.OK
        assert str(door.page.url).startswith("http://127.0.0.1:")
        assert "jupyter-config-data" in door.page.text
        assert door.ask("GET", "/api/contents")["type"] == "directory"
        assert door.ask("POST", "/api/terminals")["name"]


def test_the_url_alone_opens_no_jupyterlab(desks: Desks, plain: str) -> None:
    """AWS opens "the Jupyter server home page" (API reference, CreatePresignedNotebookInstanceUrl): not here."""
    url = desks.url(plain)
    for short in (url, f"{url}&view=classic"):
        answer = httpx.get(short, trust_env=False)
        assert (answer.status_code, "Location" in answer.headers) == (501, False)
        assert "add &view=lab" in answer.text
    assert "/lab?token=" in httpx.get(f"{url}&view=lab", trust_env=False).headers["Location"]


def test_the_url_leads_to_a_path_too_and_only_with_its_token(desks: Desks, plain: str) -> None:
    url = desks.url(plain)
    deep = url.replace(f"/{plain}?", f"/{plain}/lab/tree/note.txt?")
    assert "/lab/tree/note.txt?token=" in httpx.get(deep, trust_env=False).headers["Location"]
    assert httpx.get(url.split("authToken=")[0] + "authToken=guess&view=lab", trust_env=False).status_code == 403
    other = url.replace(f"/{plain}?", "/another?")
    assert httpx.get(other, trust_env=False).status_code == 403


def test_kernels_run_inside_on_the_roles_credentials(desks: Desks, plain: str) -> None:
    with desks.open(plain) as door:
        printed = door.run(
            dedent("""
                import getpass, os, boto3
                print(getpass.getuser(), os.getcwd(), os.path.exists("/opt/ml/metadata/resource-metadata.json"))
                print(boto3.client("sts").get_caller_identity()["Arn"].rsplit("/", 2)[-2:])
                print([name for name in os.listdir("/home")], boto3.Session().region_name)
            """)
        )
    role = desks.at.role.rsplit("/", 1)[-1]
    first, second, third = printed.splitlines()
    assert first == "ec2-user /home/ec2-user/SageMaker True"
    assert second == str([role, "SageMaker"])
    assert third == "['ec2-user'] us-east-1"


def test_a_kernel_without_rights_cannot_do_anything(desks: Desks, account: Account) -> None:
    role = account.role(allow("s3:ListAllMyBuckets"))
    name = desks.ready(RoleArn=role)
    source = "import boto3; print('buckets' if boto3.client('s3').list_buckets() else '')"
    with desks.open(name) as door:
        assert door.run(source) == "buckets\n"
        account.set_rights(role, allow("sqs:ListQueues"))
        assert "AccessDenied" in door.run(source)


def test_a_kernel_registered_in_the_home_is_found(desks: Desks) -> None:
    spec = json.dumps(
        {"argv": ["python", "-m", "ipykernel_launcher", "-f", "{connection_file}"], "display_name": "Own"}
    )
    name = desks.ready(
        on_start=f"""
            runuser -u ec2-user -- mkdir -p /home/ec2-user/.local/share/jupyter/kernels/own
            echo '{spec}' > /home/ec2-user/.local/share/jupyter/kernels/own/kernel.json
            echo 'export FROM_PROFILE=yes' > /etc/profile.d/own.sh
        """,
    )
    with desks.open(name) as door:
        assert sorted(door.ask("GET", "/api/kernelspecs")["kernelspecs"]) == ["own", "python3"]
        assert door.run("import os; print(os.environ['FROM_PROFILE'])", kernel="own") == "yes\n"


def test_instances_do_not_see_each_other(desks: Desks, plain: str) -> None:
    with desks.open(plain) as door:
        door.run("for place in ('/tmp', '/home/ec2-user'): open(f'{place}/mine', 'w').write('x')")
    other = desks.ready(on_create="ls -A /tmp /home/ec2-user; echo processes $(ps -e | wc -l)")
    lines = desks.lines(other, "LifecycleConfigOnCreate")
    assert ".aws" in lines
    assert "mine" not in lines
    assert int(lines[-1].removeprefix("processes ")) < 8


def test_a_process_inside_stops_its_own_instance(desks: Desks) -> None:
    wait = "until [ -e /home/ec2-user/SageMaker/enough ]; do sleep .1; done"
    stop = "aws sagemaker stop-notebook-instance --notebook-instance-name $1"
    name = desks.ready(
        on_start=f"""
            name=$(sed 's/.*ResourceName": "//; s/".*//' /opt/ml/metadata/resource-metadata.json)
            setsid sh -c '{wait}; {stop}' worker "$name" </dev/null >/dev/null 2>&1 &
        """,
    )
    with desks.open(name) as door:
        door.ask("PUT", "/api/contents/enough", json={"type": "file", "format": "text", "content": ""})
    for _ in polls(20):
        if desks.settled(name)["NotebookInstanceStatus"] == "Stopped":
            break


def test_nothing_is_left_of_a_deleted_instance(desks: Desks) -> None:
    name = desks.ready(on_create="touch /home/ec2-user/SageMaker/work")
    folder = desks.folder(name)
    desks.stop(name)
    assert [entry.name for entry in folder.iterdir()] == ["volume.ext4"]
    desks.at.sagemaker.delete_notebook_instance(NotebookInstanceName=name)
    desks.names.remove(name)
    eventually(lambda: not folder.exists())
    eventually(lambda: name not in Path("/proc/mounts").read_text())
