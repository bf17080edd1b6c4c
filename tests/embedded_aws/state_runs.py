"""States that tests run in a machine of their own."""

from __future__ import annotations

import json
from typing import Any

from tests.embedded_aws.account import Account, allow

ALL = allow("*")
END = {"Type": "Pass", "End": True}
JSONATA = {"QueryLanguage": "JSONata"}


def run(account: Account, states: dict[str, Any], given: Any = None, **fields: Any) -> dict[str, Any]:  # noqa: ANN401 # any JSON value
    return account.execute(account.machine(states, account.role(ALL), fields=fields), given)


def output(done: dict[str, Any]) -> Any:  # noqa: ANN401 # any JSON value
    assert done["status"] == "SUCCEEDED", done
    return json.loads(done["output"])


def machine_of(states: dict[str, Any], **fields: Any) -> str:  # noqa: ANN401 # a machine's fields
    return json.dumps({"StartAt": next(iter(states)), "States": states, **fields})
