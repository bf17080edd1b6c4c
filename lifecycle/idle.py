"""Print when the instance was last used, in seconds since 1970: `idle.py --since SECONDS`.

A busy kernel, one that a browser is connected to, a terminal in which something runs, or a server that does not answer
counts as used now; else the last activity of kernels and terminals counts, and at least `--since`. Jupyter is asked
over its own REST interface, at the addresses of its runtime files; what runs in its terminals it does not say, so that
is read from /proc. Runs with the system's Python 3.9, standard library only.
"""

from __future__ import annotations

import argparse
import calendar
import http.client
import json
import ssl
import sys
import time
from collections.abc import Iterator
from pathlib import Path

RUNTIME = Path.home() / ".local/share/jupyter/runtime"
# Where Jupyter listens on a notebook instance, for a server whose runtime file is elsewhere.
FALLBACK = {"port": 8443, "secure": True, "base_url": "/", "token": ""}
SECONDS_TO_ANSWER = 10
OK, NO_SUCH_INTERFACE = 200, 404


def servers(runtime: Path) -> list[dict[str, object]]:
    """Port, base address and token of every running server."""
    return [json.loads(path.read_text(encoding="utf-8")) for path in sorted(runtime.glob("jpserver-*.json"))] or [
        FALLBACK
    ]


def ask(server: dict[str, object], path: str) -> list[dict[str, object]]:
    """What a server lists; an empty list where it has no such interface. Raises OSError where it does not answer."""
    port = int(str(server["port"]))
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=SECONDS_TO_ANSWER)
    if server["secure"]:  # with its own certificate, but on loopback
        trust = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        trust.check_hostname, trust.verify_mode = False, ssl.CERT_NONE
        connection = http.client.HTTPSConnection("127.0.0.1", port, timeout=SECONDS_TO_ANSWER, context=trust)
    connection.request("GET", f"{server['base_url']}{path}", headers={"Authorization": f"token {server['token']}"})
    answer = connection.getresponse()
    if answer.status == NO_SUCH_INTERFACE:
        return []
    if answer.status != OK:
        raise OSError(f"{path}: HTTP status {answer.status}")
    listed: list[dict[str, object]] = json.load(answer)
    return listed


def last_use(server: dict[str, object], now: float) -> list[float]:
    """When each kernel and terminal of a server was last used."""
    kernels = ask(server, "api/kernels")
    if any(kernel["execution_state"] == "busy" or kernel["connections"] for kernel in kernels):
        return [now]
    if terminals_run_something(str(server.get("pid", ""))):
        return [now]
    return [moment(str(item["last_activity"])) for item in [*kernels, *ask(server, "api/terminals")]]


def terminals_run_something(server: str) -> bool:
    """Whether a process that is not the shell itself belongs to a terminal of the server with this process id.

    Where the id is not known (empty), every terminal of the instance counts. A terminal's shell is a child of the
    server that leads a session of its own with a controlling terminal; kernels lead theirs without one. Jobs in the
    background are in the shell's session too.
    """
    table = list(processes())
    shells = {
        pid for pid, parent, session, terminal in table if server in ("", parent) and session == pid and terminal != "0"
    }
    return any(session in shells and pid not in shells for pid, _, session, _ in table)


def processes() -> Iterator[tuple[str, str, str, str]]:
    """Process id, parent, session and controlling terminal of everything that runs."""
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = path.read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
        except OSError:
            continue  # it has ended
        state, parent, _group, session, terminal = fields[:5]
        if state != "Z":
            yield path.parent.name, parent, session, terminal


def moment(text: str) -> float:
    """Seconds since 1970 of Jupyter's UTC times, with or without fractions."""
    return float(calendar.timegm(time.strptime(text[:19], "%Y-%m-%dT%H:%M:%S")))


def main() -> None:
    """Ask every server."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--since", type=float, required=True, help="the earliest answer")
    parser.add_argument("--runtime", type=Path, default=RUNTIME)
    options = parser.parse_args()
    now = time.time()
    try:
        used = [options.since, *(at for server in servers(options.runtime) for at in last_use(server, now))]
    except (OSError, http.client.HTTPException, ValueError, KeyError, TypeError) as error:
        print(f"Jupyter gives no answer, so the instance counts as used: {error}", file=sys.stderr)
        used = [now]
    print(int(max(used)))


if __name__ == "__main__":
    main()
