"""Distributed Map: what is read and batched, and with whose rights."""

from __future__ import annotations

import json
from typing import Any

import pytest

from embedded_aws.states.distributed_map_items import Batcher, parsed
from embedded_aws.states.step_functions import TaskError
from tests.embedded_aws.account import Account, allow
from tests.embedded_aws.map_runs import map_run, mapped, reader, run
from tests.embedded_aws.state_runs import ALL, output


def stored(account: Account, text: str, key: str = "data/items") -> str:
    bucket = account.bucket()
    account.client("s3").put_object(Bucket=bucket, Key=key, Body=text.encode())
    return bucket


FIRST_ROW = {"InputType": "CSV", "CSVHeaderLocation": "FIRST_ROW"}

GIVEN = {"InputType": "CSV", "CSVHeaderLocation": "GIVEN", "CSVHeaders": ["n", "t"]}


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
