"""Distributed Map: what is read, batched, started, tolerated and written, and with whose rights."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from embedded_aws.states.distributed_map_items import Batcher, parsed
from embedded_aws.states.distributed_map_results import Writer
from embedded_aws.states.step_functions import TaskError
from tests.embedded_aws.account import Account, allow, code_of, polls

ALL = allow("*")
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


def stored(account: Account, text: str, key: str = "data/items") -> str:
    bucket = account.bucket()
    account.client("s3").put_object(Bucket=bucket, Key=key, Body=text.encode())
    return bucket


def run(account: Account, state: dict[str, Any], given: Any = None, role: str = "", **more: Any) -> dict[str, Any]:  # noqa: ANN401 # any JSON value
    machine = account.machine({"Map": state}, role or account.role(ALL), **more)
    return account.execute(machine, given)


def output(done: dict[str, Any]) -> Any:  # noqa: ANN401 # any JSON value
    assert done["status"] == "SUCCEEDED", done
    return json.loads(done["output"])


def map_run(account: Account, done: dict[str, Any]) -> dict[str, Any]:
    machines = account.client("stepfunctions")
    [found] = machines.list_map_runs(executionArn=done["executionArn"])["mapRuns"]
    described: dict[str, Any] = machines.describe_map_run(mapRunArn=found["mapRunArn"])
    return described


FIRST_ROW = {"InputType": "CSV", "CSVHeaderLocation": "FIRST_ROW"}
GIVEN = {"InputType": "CSV", "CSVHeaderLocation": "GIVEN", "CSVHeaders": ["n", "t"]}


# --- items -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "config", "items"),
    [
        ('[{"a": 1}, {"a": 2}]', {"InputType": "JSON"}, [{"a": 1}, {"a": 2}]),
        ('{"x": {"y": [7]}}', {"InputType": "JSON", "ItemsPointer": "/x/y"}, [7]),
        ('{"a": 1}\n\n{"a": 2}\n', {"InputType": "JSONL"}, [{"a": 1}, {"a": 2}]),
        ("n,t\n1,x\n2\n3,y,z\n", FIRST_ROW, [("1", "x"), ("2", ""), ("3", "y")]),
        ("1;x\n", {**GIVEN, "CSVDelimiter": "SEMICOLON"}, [("1", "x")]),
    ],
)
def test_files_become_items(text: str, config: dict[str, Any], items: list[Any]) -> None:
    """Developer guide, "ItemReader (Map)": short CSV rows get empty strings, surplus values are dropped."""
    expected = [dict(zip(("n", "t"), item, strict=True)) if isinstance(item, tuple) else item for item in items]
    assert parsed(text, config) == expected


def test_csv_is_read_with_the_roles_rights_and_no_others(account: Account) -> None:
    """Developer guide, "IAM policies for using Distributed Map states": s3:GetObject is the machine role's own."""
    bucket = stored(account, "n,t\n1,x\n2,y\n3,z\n")
    state = mapped(**reader(bucket, "data/items", InputType="CSV", CSVHeaderLocation="FIRST_ROW", MaxItems=2))
    starts = allow("states:StartExecution", "states:DescribeExecution", "states:StopExecution")
    reads = allow("s3:GetObject", resource=f"arn:aws:s3:::{bucket}/*")
    assert output(run(account, state, role=account.role(starts, reads))) == [{"n": "1", "t": "x"}, {"n": "2", "t": "y"}]
    poor = run(account, state, role=account.role(starts))
    assert (poor["status"], poor["error"]) == ("FAILED", "States.ItemReaderFailed")
    assert "s3:GetObject" in poor["cause"]


@pytest.mark.parametrize("missing", ["states:StartExecution", "states:DescribeExecution", "states:StopExecution"])
def test_children_need_the_roles_rights(account: Account, missing: str) -> None:
    """Developer guide, "IAM policies for using Distributed Map states": start, describe and stop executions."""
    deny = {"Effect": "Deny", "Action": missing, "Resource": "*"}
    poor = run(account, mapped(), [1], role=account.role(ALL, deny))
    assert (poor["status"], poor["error"], missing in poor["cause"]) == ("FAILED", "States.Permissions", True)


