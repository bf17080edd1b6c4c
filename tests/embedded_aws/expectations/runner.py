"""Runs cases in an account and says what does not hold."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import boto3
import jmespath  # type: ignore[import-untyped] # has no types
from botocore.config import Config
from botocore.exceptions import ClientError

from tests.embedded_aws.account import Account, allow, fresh, polls
from tests.embedded_aws.expectations.cases import Call, Case, read

_PLACEHOLDER = re.compile(r"<([A-Za-z][\w.\[\]-]*)>")
_LENIENT = Config(retries={"total_max_attempts": 1}, parameter_validation=False, s3={"addressing_style": "path"})
_SECONDS = 60.0


class Failed(Exception):  # noqa: N818 # a finding, no fault of the program
    """Something does not hold; the text says what."""


@dataclass
class Run:
    """One run of a case: what its placeholders stand for."""

    account: Account
    known: dict[str, Any] = field(default_factory=dict)

    def perform(self, call: Call) -> Any:  # noqa: ANN401 # any answer
        """The call's answer, kept if it has a name; ClientError if it is refused."""
        service, operation = call.name.split(".")
        client = _client(self.account, service)
        for _ in polls(_SECONDS):
            answer = getattr(client, operation)(**self._params(client, operation, call.params))
            if all(_found(path, answer) == self.filled(value) for path, value in call.until.items()):
                break
        if call.kept_as:
            self.known[call.kept_as] = answer
        return answer

    def filled(self, value: Any) -> Any:  # noqa: ANN401 # any YAML value
        """A value with its placeholders replaced."""
        if isinstance(value, Mapping):
            return {self.filled(key): self.filled(item) for key, item in value.items()}
        if isinstance(value, list):
            return [self.filled(item) for item in value]
        return _PLACEHOLDER.sub(lambda found: self._value(found[1]), value) if isinstance(value, str) else value

    def _params(self, client: Any, operation: str, params: Mapping[str, Any]) -> dict[str, Any]:  # noqa: ANN401 # a client
        """Parameters; where the API takes a document as text, YAML may say it in full."""
        model = client.meta.service_model.operation_model(client.meta.method_to_api_mapping[operation])
        members = model.input_shape.members if model.input_shape else {}
        return {
            name: json.dumps(value) if isinstance(value, dict | list) and _is_text(members.get(name)) else value
            for name, value in self.filled(params).items()
        }

    def _value(self, name: str) -> str:
        own = {"account": self.account.engine.account, "region": self.account.engine.region}
        if name in own:
            return own[name]
        root, _, path = name.partition(".")
        if path:
            held = jmespath.search(path, self.known[root])
            assert held is not None, f"{root} was answered without {path}"
            return str(held)
        if name not in self.known:
            self.known[name] = self.account.role(allow("*")) if name == "role" else fresh(name)
        return str(self.known[name])


def check(account: Account, case: Case) -> None:
    """Returns if a case holds; Failed says what does not, and names what was seen."""
    run = Run(account)
    for step in case.setup:
        run.perform(step)
    expect = run.filled(case.expect)
    try:
        answer = run.perform(case.call)
    except ClientError as error:
        _check_error(error, expect)
        return
    if "error" in expect or "message" in expect or "says" in expect:
        raise Failed(f"expected {expect}, was answered {_without_metadata(answer)}")
    _check_answer(answer, expect)


def run(account: Account) -> tuple[int, int]:
    """How many cases were tried, and how many of them hold."""
    held = [_holds(account, case) for case in read()]
    return len(held), sum(held)


def _holds(account: Account, case: Case) -> bool:
    try:
        check(account, case)
    except (Failed, ClientError, AssertionError):
        return False
    return True


def _check_error(error: ClientError, expect: Mapping[str, Any]) -> None:
    seen: dict[str, Any] = {
        "error": error.response["Error"]["Code"],
        "status": error.response["ResponseMetadata"]["HTTPStatusCode"],
        "message": error.response["Error"].get("Message", ""),
    }
    holds = all(seen[key] == expect[key] for key in seen if key in expect) and "error" in expect
    if not holds or expect.get("says", "") not in seen["message"]:
        raise Failed(f"expected {expect}, was refused {seen}")


def _check_answer(answer: Any, expect: Mapping[str, Any]) -> None:  # noqa: ANN401 # any answer
    for path, value in expect.get("answer", {}).items():
        if (seen := _found(path, answer)) != value:
            raise Failed(f"{path}: expected {value!r}, saw {seen!r} in {_without_metadata(answer)}")
    for path in expect.get("absent", []):
        if (seen := _found(path, answer)) is not None:
            raise Failed(f"{path}: expected nothing, saw {seen!r}")
    status = answer["ResponseMetadata"]["HTTPStatusCode"]
    if expect.get("status", status) != status:
        raise Failed(f"expected status {expect['status']}, saw {status}")


def _found(path: str, answer: Any) -> Any:  # noqa: ANN401 # any JSON value
    return jmespath.search(path, answer)


def _without_metadata(answer: Any) -> Any:  # noqa: ANN401 # any answer
    return {key: value for key, value in answer.items() if key != "ResponseMetadata"}


def _is_text(shape: Any) -> bool:  # noqa: ANN401 # botocore's shapes are untyped
    return shape is not None and shape.type_name == "string"


def _client(account: Account, service: str) -> Any:  # noqa: ANN401 # a client of any service
    """A client that sends what it is given: the service itself is to refuse it."""
    return boto3.client(
        service,  # type: ignore[call-overload] # any service's name
        endpoint_url=account.engine.endpoint,
        region_name=account.engine.region,
        aws_access_key_id=account.root.access_key_id,
        aws_secret_access_key=account.root.secret_access_key,
        config=_LENIENT,
    )
