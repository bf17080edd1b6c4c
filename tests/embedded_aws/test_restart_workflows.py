"""Stacks, executions, schedules and events that were under way when the engine was killed."""

from __future__ import annotations

import base64
import json
import time
from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.exceptions import ClientError

from embedded_aws.interrupted import EXECUTION_CAUSE, REASON
from tests.embedded_aws.account import Account, allow, polls, trust
from tests.embedded_aws.kept import KeptEngine

ROLE = {"AssumeRolePolicyDocument": trust("lambda")}
Described = dict[str, Any]


# --- stacks and executions ---------------------------------------------------------------------------------


@pytest.mark.parametrize(("verb", "ends"), [("create", "CREATE_FAILED"), ("delete", "DELETE_FAILED")])
def test_stack_that_was_in_progress_has_failed_and_can_be_deleted(kept: KeptEngine, verb: str, ends: str) -> None:
    """DeleteStack takes stacks in CREATE_FAILED and DELETE_FAILED (CloudFormation User Guide, "Stack status codes")."""
    quick = "import cfn\ndef handler(event, context):\n    cfn.send(event, slow=event['RequestType'] == 'Delete')\n"
    slow = "import cfn\ndef handler(event, context):\n    cfn.send(event, slow=event['RequestType'] == 'Create')\n"
    function = custom_resource(kept.account, slow if verb == "create" else quick)
    parameter = {"Type": "AWS::SSM::Parameter", "Properties": {"Type": "String", "Value": "1"}}
    waits = {"Type": "Custom::Waits", "Properties": {"ServiceToken": function}, "DependsOn": "P"}
    template, stacks = json.dumps({"Resources": {"P": parameter, "W": waits}}), kept.account.client("cloudformation")
    stacks.create_stack(StackName="it", TemplateBody=template)
    if verb == "delete":
        assert kept.account.settled("it").status == "CREATE_COMPLETE"
        stacks.delete_stack(StackName="it")
    time.sleep(1)
    before = stacks.describe_stacks(StackName="it")["Stacks"][0]
    assert before["StackStatus"] == f"{verb.upper()}_IN_PROGRESS"
    stacks = kept.again().client("cloudformation")
    found = stacks.describe_stacks(StackName="it")["Stacks"][0]
    assert (found["StackStatus"], found["StackStatusReason"], found["StackId"]) == (ends, REASON, before["StackId"])
    assert stacks.describe_stack_events(StackName="it")["StackEvents"][0]["ResourceStatus"] == ends
    assert kept.account.client("ssm").describe_parameters()["Parameters"]
    retained = {"RetainResources": ["W"]} if verb == "delete" else {}
    stacks.delete_stack(StackName="it", **retained)
    assert kept.account.settled(found["StackId"]).status == "DELETE_COMPLETE"
    assert kept.account.client("ssm").describe_parameters()["Parameters"] == []


def test_what_a_stack_was_making_goes_with_it(kept: KeptEngine) -> None:
    """The notebook instance is there and its stack has not heard of it: deleting the stack deletes it all the same."""
    role = kept.account.role()
    script = base64.b64encode(b"sleep 15").decode()
    template = {
        "Resources": {
            "C": {
                "Type": "AWS::SageMaker::NotebookInstanceLifecycleConfig",
                "Properties": {"OnCreate": [{"Content": script}]},
            },
            "N": {
                "Type": "AWS::SageMaker::NotebookInstance",
                "Properties": {
                    "InstanceType": "ml.t3.medium",
                    "RoleArn": role,
                    "LifecycleConfigName": {"Fn::GetAtt": ["C", "NotebookInstanceLifecycleConfigName"]},
                },
            },
        }
    }
    stacks, sagemaker = kept.account.client("cloudformation"), kept.account.client("sagemaker")
    stacks.create_stack(StackName="it", TemplateBody=json.dumps(template))
    for _ in polls(60):
        if sagemaker.list_notebook_instances()["NotebookInstances"]:
            break
    time.sleep(0.5)  # the engine's own call has been answered too
    account = kept.again()
    stacks, sagemaker = account.client("cloudformation"), account.client("sagemaker")
    found = stacks.describe_stacks(StackName="it")["Stacks"][0]
    assert found["StackStatus"] == "CREATE_FAILED"
    states = {each["LogicalResourceId"]: each["ResourceStatus"] for each in resources(stacks)}
    assert states == {"C": "CREATE_COMPLETE", "N": "CREATE_FAILED"}
    assert len(sagemaker.list_notebook_instances()["NotebookInstances"]) == 1
    stacks.delete_stack(StackName="it")
    assert account.settled(found["StackId"]).status == "DELETE_COMPLETE"
    assert sagemaker.list_notebook_instances()["NotebookInstances"] == []