def test_objects_of_a_prefix_are_items(account: Account) -> None:
    """Developer guide, "ItemReader (Map)": listObjectsV2 gives Etag, Key, LastModified, Size and StorageClass."""
    bucket = stored(account, "one", "in/1")
    account.client("s3").put_object(Bucket=bucket, Key="in/2", Body=b"four")
    account.client("s3").put_object(Bucket=bucket, Key="out/3", Body=b"")
    listing = {"Resource": "arn:aws:states:::s3:listObjectsV2", "Parameters": {"Bucket": bucket, "Prefix": "in/"}}
    state = mapped(ItemReader=listing, ItemSelector={"from.$": "$$.Map.Item.Source", "o.$": "$$.Map.Item.Value"})
    found = output(run(account, state))
    assert [(item["from"], item["o"]["Key"], item["o"]["Size"]) for item in found] == [
        (f"S3://{bucket}", "in/1", 3),
        (f"S3://{bucket}", "in/2", 4),
    ]
    assert set(found[0]["o"]) == {"Etag", "Key", "LastModified", "Size", "StorageClass"}
    poor = run(account, state, role=account.role(allow("states:*", "s3:GetObject")))
    assert (poor["error"], "s3:ListBucket" in poor["cause"]) == ("States.ItemReaderFailed", True)


def test_missing_file_can_be_caught_by_name(account: Account) -> None:
    """Developer guide, "Handling errors": States.ItemReaderFailed is a name of its own."""
    caught = [{"ErrorEquals": ["States.ItemReaderFailed"], "Next": "Caught"}]
    state = mapped(**reader(account.bucket(), "none", InputType="JSON"), Catch=caught, Next="Caught")
    del state["End"]
    machine = account.machine({"Map": state, "Caught": {"Type": "Pass", "End": True}}, account.role(ALL))
    assert output(account.execute(machine))["Error"] == "States.ItemReaderFailed"


def test_selector_and_batches_of_jsonpath(account: Account) -> None:
    """Developer guide, "ItemBatcher (Map)": a child gets BatchInput and Items; the last batch may be smaller."""
    state = mapped(
        ItemsPath="$.numbers",
        ItemSelector={"i.$": "$$.Map.Item.Index", "v.$": "$$.Map.Item.Value", "all.$": "$.name"},
        ItemBatcher={"MaxItemsPerBatchPath": "$.most", "BatchInput": {"who.$": "$.name"}},
    )
    done = run(account, state, {"numbers": [5, 6, 7], "name": "ann", "most": 2})
    item = [{"i": n, "v": n + 5, "all": "ann"} for n in range(3)]
    assert output(done) == [
        {"BatchInput": {"who": "ann"}, "Items": item[:2]},
        {"BatchInput": {"who": "ann"}, "Items": item[2:]},
    ]
    counts = map_run(account, done)
    assert (counts["itemCounts"]["succeeded"], counts["executionCounts"]["succeeded"]) == (3, 2)


def test_selector_and_batches_of_jsonata(account: Account) -> None:
    """Developer guide, "ItemBatcher (Map)" and "Transforming data with JSONata": Items, Arguments and templates."""
    child = {"Sum": {"Type": "Pass", "Output": "{% $sum($states.input.Items.v) %}", "End": True}}
    state = mapped(
        child,
        Items="{% $states.input.numbers %}",
        ItemSelector={"v": "{% $states.context.Map.Item.Value * 10 %}"},
        ItemBatcher={"MaxItemsPerBatch": "{% $states.input.most %}"},
        Output="{% $states.result[0] %}",
    )
    done = run(account, state, {"numbers": [1, 2, 3], "most": 2}, fields={"QueryLanguage": "JSONata"})
    assert output(done) == 30


def test_reader_takes_arguments_of_jsonata(account: Account) -> None:
    """Developer guide, "ItemReader (Map)": Arguments in place of Parameters with JSONata."""
    bucket = stored(account, '["a", "b"]')
    arguments = {"Bucket": "{% $states.input.bucket %}", "Key": "data/items"}
    config = {"InputType": "JSON", "MaxItems": "{% 1 %}"}
    given = {"Resource": "arn:aws:states:::s3:getObject", "Arguments": arguments, "ReaderConfig": config}
    done = run(account, mapped(ItemReader=given), {"bucket": bucket}, fields={"QueryLanguage": "JSONata"})
    assert output(done) == ["a"]


def test_batches_keep_to_both_limits() -> None:
    """Developer guide, "ItemBatcher (Map)": MaxItemsPerBatch, MaxInputBytesPerBatch or both, whichever comes first."""
    assert Batcher(max_items=2).batches([1, 2, 3, 4, 5]) == [[1, 2], [3, 4], [5]]
    small = Batcher(max_bytes=24)
    batches = small.batches([111, 222, 333, 444])
    assert [item for batch in batches for item in batch] == [111, 222, 333, 444]
    assert all(len(json.dumps(small.child_input(batch), separators=(",", ":"))) <= 24 for batch in batches)
    assert len(batches) == 2
    with pytest.raises(TaskError, match=r"States\.DataLimitExceeded"):
        small.batches(["x" * 30])


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


# --- results -----------------------------------------------------------------------------------------------


def exported(bucket: str, **config: str) -> dict[str, Any]:
    given = {"Resource": "arn:aws:states:::s3:putObject", "Parameters": {"Bucket": bucket, "Prefix": "runs"}}
    return {"ResultWriter": {**given, **({"WriterConfig": config} if config else {})}}


