"""The commands: what they print, and what a person's mistake is told."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest
import yaml
from click.testing import CliRunner, Result

from classlab.aws import Aws
from classlab.cli.main import main
from classlab.contract import (
    DATA_PREFIX,
    STATUS_KEY,
    TAG_ATTENDEE,
    TAG_CLASSROOM,
    TEARDOWN_REPORT_KEY,
    AttendeeOutput,
    ClassroomOutput,
    outputs_key,
    run_prefix,
)
from classlab.labs import lab_folders
from classlab.rehearsal.options import Options
from classlab.reporting.report import Report
from tests.unit.sample_report import sample_report

SAMPLE = str(Path(__file__).parents[2] / "classroom.example.yaml")
ENDS = datetime(2099, 1, 1, 12, 0, tzinfo=UTC)
COMMANDS = (
    "build", "close", "data", "end", "extend", "jump", "labs", "open", "rehearse", "run", "share", "status",
    "take-home", "teardown",
)  # fmt: skip


def _run(*words: str) -> Result:
    return CliRunner().invoke(main, list(words), catch_exceptions=False)


@pytest.fixture
def sample_class(aws: Aws) -> Aws:
    """A class stack and the seats of ann and anna, as far as the commands look at them."""
    aws.s3.create_bucket(Bucket="class-bucket")
    aws.scheduler.create_schedule_group(Name="classlab-sample")
    aws.scheduler.create_schedule(
        GroupName="classlab-sample",
        Name="teardown",
        ScheduleExpression=f"at({ENDS:%Y-%m-%dT%H:%M:%S})",
        FlexibleTimeWindow={"Mode": "OFF"},
        Target={"Arn": "arn:aws:states:us-east-1:1:stateMachine:t", "RoleArn": "arn:aws:iam::1:role/r"},
    )
    _stack(
        aws,
        "sample",
        {
            ClassroomOutput.BUCKET: "class-bucket",
            ClassroomOutput.SCHEDULE: "teardown",
            ClassroomOutput.SCHEDULE_GROUP: "classlab-sample",
        },
        {TAG_CLASSROOM: "sample"},
    )
    for attendee in ("ann", "anna"):
        bucket = f"bucket-{attendee}"
        aws.s3.create_bucket(Bucket=bucket)
        outputs = {AttendeeOutput.BUCKET: bucket, AttendeeOutput.NOTEBOOK: f"sample--{attendee}--notebook"}
        _stack(aws, f"sample--{attendee}", outputs, {TAG_CLASSROOM: "sample", TAG_ATTENDEE: attendee})
    return aws


def _stack(aws: Aws, name: str, outputs: dict[str, str], tags: dict[str, str]) -> None:
    template = {
        "Resources": {"Topic": {"Type": "AWS::SNS::Topic"}},
        "Outputs": {key: {"Value": value} for key, value in outputs.items()},
    }
    aws.cloudformation.create_stack(
        StackName=name,
        TemplateBody=json.dumps(template),
        Tags=[{"Key": key, "Value": value} for key, value in tags.items()],
    )


def _status(aws: Aws, attendee: str, state: str, fingerprint: str, pandas: str, work: tuple[str, ...] = ()) -> None:
    body = {
        "state": state,
        "reason": "no space left" if state == "broken" else "",
        "log_tail": "",
        "at": datetime.now(UTC).isoformat(),
        "fingerprint": fingerprint,
        "parts": {"labs": {"head": "c0ffee", "changes": dict.fromkeys(work, "M")}, "packages": {"pandas": pandas}},
    }
    aws.s3.put_object(Bucket=f"bucket-{attendee}", Key=STATUS_KEY, Body=json.dumps(body).encode())


def test_every_command_is_listed_with_a_sentence() -> None:
    listed = _run("--help").output.partition("Commands:")[2]
    assert tuple(line.split()[0] for line in listed.splitlines() if line.strip() and len(line.split()) > 1) == COMMANDS
    for command in COMMANDS:
        assert _run(command, "--help").exit_code == 0


def test_a_missing_classroom_file_is_told_in_one_line(tmp_path: Path) -> None:
    done = _run("status", "--classroom", str(tmp_path / "none.yaml"))
    assert done.exit_code == 2
    assert "copy classroom.example.yaml" in done.stderr
    assert "Traceback" not in done.output


def test_a_class_that_is_not_deployed_names_the_command(aws: Aws) -> None:
    done = _run("status", "--classroom", SAMPLE)
    assert done.exit_code == 2
    assert "npx cdk deploy" in done.stderr


def test_status_of_a_class_that_is_ready(sample_class: Aws) -> None:
    for attendee in ("ann", "anna"):
        _status(sample_class, attendee, "ready", "f1", "2.3.3")
    done = _run("status", "--classroom", SAMPLE)
    assert done.exit_code == 0
    assert done.output.count("ready") >= 2
    assert "2099-01-01 12:00:00 UTC" in done.output


def test_status_names_the_part_that_differs(sample_class: Aws) -> None:
    _status(sample_class, "ann", "ready", "f1", "2.3.3")
    _status(sample_class, "anna", "ready", "f2", "2.2.3")
    part = "packages.pandas: 2.2.3 instead of 2.3.3"
    done = _run("status", "--classroom", SAMPLE)
    assert done.exit_code == 1
    assert part in " ".join(done.output.split())
    done = _run("status", "--classroom", SAMPLE, "--json")
    assert done.exit_code == 1
    document = json.loads(done.output)
    assert document["environments_identical"] is False
    assert [row["differs"] for row in document["environments"]] == [[], [part]]


def test_status_takes_an_attendees_work_for_no_difference(sample_class: Aws) -> None:
    _status(sample_class, "ann", "ready", "f1", "2.3.3")
    _status(sample_class, "anna", "ready", "f2", "2.3.3", work=("churn.ipynb", "mine.py"))
    done = _run("status", "--classroom", SAMPLE)
    assert done.exit_code == 0
    assert done.output.count("work: 2 files changed") == 1
    document = json.loads(_run("status", "--classroom", SAMPLE, "--json").output)
    assert document["environments_identical"] is True
    assert [row["changed_files"] for row in document["environments"]] == [[], ["churn.ipynb", "mine.py"]]
    assert [row["fingerprint"] for row in document["environments"]] == ["f1", "f2"]


def test_status_names_what_is_broken(sample_class: Aws) -> None:
    _status(sample_class, "ann", "broken", "", "2.3.3")
    done = _run("status", "--classroom", SAMPLE, "--json")
    assert done.exit_code == 1
    document = json.loads(done.output)
    assert document["environments_identical"] is False
    assert [(row["attendee"], row["status"], row["reason"]) for row in document["environments"]] == [
        ("ann", "broken", "no space left"),
        ("anna", "broken", "preparing"),
    ]


def test_open_prints_the_url(sample_class: Aws, monkeypatch: pytest.MonkeyPatch) -> None:
    def authorized(*, NotebookInstanceName: str) -> dict[str, str]:  # noqa: N803 # AWS's name
        return {"AuthorizedUrl": f"https://{NotebookInstanceName}.notebook.us-east-1.sagemaker.aws?authToken=x"}

    client = SimpleNamespace(create_presigned_notebook_instance_url=authorized)  # moto has no such call
    monkeypatch.setattr(Aws, "sagemaker", client)
    done = _run("open", "ann", "--no-browser", "--classroom", SAMPLE)
    url = "https://sample--ann--notebook.notebook.us-east-1.sagemaker.aws?authToken=x&view=lab"
    assert done.stdout == f"{url}\n"
    assert "open labs/churn-xgboost/churn-xgboost.ipynb" in done.stderr


def test_open_of_nobody_names_the_command(sample_class: Aws) -> None:
    done = _run("open", "zoe", "--no-browser", "--classroom", SAMPLE)
    assert done.exit_code == 2
    assert "-c attendee=zoe" in done.stderr


def test_data_put_uploads_what_a_folder_holds(sample_class: Aws, tmp_path: Path) -> None:
    (tmp_path / "churn.csv").write_text("a,b\n1,2\n")
    done = _run("data", "put", "--data", str(tmp_path), "--classroom", SAMPLE, "--json")
    assert json.loads(done.output)[0]["generated"] is False
    assert (
        sample_class.s3.get_object(Bucket="class-bucket", Key=DATA_PREFIX + "churn.csv")["Body"].read() == b"a,b\n1,2\n"
    )


def test_data_put_without_the_file_says_what_is_missing(sample_class: Aws, tmp_path: Path) -> None:
    done = _run("data", "put", "--data", str(tmp_path), "--classroom", SAMPLE)
    assert done.exit_code == 2
    assert "must hold churn.csv" in done.stderr


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("run", "no-such-lab"), "the class has no lab 'no-such-lab'; it has churn-xgboost"),
        (("run", "churn-xgboost"), "ann: the class has no data for churn-xgboost yet: run `classlab data put`"),
        (("run", "churn-xgboost", "--set", "max_depth=3"), "write train.NAME=VALUE"),
        (("teardown",), "say --dry-run"),
        (("close",), "attendee stacks stand (ann, anna)"),
    ],
)
def test_what_cannot_be_done_yet_is_refused_with_the_next_step(
    sample_class: Aws, words: tuple[str, ...], told: str
) -> None:
    done = _run(*words, "--classroom", SAMPLE)
    assert done.exit_code == 2
    assert told in done.stderr


@pytest.mark.parametrize(
    ("labs", "named"), [("all", tuple(lab_folders())), ("a, b,", ("a", "b")), ("", ())], ids=["all", "some", "none"]
)
def test_rehearse_takes_other_labs(monkeypatch: pytest.MonkeyPatch, labs: str, named: tuple[str, ...]) -> None:
    asked: list[Options] = []

    def rehearse(options: Options, _emit: object, _steps: object) -> Report:
        asked.append(options)
        return sample_report()

    monkeypatch.setattr("classlab.cli.rehearse.rehearse_class", rehearse)
    done = _run("rehearse", "--labs", labs, "--json")
    assert done.exit_code == 1  # as the sample report is
    assert asked[0].labs == named


def test_an_unknown_lab_is_no_rehearsal() -> None:
    done = _run("rehearse", "--labs", "churn-xgboost,no-such-lab")
    assert done.exit_code == 2
    assert "--labs: there is no lab no-such-lab; there are" in done.stderr


def test_extend_and_end_move_the_one_schedule(sample_class: Aws) -> None:
    assert "2099-01-01 12:30:00" in _run("extend", "--minutes", "30", "--classroom", SAMPLE).output
    before = sample_class.scheduler.get_schedule(GroupName="classlab-sample", Name="teardown")
    assert before["ScheduleExpression"] == "at(2099-01-01T12:30:00)"
    assert _run("end", "--classroom", SAMPLE).exit_code == 0
    after = sample_class.scheduler.get_schedule(GroupName="classlab-sample", Name="teardown")
    moment = datetime.fromisoformat(after["ScheduleExpression"][3:-1]).replace(tzinfo=UTC)
    assert abs(moment - datetime.now(UTC)) < timedelta(minutes=1)
    assert after["Target"] == before["Target"]


def test_extend_after_the_end_is_refused(sample_class: Aws) -> None:
    _run("end", "--classroom", SAMPLE)
    stack_ended = {"Mode": "OFF"}
    sample_class.scheduler.update_schedule(
        GroupName="classlab-sample",
        Name="teardown",
        ScheduleExpression="at(2020-01-01T00:00:00)",
        FlexibleTimeWindow=stack_ended,  # type: ignore[arg-type]  # a literal's type is lost in the name
        Target={"Arn": "arn:aws:states:us-east-1:1:stateMachine:t", "RoleArn": "arn:aws:iam::1:role/r"},
    )
    done = _run("extend", "--classroom", SAMPLE)
    assert done.exit_code == 2
    assert "nothing left to extend" in done.stderr


def test_status_tells_what_the_last_teardown_said(sample_class: Aws) -> None:
    report = {"verdict": "CLEAN", "planned": 7, "deleted": 7}
    sample_class.s3.put_object(Bucket="class-bucket", Key=TEARDOWN_REPORT_KEY, Body=json.dumps(report).encode())
    assert "the last teardown ended CLEAN: 7 of 7 deleted" in _run("status", "--classroom", SAMPLE).output


def test_rehearse_refuses_a_data_folder_that_is_not_there(tmp_path: Path) -> None:
    done = _run("rehearse", "--data", str(tmp_path / "none"))
    assert done.exit_code == 2
    assert "there is no such folder" in done.stderr


def test_jump_brings_what_a_notebook_compares_with_and_names_what_nobody_finished(
    sample_class: Aws, tmp_path: Path
) -> None:
    classroom = tmp_path / "classroom.yaml"
    document = yaml.safe_load(Path(SAMPLE).read_text(encoding="utf-8"))
    classroom.write_text(yaml.safe_dump({**document, "labs": lab_folders()}), encoding="utf-8")
    for lab in ("image-data", "image-tensorflow"):
        run = f"s3://bucket-ann/{run_prefix(lab, '1')}"
        outputs = {"lab": lab, "run": "1", "made_by": "pipeline", "artifact": f"{run}m", "prepared": run, "scored": run}
        sample_class.s3.put_object(Bucket="bucket-ann", Key=outputs_key(lab), Body=json.dumps(outputs).encode())
        sample_class.s3.put_object(Bucket="bucket-ann", Key=f"{run_prefix(lab, '1')}m", Body=b"model")
    found = _run("jump", "image_pytorch", "anna", "--classroom", str(classroom), "--json")
    assert [(handed["lab"], handed["outcome"]) for handed in json.loads(found.stdout)] == [
        ("image-data", "put in place"),
        ("image-tensorflow", "put in place"),
    ]
    assert "image-builtin is left out: nobody has finished it" in found.stderr
    assert "image-tensorflow is left out" not in found.stderr
