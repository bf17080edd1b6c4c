"""Faults that somebody asked for, without an engine: which calls they strike, how often, and with which codes."""

from __future__ import annotations

from typing import Any

import botocore.session
import pytest

from embedded_aws.faults import answers
from embedded_aws.faults.rules import Fault, Faults, Request, names

ARN = "arn:aws:sagemaker:us-east-1:123456789012:notebook-instance/desk-1"

CREATE = Request("sagemaker", ("CreateNotebookInstance",), ARN)

# Names that differ: botocore's of a service, and IAM's of an action.
BOTOCORE = {"servicequotas": "service-quotas", "tag": "resourcegroupstaggingapi", "elasticfilesystem": "efs"}


@pytest.mark.parametrize(
    ("pattern", "meant"),
    [
        ("*", True),
        ("desk-1", True),
        ("desk-*", True),
        (ARN, True),
        ("*:notebook-instance/desk-?", True),
        ("notebook-instance/*", True),
        ("desk", False),
        ("desk-2", False),
    ],
)
def test_a_resource_is_meant_by_its_arn_or_by_a_name_in_it(pattern: str, *, meant: bool) -> None:
    assert names(pattern, ARN) is meant


def test_an_object_is_meant_by_bucket_and_key_or_by_its_key() -> None:
    arn = "arn:aws:s3:::lab-bucket/seat/7/model.tar.gz"
    assert all(names(pattern, arn) for pattern in ("lab-bucket", "lab-bucket/seat/*", "seat/7/*", "model.tar.gz"))
    assert not names("seat/8/*", arn)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"kind": "explode"}, "explode is no fault; there are throttle"),
        ({"kind": "stuck", "operation": "sagemaker:*"}, "it takes status"),
        ({"kind": "throttle", "status": "Pending"}, "it takes operation"),
        ({"kind": "slow"}, "seconds"),
        ({"kind": "error", "seconds": 1}, "no other fault"),
        ({"kind": "error", "count": 0}, "at least 1"),
        ({"kind": "error", "probability": 0}, "more than 0"),
        ({"kind": "error", "probability": "often"}, "probability cannot be 'often'"),
        ({"kind": "error", "operation": None}, "operation cannot be None"),
        ({"kind": "error", "resource": ""}, "strikes nothing"),
        ({"kind": "error", "count": "3"}, "count cannot be '3'"),
        ({"kind": "error", "count": True}, "count cannot be True"),
        ({"kind": "error", "seed": "s"}, "seed cannot be 's'"),
        ({"kind": "slow", "seconds": float("inf")}, "have an end"),
        ({"kind": ["slow"]}, "kind cannot be"),
    ],
)
def test_what_a_fault_cannot_have_is_refused(wrong: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        Fault(**wrong)


def test_a_fault_strikes_as_often_as_it_is_to() -> None:
    faults = Faults()
    assert not faults.strike_requests
    faults.add(Fault(kind="throttle", operation="sagemaker:create*", resource="desk-*", count=2))
    assert faults.strike_requests
    assert [len(faults.struck(CREATE)) for _ in range(4)] == [1, 1, 0, 0]
    assert [item["strikes"] for item in faults.listed()] == [2]
    assert not faults.strike_requests


def test_a_fault_spares_what_it_does_not_mean() -> None:
    faults = Faults()
    faults.add(Fault(kind="throttle", operation="sagemaker:Create*", resource="desk-2"))
    faults.add(Fault(kind="throttle", operation="s3:*"))
    assert faults.struck(CREATE) == []


def test_one_refusal_is_enough_and_goes_with_slowness() -> None:
    faults = Faults()
    for fault in (
        Fault(kind="throttle", count=1),
        Fault(kind="slow", seconds=1),
        Fault(kind="denied", count=1),
    ):
        faults.add(fault)
    assert [fault.kind for fault in faults.struck(CREATE)] == ["throttle", "slow"]
    assert [fault.kind for fault in faults.struck(CREATE)] == ["slow", "denied"]


def test_a_probability_is_drawn_with_its_seed() -> None:
    def draws(seed: int) -> list[int]:
        faults = Faults()
        faults.add(Fault(kind="throttle", probability=0.3, seed=seed))
        return [len(faults.struck(CREATE)) for _ in range(1000)]

    assert draws(1) == draws(1) != draws(2)
    assert 250 < sum(draws(1)) < 350


@pytest.mark.parametrize(
    ("namespace", "error"),
    [
        (namespace, error)
        for table in (answers.THROTTLED, answers.FAILED)
        for namespace, error in table.items()
        if namespace not in {"ec2", "s3"}  # their models name no errors of this kind
    ],
)
def test_codes_are_those_of_botocores_models(namespace: str, error: answers.Error) -> None:
    """The code is one that the service's model has, with the status that it says, if it says one."""
    model = botocore.session.Session().get_service_model(BOTOCORE.get(namespace, namespace))
    shapes = [model.shape_for(name) for name in model.shape_names]
    errors = [
        (shape.name, dict(shape.metadata.get("error") or {})) for shape in shapes if shape.metadata.get("exception")
    ]
    known = {about.get("code", name): about.get("httpStatusCode") for name, about in errors}
    assert error[0] in known
    assert known[error[0]] in (None, error[1])
