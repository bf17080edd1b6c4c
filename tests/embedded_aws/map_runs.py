"""Distributed Maps that tests run."""

from __future__ import annotations

from typing import Any

from tests.embedded_aws.account import Account
from tests.embedded_aws.state_runs import ALL

PASS = {"Child": {"Type": "Pass", "End": True}}
BAD_FAILS = {
    "Look": {
        "Type": "Choice",
        "Choices": [{"Variable": "$.bad", "BooleanEquals": True, "Next": "Bad"}],
        "Default": "Good",
    },
    "Bad": {"Type": "Fail", "Error": "Wrong", "Cause": "it is bad"},
    "Good": {"Type": "Pass", "Parameters": {"done.$": "$.n"}, "End": True},
}

ITEMS = [{"n": n, "bad": n == 2} for n in range(4)]


def processor(states: dict[str, Any] | None = None, kind: str = "STANDARD") -> dict[str, Any]:
    states = states or PASS
    config = {"Mode": "DISTRIBUTED", "ExecutionType": kind}
    return {"ProcessorConfig": config, "StartAt": next(iter(states)), "States": states}


def mapped(states: dict[str, Any] | None = None, kind: str = "STANDARD", **more: Any) -> dict[str, Any]:  # noqa: ANN401 # a state's fields
    return {"Type": "Map", "End": True, "ItemProcessor": processor(states, kind), **more}


def reader(bucket: str, key: str, **config: Any) -> dict[str, Any]:  # noqa: ANN401 # ReaderConfig's fields
    given = {"Parameters": {"Bucket": bucket, "Key": key}, "ReaderConfig": config}
    return {"ItemReader": {"Resource": "arn:aws:states:::s3:getObject", **given}}


def run(account: Account, state: dict[str, Any], given: Any = None, role: str = "", **more: Any) -> dict[str, Any]:  # noqa: ANN401 # any JSON value
    machine = account.machine({"Map": state}, role or account.role(ALL), **more)
    return account.execute(machine, given)


def map_run(account: Account, done: dict[str, Any]) -> dict[str, Any]:
    machines = account.client("stepfunctions")
    [found] = machines.list_map_runs(executionArn=done["executionArn"])["mapRuns"]
    described: dict[str, Any] = machines.describe_map_run(mapRunArn=found["mapRunArn"])
    return described
