"""Starts the engine's process: its address, the emulator's environment variables, the adapter, and the end."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from importlib.metadata import version
from pathlib import Path

from embedded_aws import launcher, root_key
from embedded_aws.clock import Clock
from embedded_aws.control_routes import ControlRoutes
from embedded_aws.engine import Engine, Place
from embedded_aws.faults.door import fault_door
from embedded_aws.front_door import App, front_door
from embedded_aws.hanging_up import teach_server
from embedded_aws.hooks import EMULATOR
from embedded_aws.iam.role_sessions import RoleSessions
from embedded_aws.inventory import inventory
from embedded_aws.journal import folder
from embedded_aws.journal.acknowledging import acknowledging
from embedded_aws.journal.journal import Journal
from embedded_aws.regions import region_door
from embedded_aws.sagemaker.ports import Credentials, Runtime

ACCOUNT = "123456789012"
REGION = "us-east-1"


@dataclass(frozen=True)
class Settings:
    """How to serve: `state` for the engine's files, `environments` with the images, IAM on or off, how fast.

    With `keep`, everything is kept in `state` and taken up again at the next start; else `state` is a fresh folder.
    """

    state: Path
    environments: Path
    port: int = 0
    iam: bool = True
    speed: float | None = None
    keep: bool = False


class PortError(RuntimeError):
    """The port cannot be listened on; the text says why."""


def serve(settings: Settings) -> None:
    """Serve on a loopback port until SIGTERM or SIGINT, then end everything that was started.

    JournalError for a folder that this engine cannot take up, or that another one serves; PortError for a taken port.
    """
    state = settings.state.resolve()
    with folder.locked(state):
        _serve_from(state, settings)


def _serve_from(state: Path, settings: Settings) -> None:
    (folder.refuse_unkept if settings.keep else folder.refuse_used)(state)
    kept = folder.open_file(state, f"{EMULATOR} {version(EMULATOR)}") if settings.keep else None
    listener = _listen(settings.port if kept is None else folder.port_to_serve(kept, settings.port))
    port = listener.getsockname()[1]
    if kept is not None:
        launcher.clean_processes(state)
        folder.tidy(state, kept)
        folder.remember_port(kept, port)
    _set_emulator_variables(state, port, iam=settings.iam)
    # The emulator reads its variables when it is imported: not before they are set.
    from embedded_aws import ministack_adapter

    place = Place(ACCOUNT, REGION, port, state, settings.environments.resolve(), settings.iam)
    journal = None if kept is None else Journal(kept, folder.replaced_files(state), ministack_adapter.TRAITS)
    clock = Clock(settings.speed)
    engine = Engine(place, _root_key(state), ministack_adapter.emulator(), _runtime, clock, journal)
    emulator = ministack_adapter.install(engine)
    ministack_adapter.restore(engine)
    held = partial(inventory, ministack_adapter.stores, engine.plane)
    control = ControlRoutes(engine.clock, engine.faults, engine.plane.quotas, engine.plane.capacity)
    served = fault_door(emulator, engine.faults, engine.recognise, engine.tell_refused)
    served = region_door(served, REGION)
    app = front_door(served, held, control.answer, engine.root.secret_access_key)
    app = app if journal is None else acknowledging(app, journal)

    def resume() -> None:
        engine.resume()
        ministack_adapter.resume()

    try:
        asyncio.run(_serve(app, listener, state, resume))
    finally:
        if journal is not None:
            journal.close()  # before anything is ended: it all goes on at the next start
        engine.shutdown()
        ministack_adapter.shutdown()


def _listen(port: int) -> socket.socket:
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    try:
        listener.bind(("127.0.0.1", port))
    except OSError as error:
        raise PortError(f"port {port}: {error.strerror}: name another one with --port, or none") from error
    listener.listen()  # what goes on after a restart calls before the first answer can be given
    return listener


def _set_emulator_variables(state: Path, port: int, *, iam: bool) -> None:
    temporary, objects = state / "tmp", state / "s3"
    for path in (temporary, objects):
        path.mkdir(parents=True, exist_ok=True)
    os.environ |= {
        "EMBEDDED_AWS_STATE": str(state),
        "TMPDIR": str(temporary),
        "GATEWAY_PORT": str(port),
        "BIND_HOST": "127.0.0.1",
        "MINISTACK_HOST": "127.0.0.1",
        "MINISTACK_ACCOUNT_ID": ACCOUNT,
        "MINISTACK_REGION": REGION,
        "AUTH": "true" if iam else "false",
        "S3_PERSIST": "1",
        "S3_DATA_DIR": str(objects),
        "STATE_DIR": str(state / "emulator"),
        "IOT_MTLS_ENABLED": "0",
        "SFTP_ENABLED": "0",
    }


def _root_key(state: Path) -> Credentials:
    """The root key, without token and end."""
    return Credentials(*root_key.read_or_make(state), "", datetime.max.replace(tzinfo=UTC))


async def _serve(app: App, listener: socket.socket, state: Path, resume: Callable[[], None]) -> None:
    from hypercorn.asyncio import serve as hypercorn_serve
    from hypercorn.config import Config

    teach_server()
    config = Config()
    config.bind = [f"fd://{listener.fileno()}"]
    # The engine calls itself, without retries, over connections that are kept: none may be closed as it is used again.
    config.keep_alive_timeout = 24 * 3600
    config.graceful_timeout = 1
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, ended.set)
    address = {"port": listener.getsockname()[1], "pid": os.getpid()}
    draft = state / "engine.json.new"
    draft.write_text(json.dumps(address))
    draft.replace(state / "engine.json")  # whoever waits for it never reads half of it
    resume()
    await hypercorn_serve(app, config, shutdown_trigger=ended.wait)


def _runtime(place: Place, sessions: RoleSessions, clock: Clock) -> Runtime:
    from embedded_aws.runtime import local

    settings = local.Settings(
        endpoint_url=place.endpoint_url,
        region=place.region,
        account=place.account,
        state=place.state,
        environments=place.environments,
        clock=clock,
    )
    return local.LocalRuntime(settings, sessions)
