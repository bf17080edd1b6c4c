"""Somebody else's expectations of AWS, one test each; `expectations/` says where each is from."""

from __future__ import annotations

import pytest
from botocore.exceptions import ClientError

from tests.embedded_aws.account import Account
from tests.embedded_aws.expectations import cases
from tests.embedded_aws.expectations.runner import Failed, check

CASES = cases.read()


@pytest.mark.parametrize("case", [case for case in CASES if case.differs is None], ids=lambda case: case.id)
def test_expectation_holds(account: Account, case: cases.Case) -> None:
    check(account, case)


@pytest.mark.parametrize("case", [case for case in CASES if case.differs], ids=lambda case: case.id)
def test_documented_difference_is_still_one(account: Account, case: cases.Case) -> None:
    with pytest.raises((Failed, ClientError)):
        check(account, case)


def test_there_are_enough_of_each() -> None:
    services = [case.call.name.split(".")[0] for case in CASES]
    assert len(CASES) >= 60
    for service in ("cloudformation", "stepfunctions", "iam", "scheduler", "sagemaker"):
        assert services.count(service) >= 10, service


def test_every_case_has_a_source() -> None:
    assert {case.source.split(": ")[0] for case in CASES} == {"localstack", "moto", "docs"}
