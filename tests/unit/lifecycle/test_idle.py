"""When an instance counts as used, asked of a Jupyter that is made up; and what the worker does when it is not."""

import json
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import ClassVar

import pytest

from tests.unit.lifecycle.conftest import Instance, wait_for

LONG_AGO = "2020-01-01T00:00:00.123456Z"
LONG_AGO_SECONDS = 1577836800
TOKEN = "secret"


class Jupyter(BaseHTTPRequestHandler):
    """Answers for kernels and terminals to whoever brings the token."""

    lists: ClassVar[dict[str, list[dict[str, object]]]] = {}

    def do_GET(self) -> None:
        """One list."""
        found = self.lists.get(self.path)
        allowed = self.headers["Authorization"] == f"token {TOKEN}"
        self.send_response(403 if not allowed else 404 if found is None else 200)
        self.end_headers()
        self.wfile.write(json.dumps(found).encode())

    def log_message(self, *_arguments: object) -> None:
        """Say nothing."""


@contextmanager
def jupyter(
    instance: Instance, token: str = TOKEN, pid: int | None = 0, **lists: list[dict[str, object]]
) -> Iterator[None]:
    """A server with its runtime file; `pid` is whose children its terminals are."""
    Jupyter.lists = {f"/base/api/{name}": items for name, items in lists.items()}
    server = ThreadingHTTPServer(("127.0.0.1", 0), Jupyter)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    runtime = instance.home / ".local/share/jupyter/runtime"
    runtime.mkdir(parents=True, exist_ok=True)
    about = {"port": server.server_port, "secure": False, "base_url": "/base/", "token": token}
    about |= {} if pid is None else {"pid": pid}
    (runtime / "jpserver-1.json").write_text(json.dumps(about))
    yield
    server.shutdown()
    server.server_close()


def kernel(state: str = "idle", connections: int = 0, at: str = LONG_AGO) -> dict[str, object]:
    """What Jupyter says of a kernel."""
    return {"execution_state": state, "connections": connections, "last_activity": at}


def last_use(instance: Instance, since: float = 0) -> int:
    """What idle.py prints."""
    done = instance.run("python3", str(instance.tools / "idle.py"), "--since", str(since))
    assert done.returncode == 0, done.stderr
    return int(done.stdout)


def is_now(moment: int) -> bool:
    """Whether a time is the present."""
    return abs(moment - time.time()) < 30


def test_an_idle_kernel_counts_from_its_last_activity(instance: Instance) -> None:
    with jupyter(instance, kernels=[kernel()]):
        assert last_use(instance) == LONG_AGO_SECONDS


def test_a_terminal_counts_too(instance: Instance) -> None:
    with jupyter(instance, kernels=[kernel()], terminals=[{"last_activity": "2021-01-01T00:00:00Z"}]):
        assert last_use(instance) == 1609459200


@contextmanager
def terminal(*command: str) -> Iterator[int]:
    """A process with a terminal in which this runs; returns its id as soon as there is something on the screen."""
    program = f"import pty; pty.spawn({list(command)!r})"
    with subprocess.Popen(
        [sys.executable, "-c", program], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as process:
        assert process.stdout is not None
        process.stdout.read(1)
        yield process.pid
        process.kill()


@pytest.mark.parametrize("command", ["echo up; sleep 60; true", "sleep 60 & echo up; read"])
def test_a_terminal_in_which_something_runs_silently_is_in_use(instance: Instance, command: str) -> None:
    silent: list[dict[str, object]] = [{"last_activity": LONG_AGO}]
    with terminal("bash", "-c", command) as pid, jupyter(instance, pid=pid, kernels=[kernel()], terminals=silent):
        assert is_now(last_use(instance))


def test_a_terminal_at_its_prompt_counts_from_its_last_activity(instance: Instance) -> None:
    silent: list[dict[str, object]] = [{"last_activity": LONG_AGO}]
    with terminal("bash", "--norc", "-i") as pid, jupyter(instance, pid=pid, kernels=[], terminals=silent):
        assert last_use(instance) == LONG_AGO_SECONDS


def test_every_terminal_counts_where_the_server_is_not_known(instance: Instance) -> None:
    with terminal("bash", "-c", "echo up; sleep 60; true"), jupyter(instance, pid=None, kernels=[kernel()]):
        assert is_now(last_use(instance))


def test_somebody_elses_terminal_does_not_count(instance: Instance) -> None:
    with terminal("bash", "-c", "echo up; sleep 60; true"), jupyter(instance, pid=1 << 30, kernels=[kernel()]):
        assert last_use(instance) == LONG_AGO_SECONDS


def test_a_busy_kernel_is_in_use(instance: Instance) -> None:
    with jupyter(instance, kernels=[kernel(), kernel(state="busy")]):
        assert is_now(last_use(instance))


def test_a_connected_kernel_is_in_use(instance: Instance) -> None:
    with jupyter(instance, kernels=[kernel(connections=1)]):
        assert is_now(last_use(instance))


def test_nothing_open_counts_from_the_start(instance: Instance) -> None:
    with jupyter(instance, kernels=[], terminals=[]):
        assert last_use(instance, since=1234) == 1234


def test_a_jupyter_that_refuses_counts_as_used(instance: Instance) -> None:
    with jupyter(instance, token="wrong", kernels=[kernel()]):
        assert is_now(last_use(instance))


def test_no_jupyter_counts_as_used(instance: Instance) -> None:
    assert is_now(last_use(instance))


def test_the_worker_stops_an_instance_that_nobody_uses(instance: Instance) -> None:
    instance.environment["CLASSLAB_IDLE_MINUTES"] = "0"
    with jupyter(instance, kernels=[kernel()]):
        instance.start("bash", str(instance.tools / "worker.sh"))
        stop = "sagemaker stop-notebook-instance --notebook-instance-name sample--ann--notebook"
        wait_for(lambda: stop in instance.calls())
    assert instance.calls()[instance.calls().index(stop) - 1].startswith("s3 sync")  # the work first
