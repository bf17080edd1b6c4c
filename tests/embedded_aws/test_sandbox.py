"""Sandboxes: what they show, what they hide, and that nothing of them outlives the engine."""

from __future__ import annotations

import fcntl
import os
import resource
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

from embedded_aws.runtime import nursery_process
from embedded_aws.runtime.nursery import FirstProcess, Nursery
from embedded_aws.runtime.sandbox import File, Isolation, Mount, Sandbox, SandboxError, SandboxSpec, User, detect
from tests.embedded_aws.waiting import eventually

HIGH = 1100
ENV = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin"}
with tempfile.TemporaryDirectory() as _state:
    AVAILABLE = detect(Nursery(Path(_state)))
namespaces = pytest.mark.skipif(AVAILABLE is Isolation.NONE, reason="this machine gives no namespaces")
root = pytest.mark.skipif(AVAILABLE is not Isolation.ROOT, reason="needs root")
CONFINED = [
    pytest.param(Isolation.ROOT, marks=root),
    pytest.param(Isolation.USER, marks=namespaces),
]
ALL = [*CONFINED, Isolation.NONE]


def spec(tmp_path: Path, isolation: Isolation, *mounts: Mount, files: Sequence[File] = ()) -> SandboxSpec:
    """A sandbox whose state lies in the test's directory."""
    nursery = Nursery(tmp_path / "state")
    return SandboxSpec(nursery=nursery, isolation=isolation, hostname="algo-1", mounts=mounts, files=files)


def run(sandbox: Sandbox, command: str, user: User | None = None) -> tuple[int | None, str]:
    """The exit status and the output of a shell command."""
    reading, writing = os.pipe()
    process = sandbox.spawn(["/bin/sh", "-c", command], env=ENV, output=writing, user=user)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        text = pipe.read().decode()
    return process.wait(10), text


@pytest.mark.parametrize("isolation", CONFINED)
def test_shows_directories_at_their_places_and_only_there(tmp_path: Path, isolation: Isolation) -> None:
    given = tmp_path / "ml"
    given.mkdir()
    mount = Mount(kind="bind", source=given, target="/opt/ml")
    with Sandbox(spec(tmp_path, isolation, mount)) as sandbox:
        assert run(sandbox, "echo made > /opt/ml/file; ls /opt; hostname") == (0, "ml\nalgo-1\n")
    assert (given / "file").read_text() == "made\n"
    assert not Path("/opt/ml").exists()


@pytest.mark.parametrize("isolation", CONFINED)
def test_hides_homes_temporary_files_and_processes(tmp_path: Path, isolation: Isolation) -> None:
    secret = tmp_path / "secret"
    secret.write_text("of the machine")
    with Sandbox(spec(tmp_path, isolation)) as sandbox:
        assert run(sandbox, f"cat {secret}")[0] != 0
        assert run(sandbox, "ls -A /root /home /tmp")[1].split() == ["/home:", "/root:", "/tmp:"]  # noqa: S108 # the sandbox's own
        processes = run(sandbox, "ls /proc | grep -c '^[0-9]'")[1]
    assert int(processes) < 6


@pytest.mark.parametrize("isolation", CONFINED)
def test_may_change_system_files_without_a_trace(tmp_path: Path, isolation: Isolation) -> None:
    with Sandbox(spec(tmp_path, isolation)) as sandbox:
        assert run(sandbox, "echo x > /etc/sandbox-test && echo x > /usr/bin/sandbox-test && ls /etc/passwd")[0] == 0
    assert not Path("/etc/sandbox-test").exists()
    assert not Path("/usr/bin/sandbox-test").exists()


@pytest.mark.parametrize("isolation", CONFINED)
def test_keeps_what_is_read_only_and_what_is_laid_over(tmp_path: Path, isolation: Isolation) -> None:
    kept, covered = tmp_path / "kept", tmp_path / "covered"
    for folder in (kept, covered):
        folder.mkdir()
        (folder / "file").write_text("as it was")
    mounts = (
        Mount(kind="read-only", source=kept, target="/srv/kept"),
        Mount(kind="overlay", source=covered, target="/srv/covered"),
    )
    with Sandbox(spec(tmp_path, isolation, *mounts)) as sandbox:
        assert run(sandbox, "echo x > /srv/kept/file")[0] != 0
        assert run(sandbox, "echo x > /srv/covered/file; cat /srv/covered/file") == (0, "x\n")
    assert (kept / "file").read_text() == (covered / "file").read_text() == "as it was"


