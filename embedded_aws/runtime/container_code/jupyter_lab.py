"""JupyterLab on a socket that is open already, so that it need not run before somebody connects.

The first process of the sandbox listens until then and hands the socket over as descriptor 3.
"""

from __future__ import annotations

import socket
import sys

from jupyter_server.serverapp import ServerApp
from jupyterlab.labapp import LabApp

LISTENER = 3


class HeldServer(ServerApp):  # type: ignore[misc,unused-ignore] # Jupyter is in the image only
    """A server that takes its socket instead of looking for a port."""

    def _find_http_port(self) -> None:
        """The port that the command names is the socket's."""

    def _bind_http_server(self) -> None:
        held = socket.socket(fileno=LISTENER)
        held.setblocking(False)  # noqa: FBT003 # its own signature
        self.http_server.add_socket(held)


class Lab(LabApp):  # type: ignore[misc,unused-ignore] # Jupyter is in the image only
    """JupyterLab on such a server."""

    serverapp_class = HeldServer


def main() -> None:
    """Run until the instance stops."""
    sys.exit(Lab.launch_instance())


if __name__ == "__main__":
    main()
