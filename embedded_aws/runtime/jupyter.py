"""JupyterLab of a notebook instance: its command, when it is ready, and its address."""

from __future__ import annotations

import http.client
import json
import secrets
import shlex
import time
from pathlib import Path
from urllib.parse import urlsplit

from embedded_aws.runtime.environments import Environment
from embedded_aws.runtime.notebook_files import HOME, VOLUME
from embedded_aws.runtime.sandbox import Process

RUNTIME = ".local/share/jupyter/runtime"
START_SECONDS = 120
POLL_SECONDS = 0.1
OK = 200


class JupyterError(RuntimeError):
    """JupyterLab did not come up."""


class Jupyter:
    """The server of one start of an instance; `home` is where the machine has the instance's home directory."""

    def __init__(self, environment: Environment, home: Path) -> None:
        self._environment = environment
        self._runtime = home / RUNTIME
        self._token = secrets.token_hex(24)
        self.process: Process | None = None

    @property
    def argv(self) -> list[str]:
        """Its command: by a login shell, so that what scripts left in /etc/profile.d counts for kernels too."""
        binaries = self._environment.folder / "bin"
        options = [
            "--no-browser",
            "--ip=127.0.0.1",
            "--port=0",
            f"--ServerApp.root_dir={VOLUME}",
            "--ServerApp.open_browser=False",
            "--LabApp.extension_manager=readonly",
            # Looking for language servers that are not there takes half a second of every start.
            "--ServerApp.jpserver_extensions={'jupyter_lsp': False}",
        ]
        command = shlex.join([str(binaries / "jupyter-lab"), *options])
        return ["/bin/bash", "-l", "-c", f"PATH={shlex.quote(str(binaries))}:$PATH exec {command}"]

    @property
    def variables(self) -> dict[str, str]:
        """What its process is told besides the instance's variables."""
        return {
            "HOME": HOME,
            "USER": "ec2-user",
            "LOGNAME": "ec2-user",
            "SHELL": "/bin/bash",
            "LANG": "C.UTF-8",
            "JUPYTER_TOKEN": self._token,
        }

    def url(self) -> str:
        """JupyterLab's address with its token, as soon as it answers; JupyterError if it does not."""
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            address = self._address()
            if address and _answers(address):
                return f"{address}lab?token={self._token}"
            if self.process is not None and self.process.wait(0) is not None:
                break
            time.sleep(POLL_SECONDS)
        raise JupyterError("JupyterLab did not start: see the instance's log stream jupyter.log")

    def _address(self) -> str | None:
        """From the file that every Jupyter server leaves for others to find it."""
        for file in self._runtime.glob("jpserver-*.json"):
            try:
                held = json.loads(file.read_text())
            except (OSError, ValueError):
                continue
            if held.get("token") == self._token and held.get("port"):
                return f"http://127.0.0.1:{held['port']}/"
        return None


def _answers(address: str) -> bool:
    connection = http.client.HTTPConnection(urlsplit(address).netloc, timeout=5)
    try:
        connection.request("GET", "/api")
        return connection.getresponse().status == OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