@root
def test_runs_as_a_user_and_gives_root_no_power_over_the_machine(tmp_path: Path) -> None:
    with Sandbox(spec(tmp_path, Isolation.ROOT)) as sandbox:
        assert run(sandbox, "id -u; id -g; id -G", User(uid=1000, gid=1000, groups=(1000,)))[1] == "1000\n1000\n1000\n"
        assert run(sandbox, "mount -t tmpfs none /mnt")[0] != 0
        assert run(sandbox, "ls /dev | grep -E 'sda|vda|loop'")[1] == ""
        assert run(sandbox, "echo 1 > /proc/sys/kernel/panic")[0] != 0


@pytest.mark.parametrize("isolation", CONFINED)
def test_begins_with_files(tmp_path: Path, isolation: Isolation) -> None:
    files = [File(path="/opt/here/note", text="hello\n", mode=0o600), File(path="/etc/hostname", text="other\n")]
    with Sandbox(spec(tmp_path, isolation, files=files)) as sandbox:
        assert run(sandbox, "cat /opt/here/note /etc/hostname; stat -c %a /opt/here/note")[1] == "hello\nother\n600\n"


@pytest.mark.parametrize("isolation", ALL)
def test_gives_exit_statuses_and_tells_what_cannot_run(tmp_path: Path, isolation: Isolation) -> None:
    with Sandbox(spec(tmp_path, isolation)) as sandbox:
        assert run(sandbox, "exit 7")[0] == 7
        assert run(sandbox, "kill -9 $$")[0] == -signal.SIGKILL
        reading, writing = os.pipe()
        process = sandbox.spawn(["/no/such/program"], env=ENV, output=writing)
        os.close(writing)
        with os.fdopen(reading) as pipe:
            assert "/no/such/program" in pipe.read()
        assert process.wait(10) == 127


@pytest.mark.parametrize("isolation", ALL)
def test_a_detached_process_does_not_hold_the_output_and_ends_with_the_sandbox(
    tmp_path: Path, isolation: Isolation
) -> None:
    beat = tmp_path / "ml"
    beat.mkdir()
    mount = Mount(kind="bind", source=beat, target="/opt/ml")
    sandbox = Sandbox(spec(tmp_path, isolation, mount))
    place = sandbox.inside("/opt/ml")
    loop = f"while true; do date +%N > {place}/beat; sleep 0.02; done"
    assert run(sandbox, f"setsid sh -c '{loop}' </dev/null >/dev/null 2>&1 &") == (0, "")
    eventually((beat / "beat").exists)
    sandbox.stop()
    last = (beat / "beat").read_text()
    time.sleep(0.2)
    assert (beat / "beat").read_text() == last
    assert not list((tmp_path / "state" / "sandboxes").iterdir())


@pytest.mark.parametrize("isolation", CONFINED)
def test_lets_processes_end_in_order(tmp_path: Path, isolation: Isolation) -> None:
    kept = tmp_path / "kept"
    kept.mkdir()
    with Sandbox(spec(tmp_path, isolation, Mount(kind="bind", source=kept, target="/srv/kept"))) as sandbox:
        trap = "trap 'sleep 0.3; echo bye > /srv/kept/last; exit' TERM"
        loop = "touch /srv/kept/ready; while :; do sleep 0.01; done"
        run(sandbox, f'setsid sh -c "{trap}; {loop}" </dev/null >/dev/null 2>&1 &')
        eventually((kept / "ready").exists)
        sandbox.terminate(10)
        assert (kept / "last").read_text() == "bye\n"


