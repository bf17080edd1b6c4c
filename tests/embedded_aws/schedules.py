"""Schedules of tests: made, fired, and what they reach."""

from __future__ import annotations

from typing import Any

from tests.embedded_aws.account import Account, fresh

OFF = {"Mode": "OFF"}
RATE = "rate(1 day)"


def schedule(account: Account, target: dict[str, Any], expression: str, **more: Any) -> str:  # noqa: ANN401 # CreateSchedule's parameters
    name = fresh("schedule")
    account.client("scheduler").create_schedule(
        Name=name, ScheduleExpression=expression, FlexibleTimeWindow=OFF, Target=target, **more
    )
    return name


def machine(account: Account) -> str:
    return account.machine({"P": {"Type": "Pass", "End": True}}, account.role())
