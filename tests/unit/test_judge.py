"""The judge's eye for what is left, in an account and on a machine."""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from classlab.rehearsal.inventory import Item
from classlab.rehearsal.judge import judge_account, judge_machine, still_at_work

BUCKET = Item("s3", "buckets", "cdk-assets")
STRANGER = Item("iam", "roles", "sample--zoe-1-role")
BEFORE = {BUCKET: "d1", STRANGER: "d2"}
STRANGERS = frozenset({STRANGER})
MARK = "CLASSLAB_TEST_MARK"


def test_a_clean_account_has_nothing_to_tell() -> None:
    verdict = judge_account(BEFORE, dict(BEFORE), STRANGERS)
    assert verdict.problems == []
    assert (verdict.asked, verdict.baseline, verdict.strangers) == (2, 2, 1)


def test_whatever_is_new_is_a_leftover() -> None:
    new = Item("sagemaker", "endpoints", "churn")
    assert judge_account(BEFORE, {**BEFORE, new: "x"}, STRANGERS).leftovers == ["sagemaker endpoints churn"]


def test_a_touched_stranger_is_told_apart_from_a_changed_baseline() -> None:
    verdict = judge_account(BEFORE, {BUCKET: "other"}, STRANGERS)
    assert verdict.strangers_changed == ["iam roles sample--zoe-1-role is gone"]
    assert verdict.baseline_changed == ["s3 buckets cdk-assets was changed"]


@pytest.mark.parametrize(
    "item",
    [
        Item("cloudwatch_logs", "_log_groups", "1/us-east-1//aws/sagemaker/TransformJobs"),
        Item("eventbridge", "_rules", "1/us-east-1/default|StepFunctionsGetEventsForSageMakerTrainingJobsRule"),
        Item("sagemaker", "TransformJob", "arn:aws:sagemaker:us-east-1:1:transform-job/sample--ann--infer--01"),
    ],
)
def test_what_aws_keeps_too_is_told_and_is_no_leftover(item: Item) -> None:
    told = [
        "arn:aws:logs:us-east-1:1:log-group:/aws/sagemaker/TransformJobs",
        "arn:aws:events:us-east-1:1:rule/StepFunctionsGetEventsForSageMakerTrainingJobsRule",
        "arn:aws:sagemaker:us-east-1:1:transform-job/sample--ann--infer--01",
    ]
    assert judge_account(BEFORE, {**BEFORE, item: "x"}, STRANGERS).leftovers
    verdict = judge_account(BEFORE, {**BEFORE, item: "x"}, STRANGERS, told)
    assert verdict.problems == []
    assert [kept.arn for kept in verdict.kept] == [str(item)]


@pytest.mark.parametrize(
    "item",
    [
        Item("cloudwatch_logs", "_log_groups", "1/us-east-1//aws/sagemaker/Endpoints/churn"),
        Item("cloudwatch_logs", "_log_groups", "1/us-east-1//aws/sagemaker/TrainingJobs-mine"),
        Item("cloudwatch_logs", "streams", "1/us-east-1//aws/sagemaker/TrainingJobs/sample--ann--train--01/algo-1-1"),
        Item("eventbridge", "_rules", "1/us-east-1/default|mine"),
    ],
)
def test_what_only_resembles_it_is_a_leftover(item: Item) -> None:
    assert judge_account(BEFORE, {**BEFORE, item: "x"}, STRANGERS, [item.id]).leftovers == [str(item)]


def test_what_is_kept_may_change_but_not_vanish() -> None:
    group = Item("cloudwatch_logs", "_log_groups", "1/us-east-1//aws/sagemaker/TrainingJobs")
    before = {**BEFORE, group: "one stream"}
    assert judge_account(before, {**before, group: "two streams"}, frozenset({group})).problems == []
    assert judge_account(before, BEFORE, frozenset({group})).strangers_changed


@pytest.fixture
def listener() -> Iterator[str]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"http://127.0.0.1:{server.getsockname()[1]}"


def _closed_port() -> str:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return f"http://127.0.0.1:{server.getsockname()[1]}"


def _machine(endpoint: str, *folders: Path) -> list[str]:
    return judge_machine(endpoint=endpoint, mark=f"{MARK}={os.getpid()}", folders=folders, temporary_before=frozenset())


def test_a_machine_left_as_it_was() -> None:
    assert _machine(_closed_port()) == []


def test_who_asks_is_nothing_that_was_left(tmp_path: Path) -> None:
    asking = """
import os
from classlab.rehearsal.judge import judge_machine
print(judge_machine(endpoint="http://127.0.0.1:1", mark=f"MINE={os.environ['MINE']}", folders=(),
                    temporary_before=frozenset()))
"""
    environment = {**os.environ, "MINE": str(os.getpid()), "TMPDIR": str(tmp_path)}
    shown = subprocess.run([sys.executable, "-c", asking], env=environment, capture_output=True, text=True, check=True)
    assert shown.stdout.strip() == "[]"


def test_a_process_a_listener_and_a_folder_are_found(listener: str, tmp_path: Path) -> None:
    command = [sys.executable, "-c", "import time; print('up', flush=True); time.sleep(60)"]
    environment = {**os.environ, MARK: str(os.getpid())}
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        found = _machine(listener, tmp_path)
        process.kill()
    assert [text.split()[0] for text in found] == ["process", "a", "folder"]
    assert str(process.pid) in found[0]


def test_a_temporary_folder_of_ours_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    (tmp_path / "classlab-left").mkdir()
    (tmp_path / "somebody-else").mkdir()
    assert _machine(_closed_port()) == [f"temporary folder {tmp_path / 'classlab-left'}"]


@pytest.fixture
def mounted(tmp_path: Path) -> Iterator[Path]:
    """A folder with something mounted in it."""
    point = tmp_path / "a folder" / "point"
    point.mkdir(parents=True)
    done = subprocess.run(["mount", "-t", "tmpfs", "none", str(point)], check=False, capture_output=True, text=True)
    if done.returncode:
        pytest.skip(f"nothing can be mounted here: {done.stderr.strip()}")
    yield point
    subprocess.run(["umount", str(point)], check=True)


def test_a_mount_is_found(mounted: Path) -> None:
    found = partial(still_at_work, endpoint=_closed_port(), mark=f"{MARK}={os.getpid()}")
    assert found(folders=(mounted.parent,)) == [f"mount {mounted}"]
    assert found(folders=(mounted / "deeper",)) == []


def test_what_goes_by_itself_was_not_left() -> None:
    command = [sys.executable, "-c", "import time; print('up', flush=True); time.sleep(0.5)"]
    environment = {**os.environ, MARK: str(os.getpid())}
    found = partial(still_at_work, endpoint=_closed_port(), mark=f"{MARK}={os.getpid()}")
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        assert [text.split()[1] for text in found(folders=())] == [str(process.pid)]
        assert found(folders=(), patience=30) == []
