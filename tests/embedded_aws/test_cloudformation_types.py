"""Stacks: the other types of a class, each with what its properties change."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.embedded_aws.account import Account, Template, allow, code_of, fresh, policy, trust, zipped
from tests.embedded_aws.stack_templates import SAGEMAKER_ROLE, get, resource, template


def test_bucket_is_configured_as_its_template_says(account: Account) -> None:
    def wanted(**more: Any) -> Template:  # noqa: ANN401 # template properties
        rules = [{"Id": "parts", "Status": "Enabled", "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": "1"}}]
        default = {"ServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}
        given = {
            "BucketEncryption": {"ServerSideEncryptionConfiguration": [default]},
            "PublicAccessBlockConfiguration": {"BlockPublicPolicy": "true", "RestrictPublicBuckets": True},
            "OwnershipControls": {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]},
            "LifecycleConfiguration": {"Rules": rules},
        }
        return template({"Name": {"Ref": "Bucket"}}, Bucket=resource("S3::Bucket", **{**given, **more}))

    stack = account.deploy(wanted())
    assert stack.status == "CREATE_COMPLETE", stack.reasons
    objects, bucket = account.client("s3"), stack.outputs["Name"]
    parts = objects.get_bucket_lifecycle_configuration(Bucket=bucket)["Rules"][0]
    assert parts["AbortIncompleteMultipartUpload"] == {"DaysAfterInitiation": 1}
    blocked = objects.get_public_access_block(Bucket=bucket)["PublicAccessBlockConfiguration"]
    assert blocked == {"BlockPublicPolicy": True, "RestrictPublicBuckets": True}
    ownership = objects.get_bucket_ownership_controls(Bucket=bucket)["OwnershipControls"]
    assert ownership["Rules"] == [{"ObjectOwnership": "BucketOwnerEnforced"}]
    updated = account.deploy(wanted(VersioningConfiguration={"Status": "Enabled"}), StackName=stack.name)
    assert updated.outputs == stack.outputs
    assert objects.get_bucket_versioning(Bucket=bucket)["Status"] == "Enabled"
    refused = account.deploy(wanted(ObjectLockEnabled=True), StackName=stack.name)
    assert refused.status == "UPDATE_ROLLBACK_COMPLETE"
    assert "ObjectLockEnabled is not implemented" in refused.reasons["Bucket"]
    account.destroy(stack)


def test_boundary_of_a_role_bites_and_its_new_version_at_once(account: Account) -> None:
    def wanted(*statements: dict[str, Any]) -> Template:
        document = json.loads(policy(*statements))
        boundary = resource("IAM::ManagedPolicy", PolicyDocument=document)
        role = resource("IAM::Role", AssumeRolePolicyDocument=trust("lambda"), PermissionsBoundary={"Ref": "Boundary"})
        role["Properties"]["Policies"] = [{"PolicyName": "all", "PolicyDocument": json.loads(policy(allow("*")))}]
        return template({"Role": get("Role"), "Boundary": {"Ref": "Boundary"}}, Boundary=boundary, Role=role)

    stack = account.deploy(wanted(allow("s3:*")))
    source = (
        "import boto3\n"
        "def handler(event, context):\n"
        "    service, call = event\n"
        "    try:\n"
        "        getattr(boto3.client(service), call)()\n"
        "    except Exception as error:\n"
        "        return type(error).__name__ + str(error)\n"
        "    return 'allowed'\n"
    )
    function = account.function(source, stack.outputs["Role"])

    def tried(service: str, call: str) -> str:
        answer = account.client("lambda").invoke(FunctionName=function, Payload=json.dumps([service, call]))
        return str(json.loads(answer["Payload"].read()))

    assert tried("s3", "list_buckets") == "allowed"
    assert "AccessDenied" in tried("sqs", "list_queues")
    frozen = {"Effect": "Deny", "Action": "s3:*", "Resource": "*"}
    account.client("iam").create_policy_version(
        PolicyArn=stack.outputs["Boundary"], PolicyDocument=policy(allow("*"), frozen), SetAsDefault=True
    )
    assert "AccessDenied" in tried("s3", "list_buckets")
    assert tried("sqs", "list_queues") == "allowed"


def test_boundary_can_be_demanded_of_new_roles(account: Account) -> None:
    iam = account.client("iam")
    boundary = iam.create_policy(PolicyName=fresh("boundary"), PolicyDocument=policy(allow("s3:*")))["Policy"]["Arn"]
    demand = allow("iam:*", when={"StringEquals": {"iam:PermissionsBoundary": boundary}})
    user = account.user(allow("cloudformation:*"), demand, allow("iam:GetRole"))
    assert "iam:CreateRole" in account.deploy(template(Role=SAGEMAKER_ROLE), user).reasons["Role"]
    properties = {**SAGEMAKER_ROLE["Properties"], "PermissionsBoundary": boundary}  # type: ignore[dict-item] # a template part
    bounded = {"Type": "AWS::IAM::Role", "Properties": properties}
    assert account.deploy(template(Role=bounded), user).status == "CREATE_COMPLETE"


def test_custom_resource_of_a_python_function(account: Account) -> None:
    source = (
        "import json, urllib.request\n"
        "def handler(event, context):\n"
        "    data = {'Doubled': str(2 * int(event['ResourceProperties']['Number']))}\n"
        "    keys = ('StackId', 'RequestId', 'LogicalResourceId')\n"
        "    answer = {'Status': 'SUCCESS', 'PhysicalResourceId': 'it', 'Data': data, **{k: event[k] for k in keys}}\n"
        "    url, body = event['ResponseURL'], json.dumps(answer).encode()\n"
        "    urllib.request.urlopen(urllib.request.Request(url, data=body, method='PUT'))\n"
    )
    bucket = account.bucket()
    account.client("s3").put_object(Bucket=bucket, Key="code.zip", Body=zipped(source))
    group = resource("Logs::LogGroup", RetentionInDays=7)
    code, logging = {"S3Bucket": bucket, "S3Key": "code.zip"}, {"LogGroup": {"Ref": "Group"}}
    role = account.role(allow("logs:*"))
    given = {"Role": role, "Runtime": "python3.12", "Handler": "index.handler", "Code": code, "LoggingConfig": logging}
    custom = {"Type": "Custom::Doubler", "Properties": {"ServiceToken": get("F"), "Number": 21}}
    outputs = {"Doubled": get("Custom", "Doubled"), "Group": {"Ref": "Group"}}
    stack = account.deploy(template(outputs, Group=group, F=resource("Lambda::Function", **given), Custom=custom))
    assert stack.outputs["Doubled"] == "42", stack.reasons
    events = account.client("logs").filter_log_events(logGroupName=stack.outputs["Group"])["events"]
    assert any("REPORT" in event["message"] for event in events)
    assert account.destroy(stack).status == "DELETE_COMPLETE"


def test_budget_schedule_and_machine(account: Account) -> None:
    limit, mail = {"Amount": 20, "Unit": "USD"}, {"SubscriptionType": "EMAIL", "Address": "owner@example.com"}
    filters = {"TagKeyValue": ["user:class$one"]}
    named = fresh("budget")
    budget = {"BudgetName": named, "BudgetType": "COST", "TimeUnit": "MONTHLY", "BudgetLimit": limit}
    budget["CostFilters"] = filters
    notification = {"NotificationType": "ACTUAL", "ComparisonOperator": "GREATER_THAN", "Threshold": 80}
    alert = {"Notification": notification, "Subscribers": [mail]}
    role = account.role(allow("*"))
    group = resource("Logs::LogGroup")
    destination = {"CloudWatchLogsLogGroup": {"LogGroupArn": get("Group")}}
    logging = {"Level": "ALL", "IncludeExecutionData": True, "Destinations": [destination]}
    definition = json.dumps({"StartAt": "P", "States": {"P": {"Type": "Pass", "End": True}}})
    machine = resource(
        "StepFunctions::StateMachine", RoleArn=role, DefinitionString=definition, LoggingConfiguration=logging
    )
    dead = {"DeadLetterConfig": {"Arn": get("Dead")}, "RetryPolicy": {"MaximumRetryAttempts": "3"}}
    schedule = resource(
        "Scheduler::Schedule",
        ScheduleExpression="at(2099-01-01T00:00:00)",
        ScheduleExpressionTimezone="Asia/Seoul",
        FlexibleTimeWindow={"Mode": "OFF"},
        Target={"Arn": get("Machine"), "RoleArn": role, "Input": "{}", **dead},
    )
    outputs = {"Machine": {"Ref": "Machine"}, "Schedule": {"Ref": "Schedule"}, "Group": {"Ref": "Group"}}
    stack = account.deploy(
        template(
            outputs,
            Budget=resource("Budgets::Budget", Budget=budget, NotificationsWithSubscribers=[alert]),
            Group=group,
            Dead=resource("SQS::Queue"),
            Machine=machine,
            Schedule=schedule,
        )
    )
    assert stack.status == "CREATE_COMPLETE", stack.reasons
    held = account.client("budgets").describe_budget(AccountId=account.engine.account, BudgetName=named)["Budget"]
    assert held["CostFilters"] == filters
    shown = account.client("scheduler").get_schedule(Name=stack.outputs["Schedule"])
    assert (shown["ScheduleExpressionTimezone"], shown["Target"]["RetryPolicy"]["MaximumRetryAttempts"]) == (
        "Asia/Seoul",
        3,
    )
    assert account.execute(stack.outputs["Machine"])["status"] == "SUCCEEDED"
    events = account.client("logs").filter_log_events(logGroupName=stack.outputs["Group"])["events"]
    assert "ExecutionSucceeded" in events[-1]["message"]
    assert account.destroy(stack).status == "DELETE_COMPLETE"
    with pytest.raises(ClientError) as gone:
        account.client("budgets").describe_budget(AccountId=account.engine.account, BudgetName=named)
    assert code_of(gone.value) == "NotFoundException"


def test_queue_policy_and_bucket_policy_are_set(account: Account) -> None:
    role = account.role()
    grant = {"Effect": "Allow", "Principal": {"AWS": role}, "Action": "s3:GetObject"}
    bucket_policy = {"Version": "2012-10-17", "Statement": [{**grant, "Resource": {"Fn::Sub": "${Bucket.Arn}/*"}}]}
    send = {"Effect": "Allow", "Principal": {"Service": "scheduler.amazonaws.com"}, "Action": "sqs:SendMessage"}
    queue_policy = {"Version": "2012-10-17", "Statement": [{**send, "Resource": get("Queue")}]}
    stack = account.deploy(
        template(
            {"Bucket": {"Ref": "Bucket"}, "Queue": {"Ref": "Queue"}},
            Bucket=resource("S3::Bucket", Tags=[{"Key": "own", "Value": "1"}]),
            Readers=resource("S3::BucketPolicy", Bucket={"Ref": "Bucket"}, PolicyDocument=bucket_policy),
            Queue=resource("SQS::Queue"),
            Senders=resource("SQS::QueuePolicy", Queues=[{"Ref": "Queue"}], PolicyDocument=queue_policy),
        ),
        Tags=[{"Key": "class", "Value": "one"}],
    )
    assert stack.status == "CREATE_COMPLETE", stack.reasons
    tags = account.client("s3").get_bucket_tagging(Bucket=stack.outputs["Bucket"])["TagSet"]
    expected = {"own": "1", "class": "one", "aws:cloudformation:stack-name": stack.name}
    assert expected.items() <= {tag["Key"]: tag["Value"] for tag in tags}.items()
    assert "GetObject" in account.client("s3").get_bucket_policy(Bucket=stack.outputs["Bucket"])["Policy"]
    attributes = account.client("sqs").get_queue_attributes(QueueUrl=stack.outputs["Queue"], AttributeNames=["Policy"])
    assert "sqs:SendMessage" in attributes["Attributes"]["Policy"]
    assert account.destroy(stack).status == "DELETE_COMPLETE"
