"""A real engine, started once for all tests of a worker, and what tests do in its account."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from embedded_aws import launcher
from embedded_aws.control import Control
from embedded_aws.runtime import images
from tests.embedded_aws.account import Account
from tests.embedded_aws.kept import KeptEngine

_ENVIRONMENTS = Path(__file__).parent.parent.parent / ".envs"
_log = logging.getLogger(__name__)


@pytest.fixture(scope="session")
def environments() -> Path:
    """The environments of the engine and of the images that most tests use, made if they are not there."""
    launcher.prepare(_ENVIRONMENTS, _log.info, [images.XGBOOST.uri, images.SCIKIT_LEARN.uri])
    return _ENVIRONMENTS


@pytest.fixture(scope="session")
def all_environments(environments: Path) -> Path:
    """Those of the deep learning frameworks too (1.5 GB more)."""
    images.prepare(environments, _log.info)
    return environments


@pytest.fixture(scope="session")
def engine(tmp_path_factory: pytest.TempPathFactory, environments: Path) -> Iterator[launcher.Engine]:
    """A running engine with IAM on."""
    started = launcher.start(state=tmp_path_factory.mktemp("engine") / "state", environments=environments)
    yield started
    launcher.stop(started)


@pytest.fixture(scope="session")
def account(engine: launcher.Engine) -> Account:
    """The engine's account."""
    return Account(engine)


@pytest.fixture
def control(account: Account) -> Iterator[Control]:
    """The control of the running engine, which is as it was afterwards."""
    made = Control(account.engine)
    yield made
    made.clear()
    made.speed(None)


@pytest.fixture
def kept(tmp_path: Path, environments: Path) -> Iterator[KeptEngine]:
    """An engine with `--state` that can be killed and started again."""
    engine = KeptEngine(tmp_path / "state", environments)
    yield engine
    engine.end()