def resources(stacks: Any) -> list[Described]:  # noqa: ANN401 # a client
    found: list[Described] = stacks.describe_stack_resources(StackName="it")["StackResources"]
    return found


def chain(links: int) -> str:
    """A template of roles, made by calls, and of parameters, which the emulator makes; one step after the other."""
    held: dict[str, dict[str, Any]] = {}
    for link in range(links):
        after = {"DependsOn": f"R{link - 1}"} if link else {}
        parameter = {"Type": "AWS::SSM::Parameter", "Properties": {"Type": "String", "Value": "1"}}
        held |= {f"P{link}x{number}": {**parameter, **after} for number in range(4)}
        held[f"R{link}"] = {"Type": "AWS::IAM::Role", "Properties": ROLE, **after}
    return json.dumps({"Resources": held})


@pytest.mark.parametrize("moment", [0.1, 0.4, 0.8])
def test_stack_knows_at_any_moment_what_it_has_made(kept: KeptEngine, moment: float) -> None:
    stacks, names = kept.account.client("cloudformation"), [f"s-{number}" for number in range(6)]
    for name in names:
        stacks.create_stack(StackName=name, TemplateBody=chain(20), Capabilities=["CAPABILITY_IAM"])
    time.sleep(moment)
    account = kept.again()
    stacks = account.client("cloudformation")
    ids = [stacks.describe_stacks(StackName=name)["Stacks"][0]["StackId"] for name in names]
    for name in names:
        stacks.delete_stack(StackName=name)
    assert {account.settled(each).status for each in ids} == {"DELETE_COMPLETE"}
    assert account.client("ssm").describe_parameters()["Parameters"] == []
    assert account.client("iam").list_roles()["Roles"] == []


def custom_resource(account: Account, source: str) -> str:
    """A function for a custom resource: answers, after a while if it is slow."""
    send = (
        "import json, time, urllib.request\n"
        "def send(event, slow):\n"
        "    time.sleep(20 if slow else 0)\n"
        "    kept = {name: event[name] for name in ('StackId', 'RequestId', 'LogicalResourceId')}\n"
        "    body = json.dumps({**kept, 'Status': 'SUCCESS', 'PhysicalResourceId': 'it'}).encode()\n"
        "    urllib.request.urlopen(urllib.request.Request(event['ResponseURL'], body, method='PUT'))\n"
    )
    return account.function(send + source.replace("import cfn\n", "").replace("cfn.", ""), account.role(), Timeout=60)


def test_execution_that_ran_has_failed_and_the_others_are_as_they_were(kept: KeptEngine) -> None:
    """States.Runtime is an error that no Catch matches (Step Functions Developer Guide, "Handling errors")."""
    machines = kept.account.client("stepfunctions")
    waits = kept.account.machine({"W": {"Type": "Wait", "Seconds": 600, "End": True}}, kept.account.role())
    done = kept.account.execute(kept.account.machine({"P": {"Type": "Pass", "End": True}}, kept.account.role()))
    running = machines.start_execution(stateMachineArn=waits)["executionArn"]
    machines = kept.again().client("stepfunctions")
    found = machines.describe_execution(executionArn=running)
    assert (found["status"], found["error"], found["cause"]) == ("FAILED", "States.Runtime", EXECUTION_CAUSE)
    history = machines.get_execution_history(executionArn=running)["events"]
    assert history[-1]["type"] == "ExecutionFailed"
    assert [event["id"] for event in history] == list(range(1, len(history) + 1))
    after = machines.describe_execution(executionArn=done["executionArn"])
    assert {**after, "ResponseMetadata": 0} == {**done, "ResponseMetadata": 0}
    machine = kept.account.machine({"P": {"Type": "Succeed"}}, kept.account.role())
    assert kept.account.execute(machine)["status"] == "SUCCEEDED"


# --- schedules and events ----------------------------------------------------------------------------------


def test_schedules_that_came_due_meanwhile_fire_once(kept: KeptEngine) -> None:
    """One-time schedules "invoke a target once" (EventBridge Scheduler API, CreateSchedule), restart or not."""
    role, sqs, scheduler = kept.account.role(allow("*")), kept.account.client("sqs"), kept.account.client("scheduler")
    urls = {name: sqs.create_queue(QueueName=name)["QueueUrl"] for name in ("fired", "missed")}
    now = datetime.now(UTC)

    def schedule(name: str, expression: str) -> None:
        arn = f"arn:aws:sqs:us-east-1:{kept.account.engine.account}:{name}"
        target, off = {"Arn": arn, "RoleArn": role, "Input": "{}"}, {"Mode": "OFF"}
        scheduler.create_schedule(Name=name, ScheduleExpression=expression, FlexibleTimeWindow=off, Target=target)

    def at(seconds: int) -> str:
        return datetime.fromtimestamp(now.timestamp() + seconds, UTC).strftime("at(%Y-%m-%dT%H:%M:%S)")

    schedule("fired", at(2))
    schedule("missed", at(7))
    for _ in polls(30):
        if count(kept.account, urls["fired"]):
            break
    time.sleep(1)  # killed before the scheduler has heard of its success, it would deliver again, as AWS may
    kept.kill()
    time.sleep(max(0.0, now.timestamp() + 8 - time.time()))
    kept.start()
    for _ in polls(30):
        if count(kept.account, urls["missed"]):
            break
    time.sleep(2)
    assert [count(kept.account, urls[name]) for name in ("fired", "missed")] == [1, 1]


