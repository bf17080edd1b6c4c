"""The engine's environments, and an engine for tests that need no whole class."""

from pathlib import Path

import pytest

from classlab.rehearsal.options import Options
from embedded_aws import launcher
from embedded_aws.runtime import images
from tests.embedded_aws.conftest import account, engine  # noqa: F401 # fixtures


@pytest.fixture(scope="session")
def environments() -> Path:
    """The project's own, prepared where they are missing."""
    folder = Options().environments
    launcher.prepare(folder, lambda _text: None, [images.XGBOOST.uri, images.SCIKIT_LEARN.uri])
    return folder
