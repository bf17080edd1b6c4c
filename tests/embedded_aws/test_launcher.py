"""Starting, stopping and cleaning up: nothing is left, whatever way the engine went."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import boto3
import pytest

from embedded_aws import launcher
from embedded_aws.runtime import images
from embedded_aws.runtime.environments import Environment
from tests.embedded_aws.account import Account, Key, fetch, polls

ROOT = Path(__file__).parent.parent.parent


def marked(state: Path) -> subprocess.Popen[bytes]:
    """A process as the engine starts them: it carries the state folder in its environment."""
    environment = {**os.environ, launcher.STATE_VARIABLE: str(state)}
    return subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"], env=environment)


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


def test_stop_ends_everything_and_leaves_the_folder(tmp_path: Path, environments: Path) -> None:
    engine = launcher.start(state=tmp_path / "state", environments=environments)
    account = Account(engine)
    function = account.function("def handler(event, context):\n    return 1\n", account.role())
    account.client("lambda").invoke(FunctionName=function)
    launcher.stop(engine)
    assert launcher.clean_processes(engine.state) == []
    assert not alive(engine.pid)
    with pytest.raises(ConnectionError):
        fetch(engine.endpoint, "/_embedded/health")
    assert engine.state.exists()


def test_clean_finds_what_a_killed_engine_left(tmp_path: Path, environments: Path) -> None:
    engine = launcher.start(state=tmp_path / "state", environments=environments)
    account = Account(engine)
    function = account.function("def handler(event, context):\n    return 1\n", account.role())
    account.client("lambda").invoke(FunctionName=function)
    os.kill(engine.pid, signal.SIGKILL)
    stray = marked(engine.state)
    done = launcher.clean(engine.state)
    assert f"killed process {stray.pid}" in done
    assert not alive(stray.pid)
    assert not engine.state.exists()
    assert launcher.clean(engine.state) == []


def test_clean_spares_another_engines_processes(tmp_path: Path) -> None:
    other = marked(tmp_path / "other")
    try:
        assert launcher.clean(tmp_path / "mine") == []
        assert other.poll() is None
    finally:
        other.kill()
        other.wait()


def test_used_state_folder_is_refused(tmp_path: Path, environments: Path) -> None:
    (tmp_path / "root.json").touch()
    with pytest.raises(launcher.EngineError, match="clean it first"):
        launcher.start(state=tmp_path, environments=environments)


def test_missing_environment_is_named(tmp_path: Path) -> None:
    with pytest.raises(launcher.EngineError, match="make it first"):
        launcher.start(state=tmp_path / "state", environments=tmp_path / "none")


def test_port_that_is_taken_shows_the_log(tmp_path: Path, environments: Path, engine: launcher.Engine) -> None:
    port = int(engine.endpoint.rsplit(":", 1)[1])
    with pytest.raises(launcher.EngineError, match=r"(?s)ended with status 1.*Address already in use"):
        launcher.start(state=tmp_path / "state", environments=environments, port=port)
    assert launcher.clean_processes(tmp_path / "state") == []


def test_without_iam_every_signed_request_passes(tmp_path: Path, environments: Path) -> None:
    engine = launcher.start(state=tmp_path / "state", environments=environments, iam=False)
    try:
        nobody = Account(engine).client("sqs", Key("AKIANOBODY0000000000", "secret"))
        assert nobody.list_queues()["ResponseMetadata"]["HTTPStatusCode"] == 200
    finally:
        launcher.stop(engine)


def test_engine_sees_nothing_of_the_callers_credentials(
    tmp_path: Path, environments: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "the-callers-secret")
    monkeypatch.setenv("AWS_PROFILE", "work")
    engine = launcher.start(state=tmp_path / "state", environments=environments)
    try:
        seen = Path(f"/proc/{engine.pid}/environ").read_bytes()
        assert b"the-callers-secret" not in seen
        assert b"AWS_PROFILE" not in seen
        assert engine.secret_access_key.encode() not in seen
        assert (engine.state / "root.json").stat().st_mode & 0o077 == 0
    finally:
        launcher.stop(engine)


def test_two_engines_are_two_accounts(tmp_path: Path, environments: Path, engine: launcher.Engine) -> None:
    other = launcher.start(state=tmp_path / "state", environments=environments)
    try:
        assert other.endpoint != engine.endpoint
        foreign = Account(other).client("sts", Account(engine).root)
        with pytest.raises(foreign.exceptions.ClientError, match="InvalidClientTokenId"):
            foreign.get_caller_identity()
    finally:
        launcher.stop(other)


def test_foreground_command_serves_until_it_is_told_to_end(tmp_path: Path, environments: Path) -> None:
    python = Environment("engine", ROOT / "embedded_aws" / "requirements.txt", environments).python
    command = [str(python), "-m", "embedded_aws", "--state", str(tmp_path), "--environments", str(environments)]
    with (tmp_path / "log").open("wb") as log:
        process = subprocess.Popen(command, cwd=ROOT, stdout=log, stderr=log)
    for _ in polls(30):
        if (tmp_path / "engine.json").exists():
            break
    port, key = (
        json.loads((tmp_path / "engine.json").read_text())["port"],
        json.loads((tmp_path / "root.json").read_text()),
    )
    session = boto3.session.Session(**{f"aws_{name}": value for name, value in key.items()}, region_name="us-east-1")
    found = session.client("sts", endpoint_url=f"http://127.0.0.1:{port}").get_caller_identity()
    assert found["Arn"] == f"arn:aws:iam::{launcher.ACCOUNT}:root"
    process.send_signal(signal.SIGINT)
    assert process.wait(timeout=20) == 0
    assert launcher.clean_processes(tmp_path) == []


def test_what_is_prepared_is_not_prepared_again(environments: Path) -> None:
    said: list[str] = []
    launcher.prepare(environments, said.append, [images.XGBOOST.uri])
    assert (said, launcher.download_mb(environments, [images.XGBOOST.uri])) == ([], 0)


def test_images_are_prepared_where_they_are_asked_for(tmp_path: Path) -> None:
    least = launcher.download_mb(tmp_path)
    assert launcher.download_mb(tmp_path, [images.PYTORCH.uri, images.IMAGE_CLASSIFICATION.uri]) == (
        least + images.PYTORCH.download_mb
    )
    with pytest.raises(images.UnknownImageError, match=r"cannot run the image .*nothing:1; it has: "):
        launcher.prepare(tmp_path, print, ["683313688378.dkr.ecr.us-east-1.amazonaws.com/nothing:1"])
