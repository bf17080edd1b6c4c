"""Stacks: types of SageMaker, whom a stack acts for, what refuses to go, and what the emulator has too soft."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.embedded_aws.account import Account, Template, allow, code_of, fresh, policy, trust, zipped

SAGEMAKER_ROLE = {
    "Type": "AWS::IAM::Role",
    "Properties": {"AssumeRolePolicyDocument": trust("sagemaker")},
}
SCRIPT = {"Content": {"Fn::Base64": "#!/bin/bash\nexit 0\n"}}
FAILING = {"Content": {"Fn::Base64": "#!/bin/bash\nexit 3\n"}}


def resource(kind: str, **properties: Any) -> dict[str, Any]:  # noqa: ANN401 # template properties
    return {"Type": f"AWS::{kind}", "Properties": properties}


def get(name: str, attribute: str = "Arn") -> dict[str, list[str]]:
    return {"Fn::GetAtt": [name, attribute]}


def template(outputs: dict[str, Any] | None = None, **resources: Any) -> Template:  # noqa: ANN401 # template parts
    shown = {name: {"Value": value} for name, value in (outputs or {}).items()}
    return {"Resources": resources, **({"Outputs": shown} if shown else {})}


def notebook(script: dict[str, Any] = SCRIPT, **more: Any) -> Template:  # noqa: ANN401 # template properties
    config = resource("SageMaker::NotebookInstanceLifecycleConfig", OnStart=[script])
    name = get("Config", "NotebookInstanceLifecycleConfigName")
    given = {"InstanceType": "ml.t3.medium", "RoleArn": get("Role"), "LifecycleConfigName": name, **more}
    instance = resource("SageMaker::NotebookInstance", **given)
    outputs = {"Arn": {"Ref": "Notebook"}, "Name": get("Notebook", "NotebookInstanceName")}
    return template(outputs, Role=SAGEMAKER_ROLE, Config=config, Notebook=instance)


def test_notebook_comes_into_service_with_the_stacks_tags_and_goes_with_it(account: Account) -> None:
    stack = account.deploy(notebook(VolumeSizeInGB="7"), Tags=[{"Key": "class", "Value": "one"}])
    assert stack.status == "CREATE_COMPLETE", stack.reasons
    sagemaker = account.client("sagemaker")
    found = sagemaker.describe_notebook_instance(NotebookInstanceName=stack.outputs["Name"])
    assert (found["NotebookInstanceStatus"], found["VolumeSizeInGB"]) == ("InService", 7)
    tags = {tag["Key"]: tag["Value"] for tag in sagemaker.list_tags(ResourceArn=stack.outputs["Arn"])["Tags"]}
    assert tags["class"] == "one"
    assert tags["aws:cloudformation:stack-name"] == stack.name
    assert account.destroy(stack).status == "DELETE_COMPLETE"
    with pytest.raises(ClientError, match="RecordNotFound"):
        sagemaker.describe_notebook_instance(NotebookInstanceName=stack.outputs["Name"])


def test_failing_lifecycle_script_rolls_the_stack_back_with_awss_reason(account: Account) -> None:
    stack = account.deploy(notebook(FAILING))
    assert stack.status == "ROLLBACK_COMPLETE"
    assert "Lifecycle Config" in stack.reasons["Notebook"]
    instances = account.client("sagemaker").list_notebook_instances(NameContains=stack.name)
    assert instances["NotebookInstances"] == []


def test_notebook_update_stops_changes_and_starts(account: Account) -> None:
    stack = account.deploy(notebook())
    updated = account.deploy(notebook(InstanceType="ml.t3.large"), StackName=stack.name)
    assert updated.status == "UPDATE_COMPLETE", updated.reasons
    assert updated.outputs == stack.outputs
    found = account.client("sagemaker").describe_notebook_instance(NotebookInstanceName=stack.outputs["Name"])
    assert (found["NotebookInstanceStatus"], found["InstanceType"]) == ("InService", "ml.t3.large")
    account.destroy(stack)


def test_unknown_property_and_unknown_type_are_refused(account: Account) -> None:
    stack = account.deploy(notebook(Colour="blue"))
    assert "extraneous key [Colour]" in stack.reasons["Notebook"]
    with pytest.raises(ClientError, match="AWS::SageMaker::Domain"):
        account.deploy(template(Domain=resource("SageMaker::Domain", DomainName="x")))


def test_update_that_changes_nothing_is_refused(account: Account) -> None:
    wanted = template(Config=resource("SageMaker::NotebookInstanceLifecycleConfig"))
    stack = account.deploy(wanted)
    with pytest.raises(ClientError, match="No updates are to be performed"):
        account.deploy(wanted, StackName=stack.name)


def test_get_template_original_is_what_was_given(account: Account) -> None:
    given = json.dumps(template(Queue=resource("SQS::Queue")), indent=3)
    stacks, name = account.client("cloudformation"), fresh("stack")
    stacks.create_stack(StackName=name, TemplateBody=given)
    account.settled(name)
    held = stacks.get_template(StackName=name, TemplateStage="Original")["TemplateBody"]
    assert held == json.loads(given)


def test_conditions_join_and_compare_pseudo_parameters(account: Account) -> None:
    wanted = template(Queue=resource("SQS::Queue"), Other=resource("SQS::Queue"))
    wanted["Parameters"] = {"Names": {"Type": "CommaDelimitedList", "Default": ""}}
    joined = {"Fn::Equals": ["", {"Fn::Join": ["", {"Ref": "Names"}]}]}
    wanted["Conditions"] = {
        "Named": {"Fn::Not": [joined]},
        "Here": {"Fn::Equals": [{"Ref": "AWS::Region"}, "us-east-1"]},
    }
    wanted["Resources"]["Queue"]["Condition"] = "Named"
    wanted["Resources"]["Other"]["Condition"] = "Here"
    stack = account.deploy(wanted)
    held = account.client("cloudformation").list_stack_resources(StackName=stack.name)
    assert [item["LogicalResourceId"] for item in held["StackResourceSummaries"]] == ["Other"]


# --- whom a stack acts for ---------------------------------------------------------------------------------

BUCKET = template({"Name": {"Ref": "Bucket"}}, Bucket=resource("S3::Bucket"))


def test_stack_acts_as_its_caller(account: Account) -> None:
    poor = account.user(allow("cloudformation:*"))
    stack = account.deploy(BUCKET, poor)
    assert stack.status == "ROLLBACK_COMPLETE"
    assert "s3:CreateBucket" in stack.reasons["Bucket"]


def test_stack_acts_as_the_role_it_was_given_and_remembers_it(account: Account) -> None:
    role = account.role(allow("s3:*"))
    user = account.user(allow("cloudformation:*"), allow("iam:PassRole", resource=role))
    stack = account.deploy(BUCKET, user, RoleARN=role)
    assert stack.status == "CREATE_COMPLETE", stack.reasons
    shown = account.client("cloudformation").describe_stacks(StackName=stack.name)["Stacks"][0]
    assert shown["RoleARN"] == role
    account.set_rights(role, allow("s3:CreateBucket"))
    assert "s3:DeleteBucket" in account.destroy(stack, user).reasons["Bucket"]
    account.set_rights(role, allow("s3:*"))
    assert account.destroy(stack, user).status == "DELETE_COMPLETE"


def test_role_of_a_stack_must_be_passed_and_trust_cloudformation(account: Account) -> None:
    role = account.role(allow("s3:*"))
    with pytest.raises(ClientError, match="iam:PassRole"):
        account.deploy(BUCKET, account.user(allow("cloudformation:*")), RoleARN=role)
    stranger = account.role(trusts=trust("ec2"))
    with pytest.raises(ClientError, match="invalid or cannot be assumed"):
        account.deploy(BUCKET, RoleARN=stranger)


def test_function_of_a_stack_needs_pass_role(account: Account) -> None:
    role = account.role()
    code = {"ZipFile": "def handler(event, context): return 1"}
    function = resource("Lambda::Function", Role=role, Runtime="python3.12", Handler="index.handler", Code=code)
    user = account.user(allow("cloudformation:*", "lambda:*"))
    assert "iam:PassRole" in account.deploy(template(F=function), user).reasons["F"]


def test_template_and_parameters_are_read_with_rights(account: Account) -> None:
    name, bucket = fresh("/class/value"), account.bucket()
    account.client("ssm").put_parameter(Name=name, Value="v", Type="String")
    wanted = template({"Value": {"Ref": "Given"}}, Config=resource("SageMaker::NotebookInstanceLifecycleConfig"))
    wanted["Parameters"] = {"Given": {"Type": "AWS::SSM::Parameter::Value<String>", "Default": name}}
    account.client("s3").put_object(Bucket=bucket, Key="t.json", Body=json.dumps(wanted))
    url = f"https://s3.us-east-1.amazonaws.com/{bucket}/t.json"
    rights = [allow("cloudformation:*"), allow("s3:GetObject"), allow("ssm:GetParameters"), allow("sagemaker:*")]
    for missing, action in ((1, "s3:GetObject"), (2, "ssm:GetParameters")):
        poor = account.user(*rights[:missing], *rights[missing + 1 :])
        with pytest.raises(ClientError, match=action):
            account.client("cloudformation", poor).create_stack(StackName=fresh("stack"), TemplateURL=url)
    rich = fresh("stack")
    account.client("cloudformation", account.user(*rights)).create_stack(StackName=rich, TemplateURL=url)
    assert account.settled(rich).outputs == {"Value": "v"}


# --- what refuses to go ------------------------------------------------------------------------------------


def test_bucket_with_objects_refuses_until_it_is_empty(account: Account) -> None:
    stack, objects = account.deploy(BUCKET), account.client("s3")
    objects.put_object(Bucket=stack.outputs["Name"], Key="k", Body=b"1")
    refused = account.destroy(stack)
    assert refused.status == "DELETE_FAILED"
    assert "BucketNotEmpty" in refused.reasons["Bucket"]
    objects.delete_object(Bucket=stack.outputs["Name"], Key="k")
    assert account.destroy(stack).status == "DELETE_COMPLETE"


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


def test_stack_made_again_has_other_names_inside(account: Account) -> None:
    name, seen = fresh("stack"), set()
    for _ in range(2):
        account.client("cloudformation").create_stack(StackName=name, TemplateBody=json.dumps(BUCKET))
        stack = account.settled(name)
        seen.add(stack.outputs["Name"])
        account.destroy(stack)
    assert len(seen) == 2


def test_bucket_with_versions_only_refuses(account: Account) -> None:
    versioned = resource("S3::Bucket", VersioningConfiguration={"Status": "Enabled"})
    stack = account.deploy(template({"Name": {"Ref": "Bucket"}}, Bucket=versioned))
    objects, bucket = account.client("s3"), stack.outputs["Name"]
    objects.put_object(Bucket=bucket, Key="k", Body=b"1")
    objects.delete_object(Bucket=bucket, Key="k")
    assert "BucketNotEmpty" in account.destroy(stack).reasons["Bucket"]
    listed = objects.list_object_versions(Bucket=bucket)
    for version in listed["Versions"] + listed["DeleteMarkers"]:
        objects.delete_object(Bucket=bucket, Key="k", VersionId=version["VersionId"])
    assert account.destroy(stack).status == "DELETE_COMPLETE"


def test_role_with_a_foreign_policy_refuses(account: Account) -> None:
    stack = account.deploy(template({"Name": {"Ref": "Role"}}, Role=SAGEMAKER_ROLE))
    iam, name = account.client("iam"), stack.outputs["Name"]
    iam.put_role_policy(RoleName=name, PolicyName="freeze", PolicyDocument=policy(allow("s3:*")))
    assert "must delete" in account.destroy(stack).reasons["Role"]
    iam.delete_role_policy(RoleName=name, PolicyName="freeze")
    assert account.destroy(stack).status == "DELETE_COMPLETE"


def test_export_in_use_refuses(account: Account) -> None:
    export = fresh("export")
    exporting = template({"Name": "value"}, Queue=resource("SQS::Queue"))
    exporting["Outputs"]["Name"]["Export"] = {"Name": export}
    owner = account.deploy(exporting)
    user = account.deploy(template(P=resource("SSM::Parameter", Type="String", Value={"Fn::ImportValue": export})))
    with pytest.raises(ClientError, match=f"Export {export} is imported by stack {user.name}"):
        account.client("cloudformation").delete_stack(StackName=owner.name)
    account.destroy(user)
    assert account.destroy(owner).status == "DELETE_COMPLETE"


# --- the other types of this path --------------------------------------------------------------------------


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


def test_ssm_parameter_types_resolve(account: Account) -> None:
    name = fresh("/class/value")
    account.client("ssm").put_parameter(Name=name, Value="seoul", Type="String")
    wanted = template({"Value": {"Ref": "Given"}}, Queue=resource("SQS::Queue"))
    wanted["Parameters"] = {"Given": {"Type": "AWS::SSM::Parameter::Value<String>", "Default": name}}
    assert account.deploy(wanted).outputs == {"Value": "seoul"}


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
