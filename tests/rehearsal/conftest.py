"""The engine's environments."""

from pathlib import Path

import pytest

from classlab.rehearsal.options import Options
from embedded_aws import launcher
from embedded_aws.runtime import images


@pytest.fixture(scope="session")
def environments() -> Path:
    """The project's own, prepared where they are missing."""
    folder = Options().environments
    launcher.prepare(folder, lambda _text: None, [images.XGBOOST.uri, images.SCIKIT_LEARN.uri])
    return folder
