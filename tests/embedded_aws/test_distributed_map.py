"""Distributed Map: children, what is tolerated, and maps that are refused."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.embedded_aws.account import Account, allow, code_of, polls
from tests.embedded_aws.map_runs import BAD_FAILS, ITEMS, map_run, mapped, processor, reader, run
from tests.embedded_aws.state_runs import ALL, output

# --- children ----------------------------------------------------------------------------------------------


def test_one_failed_child_fails_the_map_run(account: Account) -> None:
    """Developer guide, "Setting failure thresholds for Distributed Map states": the tolerance is zero by default."""
    done = run(account, mapped(BAD_FAILS, MaxConcurrency=1), ITEMS)
    assert (done["status"], done["error"]) == ("FAILED", "States.ExceedToleratedFailureThreshold")
    shown = map_run(account, done)
    assert (shown["status"], shown["itemCounts"]["failed"], shown["itemCounts"]["succeeded"]) == ("FAILED", 1, 2)
    assert shown["itemCounts"]["pending"] == 1
    kinds = [event["type"] for event in history(account, done)]
    assert [kind for kind in kinds if kind.startswith("MapRun")] == ["MapRunStarted", "MapRunFailed"]


def history(account: Account, done: dict[str, Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = account.client("stepfunctions").get_execution_history(
        executionArn=done["executionArn"], maxResults=1000
    )["events"]
    return found


@pytest.mark.parametrize(
    ("tolerance", "status"),
    [
        ({"ToleratedFailureCount": 1}, "SUCCEEDED"),
        ({"ToleratedFailurePercentage": 25}, "SUCCEEDED"),
        ({"ToleratedFailurePercentage": 24}, "FAILED"),
        ({"ToleratedFailurePercentage": 10, "ToleratedFailureCount": 3}, "FAILED"),
        ({"ToleratedFailureCountPath": "$[0].n"}, "FAILED"),
    ],
)
def test_tolerated_failures(account: Account, tolerance: dict[str, Any], status: str) -> None:
    """Developer guide, "Setting failure thresholds for Distributed Map states": either threshold fails the run."""
    done = run(account, mapped(BAD_FAILS, **tolerance), ITEMS)
    assert done["status"] == status
    if status == "SUCCEEDED":
        good, failed = output(done)[:2], output(done)[2]
        assert good == [{"done": 0}, {"done": 1}]
        assert (failed["Status"], failed["Error"], failed["Input"]) == ("FAILED", "Wrong", json.dumps(ITEMS[2]))


def test_failed_batch_counts_all_of_its_items(account: Account) -> None:
    """Developer guide, "Setting failure thresholds for Distributed Map states": percentages are of items."""
    states = {"Bad": {"Type": "Fail", "Error": "Wrong"}}
    done = run(account, mapped(states, ItemBatcher={"MaxItemsPerBatch": 2}, ToleratedFailureCount=3), [1, 2, 3, 4])
    assert done["error"] == "States.ExceedToleratedFailureThreshold"
    assert map_run(account, done)["itemCounts"]["failed"] == 4


def test_children_are_executions_of_the_map_run(account: Account) -> None:
    """API reference, ListExecutions: mapRunArn lists the children, whose machine is `<name>/<label>`."""
    done = run(account, mapped(BAD_FAILS, Label="Each", ToleratedFailureCount=1), ITEMS)
    machines, shown = account.client("stepfunctions"), map_run(account, done)
    listed = machines.list_executions(mapRunArn=shown["mapRunArn"])["executions"]
    assert sorted(child["status"] for child in listed) == ["FAILED", "SUCCEEDED", "SUCCEEDED", "SUCCEEDED"]
    machine = done["stateMachineArn"]
    assert {child["stateMachineArn"] for child in listed} == {f"{machine}/Each"}
    assert f":mapRun:{machine.rsplit(':', 1)[-1]}/Each:" in shown["mapRunArn"]
    child = machines.describe_execution(executionArn=listed[0]["executionArn"])
    assert child["mapRunArn"] == shown["mapRunArn"]


def test_express_children_are_not_kept(account: Account) -> None:
    """API reference, ListExecutions: Express executions are not listed."""
    done = run(account, mapped(kind="EXPRESS"), [1, 2])
    assert output(done) == [1, 2]
    shown = map_run(account, done)
    assert account.client("stepfunctions").list_executions(mapRunArn=shown["mapRunArn"])["executions"] == []
    assert shown["executionCounts"]["succeeded"] == 2


def test_tasks_of_children_act_as_the_machines_role(account: Account) -> None:
    """Developer guide, "Using Map state in Distributed mode": child executions assume the machine's role."""
    put = {"Bucket": account.bucket(), "Key.$": "$", "Body": "x"}
    states = {
        "Put": {"Type": "Task", "Resource": "arn:aws:states:::aws-sdk:s3:putObject", "Parameters": put, "End": True}
    }
    role = account.role(allow("states:*"), allow("s3:PutObject", resource=f"arn:aws:s3:::{put['Bucket']}/mine*"))
    done = run(account, mapped(states, ToleratedFailureCount=1), ["mine", "theirs"], role=role)
    assert output(done)[1]["Error"].startswith("S3.")
    held = account.client("s3").list_objects_v2(Bucket=put["Bucket"])["Contents"]
    assert [item["Key"] for item in held] == ["mine"]


