"""Starting, stopping and cleaning up: nothing is left, whatever way the engine went."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from contextlib import suppress
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


def by_hand(*arguments: object, environment: dict[str, str] | None = None) -> subprocess.Popen[bytes]:
    """An engine started as the README says, by the Python of the tests, which does not know the emulator."""
    command = [sys.executable, "-m", "embedded_aws", *map(str, arguments)]
    return subprocess.Popen(command, cwd=ROOT, env=os.environ | (environment or {}), stderr=subprocess.PIPE)


def test_any_python_starts_an_engine_that_the_launcher_finds(tmp_path: Path, environments: Path) -> None:
    state = tmp_path / "state"
    foreign = {"AWS_PROFILE": "nobody's", "AUTH": "false", "PYTHONPATH": str(tmp_path)}
    served = by_hand("--state", state, "--environments", environments, "--speed", 100, environment=foreign)
    try:
        for _ in polls(30):
            with suppress(launcher.EngineError):
                launcher.running(state)
                break
        found = launcher.running(state)
        assert (found.pid, found.state) == (served.pid, state)
        assert Account(found).client("sts").get_caller_identity()["Account"] == launcher.ACCOUNT
        assert b"nobody's" not in Path(f"/proc/{served.pid}/environ").read_bytes()
        answer = fetch(
            found.endpoint, "/_embedded/clock", headers={"Authorization": f"Bearer {found.secret_access_key}"}
        )
        assert json.loads(answer[1]) == {"speed": 100}
        assert f"killed process {served.pid}" in launcher.clean(state)
    finally:
        served.kill()
        served.communicate()
    with pytest.raises(launcher.EngineError, match="no engine serves"):
        launcher.running(state)


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        (["--port", "65536"], 2, "argument --port: a port is at most 65535, not 65536"),
        (["--port", "-1"], 2, "argument --port: a port is at most 65535, not -1"),
        (["--environments", "/dev/null/none"], 1, "no engine environment in /dev/null/none: make it first"),
        (["--state", "/dev/null"], 1, "/dev/null cannot be a state folder: File exists"),
        (["--scratch", "/dev/null/below"], 1, "/dev/null/below cannot be a state folder: Not a directory"),
    ],
)
def test_what_cannot_be_served_is_refused_in_a_line(
    arguments: list[str], status: int, said: str, environments: Path
) -> None:
    given = arguments if "--environments" in arguments else [*arguments, "--environments", environments]
    refused = by_hand(*given)
    output = refused.communicate(timeout=60)[1].decode()
    assert refused.returncode == status
    assert said in output.splitlines()[-1]
    assert "Traceback" not in output


def test_what_an_engine_that_kept_nothing_left_is_not_taken_up(tmp_path: Path, environments: Path) -> None:
    """Objects lie in files and would come back, while everything else is gone."""
    launcher.stop(launcher.start(state=tmp_path / "state", environments=environments))
    with pytest.raises(launcher.EngineError, match="what an engine without --state has left: name a fresh folder"):
        launcher.start(state=tmp_path / "state", environments=environments, keep=True)


@pytest.mark.parametrize("content", ["", "{", "[]", "{}"])
def test_a_broken_root_key_is_named(content: str, tmp_path: Path, environments: Path) -> None:
    (tmp_path / "root.json").write_text(content)
    with pytest.raises(launcher.EngineError, match=r"root.json holds no root key"):
        launcher.start(state=tmp_path, environments=environments, keep=True)
    refused = by_hand("--state", tmp_path, "--environments", environments)
    output = refused.communicate(timeout=60)[1].decode()
    assert (refused.returncode, "root.json holds no root key" in output.splitlines()[-1]) == (1, True)


def test_a_taken_port_is_refused_in_a_line(engine: launcher.Engine, environments: Path) -> None:
    refused = by_hand("--port", engine.endpoint.rsplit(":", 1)[1], "--environments", environments)
    output = refused.communicate(timeout=60)[1].decode()
    assert refused.returncode == 1
    assert "Address already in use: name another one with --port" in output.splitlines()[-1]
    assert "Traceback" not in output


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