@pytest.mark.parametrize("isolation", ALL)
def test_everything_ends_when_the_engine_is_killed(tmp_path: Path, isolation: Isolation) -> None:
    program = f"""
import os, sys, time
from pathlib import Path
from embedded_aws.runtime.nursery import Nursery
from embedded_aws.runtime.sandbox import Isolation, Sandbox, SandboxSpec
sandbox = Sandbox(SandboxSpec(nursery=Nursery(Path({str(tmp_path)!r})), isolation=Isolation({isolation.value!r})))
sandbox.spawn(["/bin/sh", "-c", "setsid sleep 321 >/dev/null 2>&1 & exec sleep 321"], env={ENV!r}, output=2)
print("ready", flush=True)
time.sleep(60)
"""
    engine = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True)
    assert engine.stdout
    assert engine.stdout.readline() == "ready\n"
    eventually(lambda: len(ours(tmp_path, "sleep")) == 2)
    engine.kill()
    engine.wait()
    eventually(lambda: not ours(tmp_path))
    assert not list((tmp_path / "sandboxes").iterdir())


def ours(state: Path, command: str = "") -> list[int]:
    """The processes that carry a state directory in their environment."""
    found = []
    for entry in Path("/proc").iterdir():
        try:
            mark = f"EMBEDDED_AWS_STATE={state}".encode() in (entry / "environ").read_bytes().split(b"\0")
            if entry.name.isdigit() and mark and command in (entry / "comm").read_text():
                found.append(int(entry.name))
        except OSError:
            continue
    return found


def test_says_what_it_cannot_make(tmp_path: Path) -> None:
    missing = Mount(kind="bind", source=tmp_path / "missing", target="/opt/ml")
    if AVAILABLE is Isolation.NONE:
        pytest.skip("without namespaces nothing is mounted")
    with pytest.raises(SandboxError, match="missing"):
        Sandbox(spec(tmp_path, AVAILABLE, missing))
    assert not list((tmp_path / "state" / "sandboxes").iterdir())


@pytest.mark.skipif(resource.getrlimit(resource.RLIMIT_NOFILE)[0] <= HIGH, reason="no more descriptors allowed")
def test_its_end_is_told_where_there_are_many_descriptors() -> None:
    """More than 1024 are open where a class has some hundred instances."""
    reading, writing = os.pipe()
    high = fcntl.fcntl(reading, fcntl.F_DUPFD, HIGH)
    os.close(reading)
    first = FirstProcess(os.getpid(), high)
    assert not first.wait(0.01)
    os.close(writing)
    assert first.wait(1)


def test_a_nursery_that_cannot_fork_says_so_and_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    def fork() -> int:
        raise BlockingIOError("Resource temporarily unavailable")

    monkeypatch.setattr(os, "fork", fork)
    given = [os.open(os.devnull, os.O_RDONLY) for _ in range(3)]
    nursery = cast("nursery_process.Nursery", SimpleNamespace(children={}))
    assert nursery_process.Nursery.bear(nursery, "/nowhere", *given) == {"error": "Resource temporarily unavailable"}
    for descriptor in given:
        with pytest.raises(OSError, match="Bad file descriptor"):
            os.fstat(descriptor)


def test_without_namespaces_paths_are_those_of_the_machine(tmp_path: Path) -> None:
    mounts = (
        Mount(kind="bind", source=tmp_path / "ml", target="/opt/ml"),
        Mount(kind="bind", source=tmp_path / "model", target="/opt/ml/model"),
    )
    with Sandbox(spec(tmp_path, Isolation.NONE, *mounts)) as sandbox:
        assert sandbox.inside("/opt/ml/input/data") == f"{tmp_path}/ml/input/data"
        assert sandbox.inside("/opt/ml/model/x") == f"{tmp_path}/model/x"
        assert sandbox.inside("/usr/bin") == "/usr/bin"


@pytest.mark.parametrize("isolation", ALL)
def test_a_command_can_wait_for_the_first_connection(tmp_path: Path, isolation: Isolation) -> None:
    answer = "import socket; s = socket.socket(fileno=3); c, _ = s.accept(); c.sendall(b'here'); c.close()"
    with Sandbox(spec(tmp_path, isolation)) as sandbox, socket.create_server(("127.0.0.1", 0)) as listener:
        with Path(os.devnull).open("w") as nowhere:
            process = sandbox.spawn(["python3", "-c", answer], env=ENV, output=nowhere.fileno(), listener=listener)
        assert process.wait(0.3) is None
        with socket.create_connection(listener.getsockname(), timeout=20) as connection:
            assert connection.recv(10) == b"here"
        assert process.wait(10) == 0
