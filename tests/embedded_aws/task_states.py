"""Tasks that tests run in a machine of their own."""

from __future__ import annotations

import json
from typing import Any

from tests.embedded_aws.account import Account, fresh, polls
from tests.embedded_aws.state_runs import ALL


def task(integration: str, parameters: Any = None, **more: Any) -> dict[str, Any]:  # noqa: ANN401 # any JSON value, a state's fields
    given = {} if parameters is None else {"Parameters": parameters}
    return {"Type": "Task", "Resource": f"arn:aws:states:::{integration}", "End": True, **given, **more}


def run(account: Account, state: dict[str, Any], given: Any = None, role: str = "") -> dict[str, Any]:  # noqa: ANN401 # any JSON value
    return account.execute(account.machine({"Do": state}, role or account.role(ALL)), given)


def queue(account: Account) -> str:
    return str(account.client("sqs").create_queue(QueueName=fresh("queue"))["QueueUrl"])


def received(account: Account, url: str) -> Any:  # noqa: ANN401 # any JSON value
    for _ in polls(15):
        for message in account.client("sqs").receive_message(QueueUrl=url).get("Messages", []):
            return json.loads(message["Body"])
    return None
