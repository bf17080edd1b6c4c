"""`--state DIR`: nothing that was acknowledged is lost by kill -9, and the account goes on where it was.

What AWS has answered stays: "Amazon S3 never adds partial objects; if you receive a success response, Amazon S3 added
the entire object to the bucket" (Amazon S3 API Reference, PutObject), and nobody expects less of the other services.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from embedded_aws import launcher
from embedded_aws.runtime.environments import Environment
from tests.embedded_aws.account import Account, allow, fetch, fresh, policy, polls
from tests.embedded_aws.bench import SCIKIT_LEARN
from tests.embedded_aws.kept import Items, KeptEngine
from tests.embedded_aws.waiting import eventually

ROOT = Path(__file__).parent.parent.parent
MEBIBYTE = 1 << 20


# --- everything, of many services --------------------------------------------------------------------------


def fill_identities(account: Account) -> None:
    iam = account.client("iam")
    role = account.role(allow("s3:*"), Tags=[{"Key": "team", "Value": "a"}])
    account.user(allow("ssm:*"))
    made = iam.create_policy(PolicyName=fresh("policy"), PolicyDocument=policy(allow("s3:GetObject")))["Policy"]
    iam.create_policy_version(PolicyArn=made["Arn"], PolicyDocument=policy(allow("s3:*")), SetAsDefault=True)
    iam.attach_role_policy(RoleName=role.rsplit("/", 1)[-1], PolicyArn=made["Arn"])
    iam.delete_role(RoleName=account.role().rsplit("/", 1)[-1])


def fill_objects(account: Account) -> None:
    s3, bucket = account.client("s3"), account.bucket()
    s3.put_object(Bucket=bucket, Key="before", Body=b"unversioned", Metadata={"a": "b"}, Tagging="x=y")
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    for body in (b"one", b"two" * MEBIBYTE):
        s3.put_object(Bucket=bucket, Key="folder/versions", Body=body)
    s3.put_object(Bucket=bucket, Key="gone", Body=b"1")
    s3.delete_object(Bucket=bucket, Key="gone")
    denied = {"Effect": "Deny", "Principal": "*", "Action": "s3:PutObjectAcl", "Resource": f"arn:aws:s3:::{bucket}/*"}
    s3.put_bucket_policy(Bucket=bucket, Policy=policy(denied))
    upload = s3.create_multipart_upload(Bucket=bucket, Key="parts")["UploadId"]
    s3.upload_part(Bucket=bucket, Key="parts", UploadId=upload, PartNumber=1, Body=b"p" * (5 * MEBIBYTE))
    s3.delete_bucket(Bucket=account.bucket())


def fill_messages(account: Account) -> None:
    sqs, sns, events = account.client("sqs"), account.client("sns"), account.client("events")
    url = sqs.create_queue(QueueName=fresh("queue"), tags={"a": "b"})["QueueUrl"]
    for number in range(3):
        sqs.send_message(QueueUrl=url, MessageBody=str(number))
    taken = sqs.receive_message(QueueUrl=url)["Messages"][0]
    sqs.delete_message(QueueUrl=url, ReceiptHandle=taken["ReceiptHandle"])
    topic = sns.create_topic(Name=fresh("topic"))["TopicArn"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
    sns.publish(TopicArn=topic, Message="hello")
    rule = fresh("rule")
    events.put_rule(Name=rule, EventPattern=json.dumps({"source": ["x"]}))
    events.put_targets(Rule=rule, Targets=[{"Id": "1", "Arn": arn}])
    events.put_events(Entries=[{"Source": "x", "DetailType": "y", "Detail": "{}"}])


def fill_functions(account: Account) -> None:
    role = account.role(allow("logs:*"))
    function = account.function("def handler(event, context):\n    print(event)\n    return event\n", role)
    account.client("lambda").publish_version(FunctionName=function)
    account.client("lambda").invoke(FunctionName=function, Payload=b"1")
    machine = account.machine({"A": {"Type": "Pass", "Result": 1, "End": True}}, role)
    assert account.execute(machine)["status"] == "SUCCEEDED"
    target = {"Arn": machine, "RoleArn": role}
    once = {"ScheduleExpression": "at(2099-01-01T00:00:00)", "FlexibleTimeWindow": {"Mode": "OFF"}}
    account.client("scheduler").create_schedule(Name=fresh("schedule"), Target=target, **once)


def fill_stacks(account: Account) -> None:
    parameter = {"Type": "AWS::SSM::Parameter", "Properties": {"Type": "String", "Value": "1"}}
    exported = {"N": {"Value": {"Ref": "P"}, "Export": {"Name": fresh("export")}}}
    template = {"Resources": {"P": parameter, "B": {"Type": "AWS::S3::Bucket"}}, "Outputs": exported}
    account.deploy(template)
    account.destroy(account.deploy({"Resources": {"P": parameter}}))
    account.client("cloudformation").create_change_set(
        StackName=fresh("stack"),
        ChangeSetName="first",
        ChangeSetType="CREATE",
        TemplateBody=json.dumps({"Resources": {"P": parameter}}),
    )


def fill_sagemaker(account: Account) -> None:
    sagemaker, name = account.client("sagemaker"), fresh("it")
    script = [{"Content": "ZWNobw=="}]
    sagemaker.create_notebook_instance_lifecycle_config(NotebookInstanceLifecycleConfigName=name, OnStart=script)
    container = {"Image": SCIKIT_LEARN}
    sagemaker.create_model(ModelName=name, ExecutionRoleArn=account.role(), PrimaryContainer=container)
    variant = {"VariantName": "v", "ModelName": name, "InstanceType": "ml.m5.large", "InitialInstanceCount": 1}
    made = sagemaker.create_endpoint_config(EndpointConfigName=name, ProductionVariants=[variant])
    sagemaker.add_tags(ResourceArn=made["EndpointConfigArn"], Tags=[{"Key": "a", "Value": "b"}])


def fill_others(account: Account) -> None:
    name = fresh("it")
    account.client("ssm").put_parameter(Name=name, Value="1", Type="SecureString")
    account.client("ssm").put_parameter(Name=name, Value="2", Type="SecureString", Overwrite=True)
    account.client("ecr").create_repository(repositoryName=name)
    account.client("secretsmanager").create_secret(Name=name, SecretString="s")
    account.client("kms").create_key(Description="k")
    account.client("dynamodb").create_table(
        TableName=name,
        KeySchema=[{"AttributeName": "k", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "k", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    account.client("dynamodb").put_item(TableName=name, Item={"k": {"S": "1"}})
    logs = account.client("logs")
    logs.create_log_group(logGroupName=name)
    logs.create_log_stream(logGroupName=name, logStreamName="s")
    line = {"timestamp": int(time.time() * 1000), "message": "m"}
    logs.put_log_events(logGroupName=name, logStreamName="s", logEvents=[line])
    account.client("budgets").create_budget(
        AccountId=account.engine.account,
        Budget={
            "BudgetName": name,
            "BudgetLimit": {"Amount": "1", "Unit": "USD"},
            "TimeUnit": "MONTHLY",
            "BudgetType": "COST",
        },
    )


FILLS: list[Callable[[Account], None]] = [
    fill_identities,
    fill_objects,
    fill_messages,
    fill_functions,
    fill_stacks,
    fill_sagemaker,
    fill_others,
]


SERVICES = {
    *("budgets", "cloudformation", "cloudwatch_logs", "dynamodb", "ecr", "eventbridge", "iam", "kms", "lambda_svc"),
    *("s3", "sagemaker", "scheduler", "secretsmanager", "sns", "sqs", "ssm", "stepfunctions"),
}


def settled(kept: KeptEngine) -> Items:
    """What is held once nothing goes on in the background any more."""
    held: list[Items] = [{}, kept.held()]
    for _ in polls(30):
        held.append(kept.held())
        if held[-1] == held[-2]:
            break
    return held[-1]


def test_everything_of_every_service_is_there_again_and_once_more(kept: KeptEngine) -> None:
    for fill in FILLS:
        fill(kept.account)
    before = settled(kept)
    assert {service for service, _, _ in before} >= SERVICES
    kept.again()
    assert kept.held() == before
    for fill in reversed(FILLS):
        fill(kept.account)
    before = settled(kept)
    kept.again()
    assert kept.held() == before


def test_versions_tags_and_uploads_go_on(kept: KeptEngine) -> None:
    s3, bucket = kept.account.client("s3"), kept.account.bucket()
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    put = partial(s3.put_object, Bucket=bucket, Key="k")
    ids = [put(Body=body, Tagging=f"n={number}")["VersionId"] for number, body in enumerate((b"a", b"b"))]
    marker = s3.delete_object(Bucket=bucket, Key="k")["VersionId"]
    upload = s3.create_multipart_upload(Bucket=bucket, Key="whole")["UploadId"]
    part = {"Bucket": bucket, "Key": "whole", "UploadId": upload}
    etags = [s3.upload_part(**part, PartNumber=1, Body=b"1" * (5 * MEBIBYTE))["ETag"]]
    before = s3.list_object_versions(Bucket=bucket)
    s3 = kept.again().client("s3")
    after = s3.list_object_versions(Bucket=bucket)
    assert (after["Versions"], after["DeleteMarkers"]) == (before["Versions"], before["DeleteMarkers"])
    assert [s3.get_object(Bucket=bucket, Key="k", VersionId=each)["Body"].read() for each in ids] == [b"a", b"b"]
    s3.delete_object(Bucket=bucket, Key="k", VersionId=marker)
    assert s3.get_object_tagging(Bucket=bucket, Key="k", VersionId=ids[0])["TagSet"] == [{"Key": "n", "Value": "0"}]
    assert s3.get_object(Bucket=bucket, Key="k")["Body"].read() == b"b"
    etags.append(s3.upload_part(**part, PartNumber=2, Body=b"2")["ETag"])
    parts = [{"PartNumber": number, "ETag": etag} for number, etag in enumerate(etags, start=1)]
    s3.complete_multipart_upload(**part, MultipartUpload={"Parts": parts})
    assert s3.get_object(Bucket=bucket, Key="whole")["Body"].read() == b"1" * (5 * MEBIBYTE) + b"2"


def test_sessions_and_messages_in_flight_stay_valid(kept: KeptEngine) -> None:
    """A session lasts as long as its DurationSeconds say (AWS STS API Reference, AssumeRole)."""
    key = kept.account.session(allow("sqs:*"))
    sqs = kept.account.client("sqs", key)
    url = sqs.create_queue(QueueName=fresh("queue"))["QueueUrl"]
    sqs.send_message(QueueUrl=url, MessageBody="m")
    message = sqs.receive_message(QueueUrl=url, VisibilityTimeout=600)["Messages"][0]
    sqs = kept.again().client("sqs", key)
    assert "Messages" not in sqs.receive_message(QueueUrl=url)
    sqs.change_message_visibility(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"], VisibilityTimeout=0)
    assert sqs.receive_message(QueueUrl=url)["Messages"][0]["MessageId"] == message["MessageId"]


# --- the folder --------------------------------------------------------------------------------------------


def test_ended_by_sigterm_it_goes_on_just_the_same(kept: KeptEngine) -> None:
    for fill in (fill_objects, fill_identities, fill_sagemaker):
        fill(kept.account)
    before, engine = settled(kept), kept.account.engine
    kept.stop()
    assert launcher.clean_processes(kept.state) == []
    kept.start()
    assert kept.held() == before
    assert kept.account.engine.endpoint == engine.endpoint
    assert kept.account.engine.secret_access_key == engine.secret_access_key


def test_two_engines_on_one_folder_are_refused(kept: KeptEngine, environments: Path) -> None:
    with pytest.raises(launcher.EngineError, match=r"another engine serves .*: end it first"):
        launcher.start(state=kept.state, environments=environments, keep=True)
    assert kept.account.client("sts").get_caller_identity()["Account"] == launcher.ACCOUNT


def test_account_keeps_its_port(kept: KeptEngine, environments: Path) -> None:
    served = int(kept.account.engine.endpoint.rsplit(":", 1)[1])
    kept.kill()
    with pytest.raises(launcher.EngineError, match=f"is served on port {served}"):
        launcher.start(state=kept.state, environments=environments, keep=True, port=1)
    with (
        socket.create_server(("127.0.0.1", served)),
        pytest.raises(launcher.EngineError, match="Address already in use"),
    ):
        launcher.start(state=kept.state, environments=environments, keep=True)
    kept.start()
    assert kept.account.engine.endpoint.endswith(f":{served}")


def test_what_a_killed_engine_left_running_is_ended_first(kept: KeptEngine) -> None:
    source = "import os\ndef handler(event, context):\n    return os.getpid()\n"
    function = kept.account.function(source, kept.account.role())

    def invoked(account: Account) -> int:
        return int(account.client("lambda").invoke(FunctionName=function)["Payload"].read())

    first = invoked(kept.account)
    assert not ended(first)
    account = kept.again()
    assert ended(first)
    assert not ended(invoked(account))


def ended(pid: int) -> bool:
    try:
        return "\nState:\tZ" in Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return True


def test_without_a_folder_nothing_is_left(tmp_path: Path, environments: Path) -> None:
    python = Environment("engine", ROOT / "embedded_aws" / "requirements.txt", environments).python
    command = [str(python), "-m", "embedded_aws", "--environments", str(environments)]
    env = {**os.environ, "TMPDIR": str(tmp_path)}
    with subprocess.Popen(command, cwd=ROOT, env=env, stderr=subprocess.PIPE, text=True) as served:
        assert served.stderr
        said = served.stderr.readline()
        made = next(tmp_path.iterdir())
        assert str(made) in said
        eventually((made / "engine.json").exists, seconds=30)
        port = json.loads((made / "engine.json").read_text())["port"]
        assert fetch(f"http://127.0.0.1:{port}", "/_embedded/health")[0] == 200
        served.send_signal(signal.SIGTERM)
        assert served.wait(timeout=30) == 0
    assert list(tmp_path.iterdir()) == []
