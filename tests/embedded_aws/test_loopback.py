"""Nothing of the engine listens anywhere but on the loopback address, whatever it is doing."""

from __future__ import annotations

import socket
import struct
from collections.abc import Iterator
from pathlib import Path

import pytest

from embedded_aws.launcher import STATE_VARIABLE, Engine
from tests.embedded_aws.account import Account

_LISTENING = "0A"
pytestmark = pytest.mark.skipif(not Path("/proc/net/tcp").exists(), reason="sockets are read from /proc")


def processes(engine: Engine) -> list[Path]:
    """Every process that carries the engine's state folder in its environment."""
    mark, found = f"{STATE_VARIABLE}={engine.state}".encode(), []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if mark in (process / "environ").read_bytes().split(b"\0"):
                found.append(process)
        except OSError:
            continue
    return found


def sockets_of(process: Path) -> set[str]:
    """The inodes of a process's open sockets."""
    try:
        links = [str(link.readlink()) for link in (process / "fd").iterdir()]
    except OSError:
        return set()
    return {link[len("socket:[") : -1] for link in links if link.startswith("socket:[")}


def listeners(process: Path) -> Iterator[tuple[str, str]]:
    """Address and inode of every listening TCP and every UDP socket in the process's network namespace."""
    for table in ("tcp", "tcp6", "udp", "udp6"):
        try:
            lines = (process / "net" / table).read_text().splitlines()[1:]
        except OSError:
            continue
        for line in lines:
            fields = line.split()
            if fields[3] == _LISTENING or table.startswith("udp"):
                yield address(fields[1].partition(":")[0]), fields[9]


def address(text: str) -> str:
    """An address of /proc/net: 32-bit words in the machine's order."""
    words = [struct.pack("=I", int(text[at : at + 8], 16)) for at in range(0, len(text), 8)]
    family = socket.AF_INET if len(words) == 1 else socket.AF_INET6
    return socket.inet_ntop(family, b"".join(words))


def test_addresses_are_read_as_they_are() -> None:
    assert address("0100007F") == "127.0.0.1"
    assert address("00000000") == "0.0.0.0"  # noqa: S104 # the address that must not be found
    assert address("00000000000000000000000001000000") == "::1"


def test_every_listening_socket_is_on_loopback(account: Account) -> None:
    source = "import time\ndef handler(event, context):\n    time.sleep(0)\n"
    function = account.function(source, account.role())
    account.client("lambda").invoke(FunctionName=function)
    account.client("athena").list_work_groups()
    account.client("transfer").list_servers()
    own = processes(account.engine)
    assert len(own) >= 2
    found = set()
    for process in own:
        inodes = sockets_of(process)
        found |= {at for at, inode in listeners(process) if inode in inodes}
    assert found == {"127.0.0.1"}
