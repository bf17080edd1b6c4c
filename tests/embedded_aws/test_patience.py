"""What is tried again, and what is not."""

from __future__ import annotations

import pytest

from embedded_aws import patience
from embedded_aws.faults import answers
from embedded_aws.patience import patiently
from embedded_aws.sagemaker.errors import AwsError


class Caller:
    """Fails with these errors, then answers."""

    def __init__(self, *errors: AwsError) -> None:
        self.errors = list(errors)
        self.calls = 0

    def __call__(self) -> str:
        """What it comes to."""
        self.calls += 1
        if self.errors:
            raise self.errors.pop(0)
        return "done"


@pytest.fixture(autouse=True)
def _no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patience, "PAUSES", (0, 0, 0, 0))


@pytest.mark.parametrize("error", [AwsError("ThrottlingException", ""), AwsError("InternalFailure", "", 500)])
def test_what_passes_is_tried_again(error: AwsError) -> None:
    call = Caller(*[error] * 4)
    assert (patiently(call), call.calls) == ("done", 5)


def test_five_times_are_enough() -> None:
    call = Caller(*[AwsError("SlowDown", "", 503)] * 6)
    with pytest.raises(AwsError, match="SlowDown"):
        patiently(call)
    assert call.calls == 5


def test_what_does_not_pass_is_not_tried_again() -> None:
    call = Caller(AwsError("AccessDeniedException", "", 403))
    with pytest.raises(AwsError, match="AccessDenied"):
        patiently(call)
    assert call.calls == 1


def test_every_throttle_is_known() -> None:
    given = {code for code, _, _ in answers.THROTTLED.values()} | {"Throttling", "ThrottlingException"}
    assert given <= patience.THROTTLES