def test_token_repeats_the_answer_of_an_earlier_engine(kept: KeptEngine) -> None:
    """EventBridge Scheduler API, CreateSchedule: ClientToken makes a request that is sent again idempotent."""
    role, queue = kept.account.role(allow("*")), f"arn:aws:sqs:us-east-1:{kept.account.engine.account}:any"
    given: dict[str, Any] = {
        "Name": "again",
        "ScheduleExpression": "rate(1 day)",
        "State": "DISABLED",
        "FlexibleTimeWindow": {"Mode": "OFF"},
        "Target": {"Arn": queue, "RoleArn": role, "Input": "{}"},
        "ClientToken": "once",
    }
    first = kept.account.client("scheduler").create_schedule(**given)
    kept.kill()
    kept.start()
    again = kept.account.client("scheduler").create_schedule(**given)
    assert again["ScheduleArn"] == first["ScheduleArn"]


def count(account: Account, url: str) -> int:
    name = "ApproximateNumberOfMessages"
    found = account.client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=[name])
    return int(found["Attributes"][name])


def test_event_that_a_function_was_given_is_not_lost(kept: KeptEngine) -> None:
    """Lambda "places the event in a queue and returns a success response" (Developer Guide, invocation-async)."""
    source = (
        "import boto3, time\n"
        "def handler(event, context):\n"
        "    time.sleep(3)\n"
        "    boto3.client('s3').put_object(Bucket=event['bucket'], Key=event['key'], Body=b'1')\n"
    )
    bucket, function = kept.account.bucket(), kept.account.function(source, kept.account.role(allow("s3:*")))
    for key in ("one", "two"):
        payload = json.dumps({"bucket": bucket, "key": key}).encode()
        kept.account.client("lambda").invoke(FunctionName=function, InvocationType="Event", Payload=payload)
    s3 = kept.again().client("s3")
    for _ in polls(30):
        if s3.list_objects_v2(Bucket=bucket)["KeyCount"] == 2:
            break


def test_event_that_a_function_failed_with_is_tried_again(kept: KeptEngine) -> None:
    """Lambda tries twice more, whatever becomes of a machine (Developer Guide, invocation-async-error-handling)."""
    source = (
        "import boto3\n"
        "def handler(event, context):\n"
        "    s3 = boto3.client('s3')\n"
        "    tried = s3.list_objects_v2(Bucket=event['bucket'])['KeyCount']\n"
        "    s3.put_object(Bucket=event['bucket'], Key=f'try-{tried}', Body=b'1')\n"
        "    if tried == 0:\n"
        "        raise ValueError('not yet')\n"
    )
    bucket, function = kept.account.bucket(), kept.account.function(source, kept.account.role(allow("s3:*")))
    payload = json.dumps({"bucket": bucket}).encode()
    kept.account.client("lambda").invoke(FunctionName=function, InvocationType="Event", Payload=payload)

    def tries(account: Account) -> int:
        return int(account.client("s3").list_objects_v2(Bucket=bucket)["KeyCount"])

    for _ in polls(30):
        if tries(kept.account):
            break
    time.sleep(0.5)  # it has failed, and waits a second
    account = kept.again()
    for _ in polls(30):
        if tries(account) == 2:
            break
    time.sleep(2)
    assert tries(kept.again()) == 2  # and then is done with it


def test_role_that_is_gone_is_gone_for_its_sessions_too(kept: KeptEngine) -> None:
    key = kept.account.session(allow("sqs:*"))
    arn = kept.account.client("sts", key).get_caller_identity()["Arn"]
    account = kept.again()
    assert account.client("sts", key).get_caller_identity()["Arn"] == arn
    iam, role = account.client("iam"), arn.split("/")[1]
    iam.delete_role_policy(RoleName=role, PolicyName="rights")
    iam.delete_role(RoleName=role)
    with pytest.raises(ClientError, match="InvalidClientTokenId"):
        account.client("sts", key).get_caller_identity()
