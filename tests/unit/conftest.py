"""moto's AWS for the instructor's modules."""

from collections.abc import Iterator

import boto3
import pytest
from moto import mock_aws

from classlab.aws import Aws
from classlab.waiting import Patience


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[Aws]:
    """An empty account; nothing of this machine's AWS configuration counts."""
    for name in ("AWS_PROFILE", "AWS_ENDPOINT_URL", "CLASSLAB_DATA"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    with mock_aws():
        yield Aws(boto3.Session(region_name="us-east-1"))


@pytest.fixture
def no_patience() -> Patience:
    """Asks a few times and never sleeps."""
    ticks = iter(range(1000))
    return Patience(seconds=5.0, sleep=lambda _seconds: None, clock=lambda: float(next(ticks)))
