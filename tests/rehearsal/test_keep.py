"""A class that is kept running, from files of its own: it can be reached as the console says, until the next start."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import boto3
import pytest
from click.testing import CliRunner, Result

from classlab.cdk import PROJECT
from classlab.cli.main import main
from classlab.contract import TAG_CLASSROOM, AttendeeOutput
from classlab.notebook_session import NotebookSession
from classlab.rehearsal.judge import judge_machine
from classlab.rehearsal.options import Options
from classlab.rehearsal.steps.morning import ENGINE, INSTRUCTOR, PREPARE
from classlab.rehearsal.workspace import Workspace
from classlab.reporting.report import Report
from embedded_aws.launcher import STATE_VARIABLE

pytestmark = [pytest.mark.rehearsal]

SAMPLE = Path(__file__).parents[2] / "classroom.example.yaml"
DAY = (PREPARE, ENGINE, replace(INSTRUCTOR, needs=("engine",)))  # nothing here needs the bootstrap's minute
WHO = "import boto3; print(boto3.client('sts').get_caller_identity()['Arn'])"


@dataclass(frozen=True)
class Kept:
    """What the command said, and where the class is."""

    done: Result
    workspace: Workspace

    @property
    def endpoint(self) -> str:
        """Of the embedded AWS, as it wrote it down itself."""
        return f"http://127.0.0.1:{json.loads((self.workspace.state / 'engine.json').read_text())['port']}"


def _rehearse(folder: Path, *words: str) -> Result:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("classlab.cli.rehearse.KEPT_DAY", DAY)
        patch.setattr("classlab.cli.rehearse.Options", partial(Options, folder=folder))
        return CliRunner().invoke(main, ["rehearse", "--keep", *words])


@pytest.fixture(scope="module")
def kept(environments: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kept]:
    folder = tmp_path_factory.mktemp("kept")
    classroom, roster = folder / "evening.yaml", folder / "evening.csv"
    classroom.write_text(SAMPLE.read_text().replace("name: sample", "name: evening"))
    roster.write_text("id,name\nzoe,Zoe\n")
    workspace = Workspace(folder / "rehearsal")
    yield Kept(_rehearse(workspace.folder, "--classroom", str(classroom), "--roster", str(roster)), workspace)
    workspace.clean()


def test_the_status_is_0_and_the_report_says_that_nothing_was_torn_down(kept: Kept) -> None:
    report = Report.read(kept.workspace.report)
    assert (kept.done.exit_code, report.ok, report.problems) == (0, True, [])
    assert report.teardown.verdict == "UNKNOWN"
    assert "kept running" in report.teardown.why
    assert report.judge is None
    assert report.teardown.why in kept.workspace.page.read_text()


def test_the_class_and_the_attendees_are_those_of_the_files(kept: Kept) -> None:
    assert Report.read(kept.workspace.report).classroom == "evening"
    assert kept.workspace.roster.read_text().splitlines() == ["id,name,email", "zoe,Zoe,"]


def test_the_console_says_how_to_go_on(kept: Kept) -> None:
    said = kept.done.output
    for words in (
        kept.endpoint,
        "export AWS_ACCESS_KEY_ID=",
        "export AWS_SECRET_ACCESS_KEY=",
        f"source {kept.workspace.variables}",
        f"classlab open zoe --classroom {kept.workspace.classroom}",
    ):
        assert words in said


def test_the_variables_reach_it_as_the_instructor_and_are_nobody_elses_to_read(kept: Kept) -> None:
    assert kept.workspace.variables.stat().st_mode & 0o777 == 0o600
    shell = ["bash", "-c", '. "$1" && exec "$2" -c "$3"', "bash", str(kept.workspace.variables), sys.executable, WHO]
    clean = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    done = subprocess.run(shell, env=clean, capture_output=True, text=True, check=True)
    assert done.stdout.strip().endswith(":user/instructor")


def test_the_printed_command_opens_a_seat(kept: Kept) -> None:
    (command,) = re.findall(r"open a notebook: (.*?--classroom +\S+)", kept.done.output, re.DOTALL)
    _stack_of_zoe(kept)
    shell = ["bash", "-c", '. "$1" && exec $2 --no-browser', "bash", str(kept.workspace.variables), command]
    clean = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    done = subprocess.run(shell, env=clean, cwd=PROJECT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    with NotebookSession(done.stdout.strip()) as session:
        assert session.kernels()


def _stack_of_zoe(kept: Kept) -> None:
    """A seat as small as can be, made by the root as no deployment is part of this day."""
    key = json.loads((kept.workspace.state / "root.json").read_text())
    keys = {f"aws_{name}": value for name, value in key.items()}
    aws = boto3.client("cloudformation", region_name="us-east-1", endpoint_url=kept.endpoint, **keys)
    trust = {"Effect": "Allow", "Principal": {"Service": "sagemaker.amazonaws.com"}, "Action": "sts:AssumeRole"}
    role = {"AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": [trust]}}
    desk = {
        "NotebookInstanceName": "evening--zoe--notebook",
        "InstanceType": "ml.t3.medium",
        "RoleArn": {"Fn::GetAtt": ["Role", "Arn"]},
        "RootAccess": "Disabled",
        "InstanceMetadataServiceConfiguration": {"MinimumInstanceMetadataServiceVersion": "2"},
    }
    template = {
        "Resources": {
            "Role": {"Type": "AWS::IAM::Role", "Properties": role},
            "Desk": {"Type": "AWS::SageMaker::NotebookInstance", "Properties": desk},
        },
        "Outputs": {AttendeeOutput.NOTEBOOK: {"Value": {"Fn::GetAtt": ["Desk", "NotebookInstanceName"]}}},
    }
    aws.create_stack(
        StackName="evening--zoe",
        TemplateBody=json.dumps(template),
        Capabilities=["CAPABILITY_IAM"],
        Tags=[{"Key": TAG_CLASSROOM, "Value": "evening"}],
    )
    aws.get_waiter("stack_create_complete").wait(StackName="evening--zoe", WaiterConfig={"Delay": 1})


@pytest.mark.parametrize("option", ["--classroom", "--roster"])
def test_a_missing_file_is_told_in_one_line(tmp_path: Path, option: str) -> None:
    done = _rehearse(tmp_path / "rehearsal", option, str(tmp_path / "none"))
    assert done.exit_code == 2
    (line,) = done.stderr.splitlines()
    assert f"{tmp_path / 'none'}: the " in line
    assert "cannot be read" in line


def test_the_next_start_ends_it(kept: Kept) -> None:
    endpoint, workspace = kept.endpoint, kept.workspace
    assert "processes and its state: removed" in workspace.clean()
    remains = judge_machine(
        endpoint=endpoint,
        mark=f"{STATE_VARIABLE}={workspace.state}",
        folders=(workspace.state,),
        temporary_before=frozenset(),
    )
    assert remains == []
    assert not workspace.variables.exists()
