"""Somebody else's expectations of AWS, one test each; `expectations/` says where each is from."""

from __future__ import annotations

import re

import botocore.session
import pytest
from botocore import xform_name
from botocore.model import Shape

from tests.embedded_aws.account import Account
from tests.embedded_aws.expectations import cases
from tests.embedded_aws.expectations.runner import Failed, check

CASES = cases.read()


@pytest.mark.parametrize("case", [case for case in CASES if case.differs is None], ids=lambda case: case.id)
def test_expectation_holds(account: Account, case: cases.Case) -> None:
    check(account, case)


@pytest.mark.parametrize("case", [case for case in CASES if case.differs], ids=lambda case: case.id)
def test_documented_difference_is_still_one(account: Account, case: cases.Case) -> None:
    """Its setup goes through all the same: a ClientError of that is no difference."""
    with pytest.raises(Failed):
        check(account, case)


def test_there_are_enough_of_each() -> None:
    services = [case.call.name.split(".")[0] for case in CASES]
    assert len(CASES) >= 60
    for service in ("cloudformation", "stepfunctions", "iam", "scheduler", "sagemaker"):
        assert services.count(service) >= 10, service


def test_every_case_has_a_source() -> None:
    assert {case.source.split(": ")[0] for case in CASES} == {"localstack", "moto", "docs"}


@pytest.mark.parametrize("case", [case for case in CASES if "absent" in case.expect], ids=lambda case: case.id)
def test_what_is_to_be_absent_could_be_there(case: cases.Case) -> None:
    """The client drops members that its model does not have: to look for one of them proves nothing."""
    for path in case.expect["absent"]:
        shape = _answer_of(case.call.name)
        for member in re.findall(r"[A-Za-z]\w*", path):
            while shape.type_name == "list":
                shape = shape.member  # type: ignore[attr-defined] # only lists have it
            shape = shape.members[member]  # type: ignore[attr-defined] # only structures have them


def _answer_of(call: str) -> Shape:
    service, method = call.split(".")
    model = botocore.session.get_session().get_service_model(service)
    name = next(name for name in model.operation_names if xform_name(name) == method)
    found = model.operation_model(name).output_shape
    assert found is not None
    return found
