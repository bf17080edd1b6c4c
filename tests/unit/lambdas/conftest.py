"""An account with a class in it, and strangers beside it."""

from collections.abc import Iterator

import pytest
from moto import mock_aws

from tests.unit.lambdas.account import Account
from tests.unit.lambdas.conduct import Conductor
from tests.unit.lambdas.seats import Seat, forget_endpoint, open_class, run_jobs, take_seat


@pytest.fixture
def account(monkeypatch: pytest.MonkeyPatch) -> Iterator[Account]:
    """An empty account; nothing of this machine's AWS configuration counts."""
    for name in ("AWS_PROFILE", "AWS_ENDPOINT_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    with mock_aws():
        yield Account()


@pytest.fixture
def boundary(account: Account) -> str:
    """The class stack stands; the ARN of its boundary policy."""
    return open_class(account)


@pytest.fixture
def conductor(account: Account, boundary: str) -> Conductor:
    """The teardown of the class."""
    return Conductor(account, boundary)


@pytest.fixture
def seat(account: Account, boundary: str) -> Seat:
    """The seat of ann, at the end of the class: jobs have run, an endpoint is forgotten."""
    made = take_seat(account, "ann")
    run_jobs(account, made.stack.name, made.owner)
    forget_endpoint(account, made.stack.name, made.owner)
    return made