def test_concurrency_can_be_changed_while_a_map_run_runs(account: Account) -> None:
    """API reference, UpdateMapRun: maxConcurrency and the tolerated failures of a Map Run in progress."""
    wait = {"Wait": {"Type": "Wait", "Seconds": 3, "End": True}}
    machine = account.machine({"Map": mapped(wait, MaxConcurrency=1)}, account.role(ALL))
    machines = account.client("stepfunctions")
    started = machines.start_execution(stateMachineArn=machine, input="[1, 2, 3, 4]")["executionArn"]
    for _ in polls(20):
        runs = machines.list_map_runs(executionArn=started)["mapRuns"]
        if runs:
            break
    arn = runs[0]["mapRunArn"]
    assert machines.describe_map_run(mapRunArn=arn)["itemCounts"]["running"] <= 1
    machines.update_map_run(mapRunArn=arn, maxConcurrency=3)
    for _ in polls(20):
        if machines.describe_map_run(mapRunArn=arn)["itemCounts"]["running"] > 1:
            break
    machines.stop_execution(executionArn=started)


def test_stopping_the_parent_stops_the_children(account: Account) -> None:
    """Developer guide, "Using Map state in Distributed mode": the children of a stopped parent are aborted."""
    wait = {"Wait": {"Type": "Wait", "Seconds": 3, "End": True}}
    machine = account.machine({"Map": mapped(wait, MaxConcurrency=1)}, account.role(ALL))
    machines = account.client("stepfunctions")
    started = machines.start_execution(stateMachineArn=machine, input="[1, 2, 3]")["executionArn"]
    for _ in polls(20):
        runs = machines.list_map_runs(executionArn=started)["mapRuns"]
        if runs and machines.describe_map_run(mapRunArn=runs[0]["mapRunArn"])["itemCounts"]["running"]:
            break
    machines.stop_execution(executionArn=started)
    for _ in polls(20):
        shown = machines.describe_map_run(mapRunArn=runs[0]["mapRunArn"])
        if shown["status"] != "RUNNING":
            break
    assert (shown["status"], shown["itemCounts"]["aborted"], shown["itemCounts"]["pending"]) == ("ABORTED", 1, 2)


# --- refusals ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "state",
    [
        mapped(ItemBatcher={}),
        mapped(ItemBatcher={"BatchInput": 1}),
        mapped(ResultWriter={}),
        mapped(ResultWriter={"Resource": "arn:aws:states:::sqs:sendMessage", "Parameters": {}}),
        mapped(Label="no spaces"),
        mapped(Label="x" * 41),
        mapped(**reader("b", "k", InputType="PARQUET")),
        mapped(**reader("b", "k", InputType="CSV")),
        mapped(**reader("b", "k", InputType="CSV", CSVHeaderLocation="GIVEN")),
        {**mapped(), "ItemProcessor": {**processor(), "ProcessorConfig": {"Mode": "DISTRIBUTED"}}},
        {**mapped(), "ItemProcessor": {**processor(), "ProcessorConfig": {}}, "ItemBatcher": {"MaxItemsPerBatch": 1}},
    ],
)
def test_what_a_map_can_not_be_is_refused_when_the_machine_is_made(account: Account, state: dict[str, Any]) -> None:
    """Developer guide, "ItemBatcher (Map)", "ResultWriter (Map)", "ItemReader (Map)" and its fields."""
    with pytest.raises(ClientError) as caught:
        account.machine({"Map": state}, account.role(ALL))
    assert code_of(caught.value) == "InvalidDefinition"


def test_labels_are_unique(account: Account) -> None:
    """Developer guide, "Distributed Map state fields": a Label must be unique within a state machine definition."""
    first = {**mapped(Label="Same"), "Next": "Second"}
    del first["End"]
    with pytest.raises(ClientError, match="Label Same is not unique"):
        account.machine({"First": first, "Second": mapped(Label="Same")}, account.role(ALL))


def test_map_runs_and_children_go_with_their_machine(account: Account) -> None:
    """API reference, DeleteStateMachine: its executions end with it."""
    done = run(account, mapped(), [1])
    shown, machines = map_run(account, done), account.client("stepfunctions")
    [child] = machines.list_executions(mapRunArn=shown["mapRunArn"])["executions"]
    machines.delete_state_machine(stateMachineArn=done["stateMachineArn"])
    with pytest.raises(ClientError, match="DescribeMapRun"):
        machines.describe_map_run(mapRunArn=shown["mapRunArn"])
    with pytest.raises(ClientError, match="ExecutionDoesNotExist"):
        machines.describe_execution(executionArn=child["executionArn"])
