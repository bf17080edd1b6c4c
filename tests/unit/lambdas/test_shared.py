"""Faults, retries, environment and the teardown's handler."""

from typing import Any

import pytest
from botocore.exceptions import ClientError, ConnectTimeoutError, EndpointConnectionError, ParamValidationError
from hypothesis import given
from hypothesis import strategies as st

from classlab.contract import FunctionVariable
from lambdas.shared.environment import BadEnvironmentError, TeardownEnvironment, read_environment
from lambdas.shared.faults import Fault, classify, describe
from lambdas.shared.retries import CAP_SECONDS, full_jitter, patiently
from lambdas.teardown import handler as teardown
from lambdas.teardown.lock import LockHeld
from tests.unit.lambdas.account import Account
from tests.unit.lambdas.conduct import execution
from tests.unit.lambdas.faults import refusal
from tests.unit.lambdas.function_context import FunctionContext
from tests.unit.lambdas.seats import CLASS_BUCKET, CLASSROOM, Seat

_BOUNDARY = "arn:aws:iam::123456789012:policy/demo-boundary"
_ENVIRONMENT = {
    FunctionVariable.CLASSROOM: CLASSROOM,
    FunctionVariable.CLASS_BUCKET: CLASS_BUCKET,
    FunctionVariable.BOUNDARY_ARN: _BOUNDARY,
}


@pytest.mark.parametrize(
    ("code", "fault"),
    [
        ("NoSuchEntity", Fault.GONE),
        ("ResourceNotFoundException", Fault.GONE),
        ("404", Fault.GONE),
        ("ValidationException", Fault.WAIT),
        ("ResourceInUse", Fault.WAIT),
        ("BucketNotEmpty", Fault.WAIT),
        ("ThrottlingException", Fault.THROTTLED),
        ("SlowDown", Fault.THROTTLED),
        ("AccessDeniedException", Fault.DENIED),
        ("403", Fault.DENIED),
        ("SomethingNew", Fault.UNKNOWN),
    ],
)
def test_an_error_says_what_to_do(code: str, fault: Fault) -> None:
    assert classify(refusal(code, "x.Y", "")) is fault


def test_a_servers_error_and_a_lost_connection_are_for_another_try() -> None:
    error = ClientError({"Error": {"Code": "Odd"}, "ResponseMetadata": {"HTTPStatusCode": 503}}, "Y")  # type: ignore[typeddict-item] # only what is read
    assert classify(error) is Fault.THROTTLED
    assert classify(EndpointConnectionError(endpoint_url="x")) is Fault.THROTTLED
    assert classify(ConnectTimeoutError(endpoint_url="x")) is Fault.THROTTLED


def test_a_mistake_of_ours_is_unknown() -> None:
    assert classify(ParamValidationError(report="x")) is Fault.UNKNOWN
    assert classify(KeyError("x")) is Fault.UNKNOWN


def test_an_error_is_told_in_one_line() -> None:
    assert describe(refusal("Odd", "s3.GetObject", "why")) == "GetObject: Odd: why"
    assert describe(KeyError("x")) == "KeyError: 'x'"


@given(st.integers(min_value=0, max_value=60))
def test_jitter_stays_below_its_bound(attempt: int) -> None:
    assert 0 <= full_jitter(attempt) <= min(CAP_SECONDS, 0.5 * 2**attempt)


def _fails(times: int, code: str) -> Any:  # noqa: ANN401 # a callable with a count
    calls = [0]

    def call() -> int:
        calls[0] += 1
        if calls[0] <= times:
            raise refusal(code, "x.Y", "")
        return calls[0]

    return call


def test_throttling_is_waited_out(account: Account) -> None:
    before = account.clock.now()
    assert patiently(_fails(6, "ThrottlingException"), clock=account.clock) == 7
    assert account.clock.now() > before


def test_patience_ends(account: Account) -> None:
    with pytest.raises(ClientError, match="ThrottlingException"):
        patiently(_fails(7, "ThrottlingException"), clock=account.clock)


@pytest.mark.parametrize("code", ["NoSuchEntity", "AccessDenied", "ResourceInUse"])
def test_what_another_try_does_not_change_is_raised_at_once(code: str, account: Account) -> None:
    with pytest.raises(ClientError, match=code):
        patiently(_fails(1, code), clock=account.clock)


def test_every_client_is_of_its_service(account: Account) -> None:
    names = ("cloudformation", "events", "iam", "logs", "s3", "sagemaker", "stepfunctions")
    assert [getattr(account.clients, name).meta.service_model.service_name for name in names] == list(names)


def test_the_environment_is_read() -> None:
    assert read_environment(TeardownEnvironment, _ENVIRONMENT).boundary_arn == _BOUNDARY


def test_a_wrong_environment_names_every_wrong_variable() -> None:
    wrong = {FunctionVariable.CLASSROOM: "", FunctionVariable.BOUNDARY_ARN: "no arn"}
    with pytest.raises(BadEnvironmentError) as caught:
        read_environment(TeardownEnvironment, wrong)
    assert all(name in str(caught.value) for name in _ENVIRONMENT)


def request(action: str, run: str = "run-1") -> dict[str, Any]:
    """An event of the state machine."""
    started = "2026-05-05T10:00:00.000Z"
    return {
        "action": action,
        "execution": execution(run),
        "started": started,
        "dry_run": False,
        "reason": "test",
    }


@pytest.fixture
def deployed(account: Account, seat: Seat, monkeypatch: pytest.MonkeyPatch) -> Account:
    """The teardown function with its environment."""
    for name, value in _ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(teardown, "_CLIENTS", account.clients)
    return account


def test_handler_works_slice_by_slice(deployed: Account) -> None:
    assert teardown.handler(request("lock"), FunctionContext()) == {"done": True, "wait_seconds": 1}
    assert teardown.handler(request("freeze"), FunctionContext()) == {"done": False, "wait_seconds": 10}
    assert teardown.handler(request("freeze"), FunctionContext())["done"]
    assert teardown.handler(request("scan"), FunctionContext())["planned"] > 10


def test_handler_stops_before_its_time_is_up(deployed: Account) -> None:
    teardown.handler(request("lock"), FunctionContext())
    assert not teardown.handler(request("scan"), FunctionContext(seconds=60))["done"]


def test_handler_names_the_error_as_the_state_machine_expects_it(deployed: Account) -> None:
    with pytest.raises(LockHeld):
        teardown.handler(request("scan"), FunctionContext())


def test_handler_refuses_an_unknown_action(deployed: Account) -> None:
    with pytest.raises(ValueError, match="action"):
        teardown.handler(request("delete-everything"), FunctionContext())
