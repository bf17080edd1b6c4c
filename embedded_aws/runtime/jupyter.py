"""JupyterLab of a notebook instance: its socket, its command, when it is ready, and its address.

Its port is open as soon as the instance is in service, its process comes with the first connection: most instances of
a class are never opened, and each would cost 60 MiB.
"""

from __future__ import annotations

import http.client
import json
import os
import secrets
import shlex
import socket
import time
from pathlib import Path

from embedded_aws.runtime import engine_code
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

    def __init__(self, environment: Environment, home: Path, owner: int) -> None:
        self._environment = environment
        self._token = secrets.token_hex(24)
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self._port: int = self.listener.getsockname()[1]
        self.process: Process | None = None
        self._announce(home, owner)

    @property
    def argv(self) -> list[str]:
        """Its command: by a login shell, so that what scripts left in /etc/profile.d counts for kernels too."""
        binaries = self._environment.folder / "bin"
        options = [
            "--no-browser",
            "--ip=127.0.0.1",
            f"--port={self._port}",
            f"--ServerApp.root_dir={VOLUME}",
            "--ServerApp.open_browser=False",
            "--LabApp.extension_manager=readonly",
            # Looking for language servers that are not there takes half a second of every start.
            "--ServerApp.jpserver_extensions={'jupyter_lsp': False}",
        ]
        command = shlex.join([str(binaries / "python"), f"{engine_code.INSIDE}/start.py", "jupyter_lab", *options])
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
            if _answers(self._port):
                return f"http://127.0.0.1:{self._port}/lab?token={self._token}"
            if self.process is not None and self.process.wait(0) is not None:
                break
            time.sleep(POLL_SECONDS)
        raise JupyterError("JupyterLab did not start: see the instance's log stream jupyter.log")

    def _announce(self, home: Path, owner: int) -> None:
        """The file by which Jupyter servers are found, of a process that lives as long as the instance."""
        folder = home
        for part in RUNTIME.split("/"):
            folder /= part
            if not folder.exists():
                folder.mkdir(mode=0o700)
                os.chown(folder, owner, owner)
        file = folder / "jpserver-1.json"
        url = f"http://127.0.0.1:{self._port}/"
        shown = {"url": url, "hostname": "127.0.0.1", "port": self._port, "secure": False, "base_url": "/"}
        file.write_text(json.dumps({**shown, "token": self._token, "root_dir": VOLUME, "pid": 1}))
        file.chmod(0o600)
        os.chown(file, owner, owner)


def _answers(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=START_SECONDS)
    try:
        connection.request("GET", "/api")
        return connection.getresponse().status == OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
