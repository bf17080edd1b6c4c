"""Nothing of the engine listens anywhere but on the loopback address, whatever it is doing."""

from __future__ import annotations

import socket
import struct
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from embedded_aws.launcher import STATE_VARIABLE, Engine
from tests.embedded_aws.account import Account, fresh
from tests.embedded_aws.bench import bench
from tests.embedded_aws.notebook_door import Door
from tests.embedded_aws.waiting import eventually

_LISTENING = "0A"
LISTENERS = ("-m embedded_aws --scratch", "jupyter_lab", "ipykernel_launcher", "script_server")
WARM_FUNCTION = "ministack-lambda-"  # it is spoken to by pipes: looked at, but expected to listen nowhere
QUICKLY = {"Delay": 1, "MaxAttempts": 120}
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


def command(process: Path) -> str:
    """A process's command line; empty when it has just ended."""
    try:
        return (process / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()
    except OSError:
        return ""


def listening(engine: Engine) -> list[tuple[str, str]]:
    """Command line and address of every socket on which a process of the engine listens."""
    found = []
    for process in processes(engine):
        inodes = sockets_of(process)
        found += [(command(process), at) for at, inode in listeners(process) if inode in inodes]
    return found


@pytest.fixture
def busy(account: Account) -> Iterator[Account]:
    """An account with an endpoint in service, a warm function, and a notebook instance that is open with a kernel."""
    at, name = bench(account), fresh("busy")
    sagemaker, model = at.sagemaker, at.model("def model_fn(folder):\n    return 1")
    variant = {"VariantName": "only", "ModelName": model, "InstanceType": "ml.m5.large", "InitialInstanceCount": 1}
    sagemaker.create_endpoint_config(EndpointConfigName=name, ProductionVariants=[variant])
    sagemaker.create_endpoint(EndpointName=name, EndpointConfigName=name)
    sagemaker.create_notebook_instance(NotebookInstanceName=name, InstanceType="ml.t3.medium", RoleArn=at.role)
    function = account.function("def handler(event, context):\n    return 1\n", account.role())
    account.client("lambda").invoke(FunctionName=function)
    sagemaker.get_waiter("endpoint_in_service").wait(EndpointName=name, WaiterConfig=QUICKLY)
    sagemaker.get_waiter("notebook_instance_in_service").wait(NotebookInstanceName=name, WaiterConfig=QUICKLY)
    url = sagemaker.create_presigned_notebook_instance_url(NotebookInstanceName=name)["AuthorizedUrl"]
    with Door(url) as door:
        assert door.page.status_code == httpx.codes.OK
        door.ask("POST", "/api/kernels", json={"name": "python3"})
        yield account
    sagemaker.delete_endpoint(EndpointName=name)
    sagemaker.stop_notebook_instance(NotebookInstanceName=name)


def test_every_listening_socket_is_on_loopback(busy: Account) -> None:
    busy.client("athena").list_work_groups()
    busy.client("transfer").list_servers()

    def unseen() -> list[str]:
        commands = " ".join(command for command, _ in listening(busy.engine))
        return [program for program in LISTENERS if program not in commands]

    eventually(lambda: not unseen(), seconds=60)
    assert any(WARM_FUNCTION in command(process) for process in processes(busy.engine))
    assert {at for _, at in listening(busy.engine)} == {"127.0.0.1"}