def content(account: Account, bucket: str, key: str) -> str:
    return str(account.client("s3").get_object(Bucket=bucket, Key=key)["Body"].read().decode())


def test_results_are_written_with_a_manifest(account: Account) -> None:
    """Developer guide, "ResultWriter (Map)", "Exporting to Amazon S3": manifest.json, FAILED_0 and SUCCEEDED_0."""
    bucket = account.bucket()
    done = run(account, mapped(BAD_FAILS, ToleratedFailureCount=1, **exported(bucket)), ITEMS)
    given, shown = output(done), map_run(account, done)
    folder = f"runs/{shown['mapRunArn'].rsplit(':', 1)[-1]}"
    assert given["MapRunArn"] == shown["mapRunArn"]
    assert given["ResultWriterDetails"] == {"Bucket": bucket, "Key": f"{folder}/manifest.json"}
    manifest = json.loads(content(account, bucket, f"{folder}/manifest.json"))
    assert (manifest["DestinationBucket"], manifest["MapRunArn"]) == (bucket, shown["mapRunArn"])
    files = {status: [item["Key"] for item in held] for status, held in manifest["ResultFiles"].items()}
    assert files == {"FAILED": [f"{folder}/FAILED_0.json"], "PENDING": [], "SUCCEEDED": [f"{folder}/SUCCEEDED_0.json"]}
    [failed] = json.loads(content(account, bucket, f"{folder}/FAILED_0.json"))
    assert (failed["Status"], failed["Error"], failed["Cause"]) == ("FAILED", "Wrong", "it is bad")
    good = json.loads(content(account, bucket, f"{folder}/SUCCEEDED_0.json"))
    assert [child["Output"] for child in good] == ['{"done": 0}', '{"done": 1}', '{"done": 3}']
    assert shown["itemCounts"]["resultsWritten"] == 4


def test_results_of_a_failed_map_run_are_written_too(account: Account) -> None:
    """Developer guide, "ResultWriter (Map)", "Exporting to Amazon S3": failed children have a file of their own."""
    bucket = account.bucket()
    done = run(account, mapped(BAD_FAILS, **exported(bucket)), ITEMS)
    assert done["error"] == "States.ExceedToleratedFailureThreshold"
    keys = [item["Key"] for item in account.client("s3").list_objects_v2(Bucket=bucket)["Contents"]]
    assert any(key.endswith("/FAILED_0.json") for key in keys)


@pytest.mark.parametrize("missing", ["s3:PutObject", "s3:GetObject", "s3:AbortMultipartUpload"])
def test_writing_results_needs_the_roles_rights(account: Account, missing: str) -> None:
    """Developer guide, "IAM policies for ResultWriter": put and get objects, list and abort multipart uploads."""
    deny = {"Effect": "Deny", "Action": missing, "Resource": "*"}
    poor = run(account, mapped(**exported(account.bucket())), [1], role=account.role(ALL, deny))
    assert (poor["error"], missing in poor["cause"]) == ("States.ResultWriterFailed", True)


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        ({"Transformation": "FLATTEN", "OutputType": "JSON"}, [1, 2, 3]),
        ({"Transformation": "COMPACT", "OutputType": "JSON"}, [[1, 2], [3]]),
    ],
)
def test_results_are_transformed_without_a_bucket(account: Account, config: dict[str, str], expected: Any) -> None:  # noqa: ANN401 # any JSON value
    """Developer guide, "ResultWriter (Map)": WriterConfig alone shapes the state's output."""
    done = run(account, mapped(ResultWriter={"WriterConfig": config}), [[1, 2], [3]])
    assert output(done) == expected


def test_lines_of_transformed_results(account: Account) -> None:
    """Developer guide, "ResultWriter (Map)": OutputType JSONL writes a result a line."""
    bucket = account.bucket()
    given = output(
        run(account, mapped(**exported(bucket, Transformation="FLATTEN", OutputType="JSONL")), [[1, 2], [3]])
    )
    folder = given["ResultWriterDetails"]["Key"].removesuffix("manifest.json")
    assert content(account, bucket, f"{folder}SUCCEEDED_0.jsonl") == "1\n2\n3"


def test_failed_children_are_described_whole() -> None:
    """Developer guide, "ResultWriter (Map)": results of failed children are never transformed."""
    record = {
        "status": "FAILED",
        "executionArn": "e",
        "input": "1",
        "name": "n",
        "startDate": "s",
        "stateMachineArn": "m",
    }
    [result] = Writer(transformation="FLATTEN").results([{**record, "error": "E", "cause": "C"}])
    assert (result["Status"], result["Error"], result["Cause"], "Output" in result) == ("FAILED", "E", "C", False)


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
