"""Stacks: what single types do beyond being created, changed and deleted."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from embedded_aws.cloudformation.parameter_type import PARAMETER_TYPE
from embedded_aws.cloudformation.types import ResourceError
from tests.embedded_aws.account import Account, Template, allow, code_of, fresh, policy, trust, zipped
from tests.embedded_aws.stack_templates import get, resource, template
from tests.embedded_aws.stack_type_cases import CODE, TAGS, document

SYSTEM = "aws:cloudformation:stack-name"


def refused(account: Account, thing: dict[str, Any]) -> str:
    """Why a stack with one resource failed."""
    stack = account.deploy(template(Thing=thing))
    assert stack.status == "ROLLBACK_COMPLETE"
    return stack.reasons["Thing"]


def only(**resources: Any) -> Template:  # noqa: ANN401 # template parts
    """A template that outputs the Ref of each of its resources."""
    return template({name: {"Ref": name} for name in resources}, **resources)


# --- what all have in common -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "properties", "name"),
    [
        ("Lambda::Function", {"Code": {"ZipFile": CODE}, "VpcConfig": {}}, "VpcConfig"),
        ("Lambda::Function", {"Code": {"ImageUri": "1.dkr.ecr.us-east-1.amazonaws.com/i:1"}}, "Code.ImageUri"),
        ("Logs::LogGroup", {"KmsKeyId": "arn:aws:kms:us-east-1:123456789012:key/k"}, "KmsKeyId"),
        ("SSM::Parameter", {"Type": "String", "Value": "v", "Policies": "[]"}, "Policies"),
        ("ECR::Repository", {"EncryptionConfiguration": {"EncryptionType": "AES256"}}, "EncryptionConfiguration"),
    ],
)
def test_property_that_is_not_carried_out_is_refused_by_name(
    account: Account, kind: str, properties: dict[str, Any], name: str
) -> None:
    role = {"Role": account.role()} if kind == "Lambda::Function" else {}
    assert f"{name} is not implemented" in refused(account, resource(kind, **role, **properties))


def test_import_is_refused_by_name(account: Account) -> None:
    """What stands outside of stacks is not taken into one ("Import AWS resources into a CloudFormation stack")."""
    name = fresh("import")
    url = account.client("sqs").create_queue(QueueName=name)["QueueUrl"]
    queue = {**resource("SQS::Queue", QueueName=name), "DeletionPolicy": "Retain"}
    wanted = {"ResourceType": "AWS::SQS::Queue", "LogicalResourceId": "Q", "ResourceIdentifier": {"QueueUrl": url}}
    stacks, change = account.client("cloudformation"), {"StackName": name, "ChangeSetName": "import"}
    body = json.dumps(template(Q=queue))
    stacks.create_change_set(**change, ChangeSetType="IMPORT", TemplateBody=body, ResourcesToImport=[wanted])
    stacks.execute_change_set(**change)
    assert "Importing resources of this type is not implemented" in account.settled(name).reasons["Q"]


def test_generated_names_and_cloudformations_own_tags(account: Account) -> None:
    """Names are `<stack>-<logical id>-<random>`, those of parameters `CFN-<logical id>-<random>` (their handler)."""
    role = account.role(allow("logs:*"))
    function = {"Role": role, "Runtime": "python3.12", "Handler": "index.handler", "Code": {"ZipFile": CODE}}
    things = only(
        F=resource("Lambda::Function", **function),
        Group=resource("Logs::LogGroup"),
        Parameter=resource("SSM::Parameter", Type="String", Value="1"),
        Repository=resource("ECR::Repository"),
        Topic=resource("SNS::Topic"),
        Rule=resource("Events::Rule", ScheduleExpression="rate(1 day)"),
        Schedules=resource("Scheduler::ScheduleGroup"),
        Queue=resource("SQS::Queue"),
        Fifo=resource("SQS::Queue", FifoQueue="true"),
    )
    things["Outputs"]["Arn"] = {"Value": get("Rule")}
    stack = account.deploy(things)
    assert stack.status == "CREATE_COMPLETE", stack.reasons
    own, start = stack.outputs, stack.name
    assert own["F"].startswith(f"{start}-F-")
    assert own["Group"].startswith(f"{start}-Group-")
    assert own["Parameter"].startswith("CFN-Parameter-")
    assert own["Repository"].startswith(f"{start}-repository-")
    assert own["Topic"].rpartition(":")[2].startswith(f"{start}-Topic-")
    assert own["Fifo"].endswith(".fifo")
    place = f"us-east-1:{account.engine.account}"
    tags = [
        account.client("lambda").get_function(FunctionName=own["F"])["Tags"],
        account.client("logs").list_tags_for_resource(resourceArn=f"arn:aws:logs:{place}:log-group:{own['Group']}")[
            "tags"
        ],
        _pairs(
            account.client("ssm").list_tags_for_resource(ResourceType="Parameter", ResourceId=own["Parameter"])[
                "TagList"
            ]
        ),
        _pairs(
            account.client("ecr").list_tags_for_resource(
                resourceArn=f"arn:aws:ecr:{place}:repository/{own['Repository']}"
            )["tags"]
        ),
        _pairs(account.client("sns").list_tags_for_resource(ResourceArn=own["Topic"])["Tags"]),
        _pairs(account.client("events").list_tags_for_resource(ResourceARN=own["Arn"])["Tags"]),
        _pairs(
            account.client("scheduler").list_tags_for_resource(
                ResourceArn=f"arn:aws:scheduler:{place}:schedule-group/{own['Schedules']}"
            )["Tags"]
        ),
    ]
    assert [held.get(SYSTEM) for held in tags] == [start] * len(tags)
    assert account.client("sqs").list_queue_tags(QueueUrl=own["Queue"]).get("Tags", {}) == {}
    assert account.destroy(stack).status == "DELETE_COMPLETE"


def _pairs(tags: list[dict[str, str]]) -> dict[str, str]:
    return {tag["Key"]: tag["Value"] for tag in tags}


@pytest.mark.parametrize(
    ("kind", "member", "make"),
    [
        ("SQS::Queue", "QueueName", lambda account, name: account.client("sqs").create_queue(QueueName=name)),
        ("SNS::Topic", "TopicName", lambda account, name: account.client("sns").create_topic(Name=name)),
        (
            "Events::Rule",
            "Name",
            lambda account, name: account.client("events").put_rule(Name=name, ScheduleExpression="rate(1 day)"),
        ),
    ],
)
def test_what_exists_is_not_taken_over(account: Account, kind: str, member: str, make: Any) -> None:  # noqa: ANN401 # a call
    """A resource outside the stack is an AlreadyExists failure ("Handler error codes", CloudFormation CLI guide)."""
    name = fresh("existing")
    make(account, name)
    more = {"ScheduleExpression": "rate(1 day)"} if kind == "Events::Rule" else {}
    assert "already exists" in refused(account, resource(kind, **{member: name}, **more))


def test_what_failed_half_way_is_taken_away(account: Account) -> None:
    """A failed create is deleted when the stack rolls back."""
    user = account.user(allow("cloudformation:*", "logs:CreateLogGroup", "logs:DeleteLogGroup", "logs:Describe*"))
    name = fresh("/half/way")
    failed = account.deploy(template(G=resource("Logs::LogGroup", LogGroupName=name, RetentionInDays=7)), user)
    assert "logs:PutRetentionPolicy" in failed.reasons["G"]
    assert account.client("logs").describe_log_groups(logGroupNamePrefix=name)["logGroups"] == []
    poor = account.user(allow("cloudformation:*", "logs:CreateLogGroup"))
    left = account.deploy(template(G=resource("Logs::LogGroup", LogGroupName=name, RetentionInDays=7)), poor)
    assert f"{name} could not be deleted" in left.reasons["G"]


def test_update_that_fails_half_way_is_sent_back(account: Account) -> None:
    """UPDATE_ROLLBACK_COMPLETE means that the old properties are in force again ("Stack status codes")."""
    role = account.role(allow("logs:*"))
    stack = account.deploy(only(F=function(role)))
    hold = account.client("lambda").get_function_configuration
    before = hold(FunctionName=stack.outputs["F"])["CodeSha256"]
    may = account.user(allow("cloudformation:*", "lambda:GetFunction", "lambda:UpdateFunctionCode"))
    wanted = only(F=function(role, Code={"ZipFile": CODE + "# new\n"}, Timeout=9))
    failed = account.deploy(wanted, may, StackName=stack.name)
    assert failed.status == "UPDATE_ROLLBACK_COMPLETE"
    assert "lambda:UpdateFunctionConfiguration" in failed.reasons["F"]
    assert hold(FunctionName=stack.outputs["F"])["CodeSha256"] == before
    account.destroy(stack)


def test_attributes_survive_an_update(account: Account) -> None:
    """Fn::GetAtt of a role is its ARN after an update without interruption, too (AWS::IAM::Role)."""

    def wanted(text: str) -> Template:
        role = resource("IAM::Role", AssumeRolePolicyDocument=trust("lambda"), Description=text)
        return template({"Arn": get("R"), "Id": get("R", "RoleId"), "Text": text}, R=role)

    stack = account.deploy(wanted("one"))
    updated = account.deploy(wanted("two"), StackName=stack.name)
    assert updated.outputs == {**stack.outputs, "Text": "two"}, updated.reasons
    account.destroy(stack)


# --- policies ----------------------------------------------------------------------------------------------


def test_managed_policy_keeps_five_versions_and_goes_with_all_of_them(account: Account) -> None:
    """Five versions are the most ("Versioning IAM policies", IAM User Guide); DeletePolicy wants the others gone."""

    def wanted(number: int) -> Template:
        return only(P=resource("IAM::ManagedPolicy", PolicyDocument=document(f"s3:Get{number}*")))

    stack = account.deploy(wanted(0))
    for number in range(1, 7):
        assert account.deploy(wanted(number), StackName=stack.name).status == "UPDATE_COMPLETE"
    iam = account.client("iam")
    versions = iam.list_policy_versions(PolicyArn=stack.outputs["P"])["Versions"]
    assert {version["VersionId"] for version in versions} == {"v3", "v4", "v5", "v6", "v7"}
    assert [version["VersionId"] for version in versions if version["IsDefaultVersion"]] == ["v7"]
    lists = ("iam:ListPolicyVersions", "iam:DeletePolicyVersion", "iam:DeletePolicy")
    for missing in ("iam:ListPolicyVersions", "iam:DeletePolicyVersion", "iam:CreatePolicyVersion", "iam:GetPolicy"):
        held = {*lists, "iam:CreatePolicyVersion", "iam:GetPolicy"} - {missing}
        failed = account.deploy(wanted(7), account.user(allow("cloudformation:*", *sorted(held))), StackName=stack.name)
        assert missing in failed.reasons["P"]
    user = account.user(allow("cloudformation:*", "iam:ListPolicyVersions", "iam:DeletePolicy"))
    assert "iam:DeletePolicyVersion" in account.destroy(stack, user).reasons["P"]
    assert account.destroy(stack).status == "DELETE_COMPLETE"


def test_managed_policy_that_others_hold_does_not_go(account: Account) -> None:
    """A managed policy is detached from all before it goes (DeletePolicy, IAM API Reference)."""
    wanted = only(P=resource("IAM::ManagedPolicy", PolicyDocument=document("s3:*")))
    wanted["Outputs"]["Id"] = {"Value": get("P", "DefaultVersionId")}
    stack, iam = account.deploy(wanted), account.client("iam")
    assert stack.outputs["Id"] == "v1"
    role = account.role().rsplit("/", 1)[-1]
    iam.attach_role_policy(RoleName=role, PolicyArn=stack.outputs["P"])
    assert "DeleteConflict" in account.destroy(stack).reasons["P"]
    iam.detach_role_policy(RoleName=role, PolicyArn=stack.outputs["P"])
    assert account.destroy(stack).status == "DELETE_COMPLETE"


def test_embedded_policy_moves_with_its_principals(account: Account) -> None:
    """Every property of AWS::IAM::Policy is updated without interruption (its resource reference)."""
    iam, roles = account.client("iam"), [account.role().rsplit("/", 1)[-1] for _ in range(2)]
    user = fresh("someone")
    iam.create_user(UserName=user)

    def wanted(**who: list[str]) -> Template:
        return only(P=resource("IAM::Policy", PolicyName="own", PolicyDocument=document("s3:*"), **who))

    stack = account.deploy(wanted(Roles=roles))
    moved = account.deploy(wanted(Roles=roles[1:], Users=[user]), StackName=stack.name)
    assert (moved.status, moved.outputs) == ("UPDATE_COMPLETE", stack.outputs), moved.reasons
    assert iam.list_role_policies(RoleName=roles[0])["PolicyNames"] == []
    assert iam.list_role_policies(RoleName=roles[1])["PolicyNames"] == ["own"]
    assert iam.list_user_policies(UserName=user)["PolicyNames"] == ["own"]
    iam.delete_role_policy(RoleName=roles[1], PolicyName="own")
    assert account.destroy(stack).status == "DELETE_COMPLETE"
    assert "cannot be found" in refused(account, wanted(Roles=["nobody"])["Resources"]["P"])


def test_second_policy_of_a_bucket_is_refused(account: Account) -> None:
    """The schema of AWS::S3::BucketPolicy names s3:GetBucketPolicy among the rights for creating."""
    bucket = account.bucket()
    statement = {"Effect": "Deny", "Principal": "*", "Action": "s3:DeleteBucket", "Resource": f"arn:aws:s3:::{bucket}"}
    given = {"Bucket": bucket, "PolicyDocument": json.loads(policy(statement))}
    stack = account.deploy(template(P=resource("S3::BucketPolicy", **given)))
    assert stack.status == "CREATE_COMPLETE", stack.reasons
    assert "bucket policy already exists" in refused(account, resource("S3::BucketPolicy", **given))
    account.destroy(stack)


# --- functions ---------------------------------------------------------------------------------------------


def function(role: str, **more: Any) -> dict[str, Any]:  # noqa: ANN401 # template properties
    """A Python function."""
    given = {"Role": role, "Runtime": "python3.12", "Handler": "index.handler", "Code": {"ZipFile": CODE}}
    return resource("Lambda::Function", **{**given, **more})


def test_functions_inline_source_runs_and_defaults_come_back(account: Account) -> None:
    """`ZipFile` is the source of a file `index` (Code property of AWS::Lambda::Function)."""
    role = account.role(allow("logs:*"))
    source = "import os\ndef handler(event, context):\n    return os.environ.get('WORD', '-')\n"
    words = {"Environment": {"Variables": {"WORD": 5}}, "Timeout": "9", "MemorySize": "256"}
    stack = account.deploy(only(F=function(role, Code={"ZipFile": source}, **words)))
    assert stack.status == "CREATE_COMPLETE", stack.reasons
    functions, name = account.client("lambda"), stack.outputs["F"]

    def said() -> Any:  # noqa: ANN401 # a function's answer
        return json.loads(functions.invoke(FunctionName=name)["Payload"].read())

    assert said() == "5"
    account.deploy(only(F=function(role, Code={"ZipFile": source})), StackName=stack.name)
    held = functions.get_function_configuration(FunctionName=name)
    assert (held["Timeout"], held["MemorySize"], held["State"]) == (3, 128, "Active")
    assert said() == "-"
    assert account.destroy(stack).status == "DELETE_COMPLETE"


def test_functions_code_is_read_with_the_makers_rights(account: Account) -> None:
    """s3:GetObject is in the schema of AWS::Lambda::Function; the text in awslabs/dynamodb-continuous-backup#7.

    The text for a missing object is not AWS's to the letter.
    """
    bucket, role = account.bucket(), account.role(allow("logs:*"))
    account.client("s3").put_object(Bucket=bucket, Key="code.zip", Body=zipped(CODE))
    wanted = template(F=function(role, Code={"S3Bucket": bucket, "S3Key": "code.zip"}))
    rights = [allow("cloudformation:*", "lambda:*", "iam:PassRole")]
    poor = account.deploy(wanted, account.user(*rights))
    assert f"permission to GetObject for {bucket}/code.zip" in poor.reasons["F"]
    other = f"arn:aws:s3:::{bucket}/other.zip"
    assert "access has been denied" in account.deploy(
        wanted, account.user(*rights, allow("s3:GetObject", resource=other))
    ).reasons.get("F", "")
    may = account.user(*rights, allow("s3:GetObject", resource=f"arn:aws:s3:::{bucket}/*"))
    made = account.deploy(wanted, may)
    assert made.status == "CREATE_COMPLETE", made.reasons
    missing = template(F=function(role, Code={"S3Bucket": bucket, "S3Key": "none.zip"}))
    assert "NoSuchKey" in account.deploy(missing, may).reasons["F"]
    functions = account.client("lambda")
    with pytest.raises(ClientError, match="NoSuchKey") as raised:
        functions.create_function(
            FunctionName=fresh("f"),
            Role=role,
            Runtime="python3.12",
            Handler="i.h",
            Code={"S3Bucket": bucket, "S3Key": "n"},
        )
    assert code_of(raised.value) == "InvalidParameterValueException"


def test_lambda_actions_are_asked_about_by_their_own_names(account: Account) -> None:
    """Actions of AWS Lambda in the Service Authorization Reference."""
    arn = account.function(CODE, account.role(allow("logs:*")))
    functions = account.client("lambda", account.user(allow("lambda:GetFunction*")))
    calls: dict[str, Any] = {
        "lambda:GetAlias": lambda: functions.get_alias(FunctionName=arn, Name="a"),
        "lambda:UpdateAlias": lambda: functions.update_alias(FunctionName=arn, Name="a", FunctionVersion="1"),
        "lambda:DeleteAlias": lambda: functions.delete_alias(FunctionName=arn, Name="a"),
        "lambda:DeleteFunctionConcurrency": lambda: functions.delete_function_concurrency(FunctionName=arn),
        "lambda:ListLayerVersions": lambda: functions.list_layer_versions(LayerName="layer"),
        "lambda:InvokeFunction": lambda: functions.invoke(FunctionName=arn),
    }
    for action, call in calls.items():
        with pytest.raises(ClientError, match=action):
            call()


def test_permission_lets_a_service_in_and_names_its_statement(account: Account) -> None:
    """`Ref` is what AWS generated as the statement's id (AWS::Lambda::Permission)."""
    arn, source = account.function(CODE, account.role()), "arn:aws:events:us-east-1:123456789012:rule/r"
    given = {"FunctionName": arn, "Action": "lambda:InvokeFunction", "Principal": "events.amazonaws.com"}
    stack = account.deploy(only(P=resource("Lambda::Permission", SourceArn=source, **given)))
    held = json.loads(account.client("lambda").get_policy(FunctionName=arn)["Policy"])["Statement"][0]
    assert held["Sid"] == stack.outputs["P"]
    assert held["Condition"] == {"ArnLike": {"AWS:SourceArn": source}}
    assert account.destroy(stack).status == "DELETE_COMPLETE"


# --- the others --------------------------------------------------------------------------------------------


def test_parameter_has_its_documented_attributes_and_no_secrets(account: Account) -> None:
    """Fn::GetAtt gives Type and Value (AWS::SSM::Parameter); SecureString is not a value of Type."""
    parameter = resource("SSM::Parameter", Name=fresh("/p"), Type="StringList", Value="a,b")
    outputs = {"Type": get("P", "Type"), "Value": get("P", "Value")}
    stack = account.deploy(template(outputs, P=parameter))
    assert stack.outputs == {"Type": "StringList", "Value": "a,b"}
    call: Any = _never
    with pytest.raises(ResourceError, match="SecureString"):
        PARAMETER_TYPE.create(call, str, {"Type": "SecureString", "Value": "x"})
    assert "ParameterAlreadyExists" in refused(account, parameter)
    account.destroy(stack)


def _never(service: str, operation: str, /, **_params: Any) -> dict[str, Any]:  # noqa: ANN401 # API parameters
    raise AssertionError(f"{service} {operation} was called")


def test_queue_is_what_its_template_says(account: Account) -> None:
    """Fn::GetAtt gives Arn, QueueName and QueueUrl (AWS::SQS::Queue); a dropped property is SQS's default again."""
    outputs = {"Ref": {"Ref": "Q"}, "Url": get("Q", "QueueUrl"), "Name": get("Q", "QueueName"), "Arn": get("Q")}
    dead = {"deadLetterTargetArn": get("Dead"), "maxReceiveCount": 3}

    def wanted(**more: Any) -> Template:  # noqa: ANN401 # template properties
        return template(outputs, Dead=resource("SQS::Queue"), Q=resource("SQS::Queue", **more))

    stack = account.deploy(wanted(RedrivePolicy=dead, SqsManagedSseEnabled=True, VisibilityTimeout="40"))
    assert stack.status == "CREATE_COMPLETE", stack.reasons
    assert stack.outputs["Ref"] == stack.outputs["Url"]
    assert stack.outputs["Arn"].endswith(f":{stack.outputs['Name']}")
    queues = account.client("sqs")

    def held() -> dict[str, str]:
        found: dict[str, str] = queues.get_queue_attributes(QueueUrl=stack.outputs["Url"], AttributeNames=["All"])[
            "Attributes"
        ]
        return found

    assert json.loads(held()["RedrivePolicy"])["maxReceiveCount"] in (3, "3")
    assert held()["VisibilityTimeout"] == "40"
    updated = account.deploy(wanted(SqsManagedSseEnabled=True), StackName=stack.name)
    assert updated.status == "UPDATE_COMPLETE", updated.reasons
    assert (held()["VisibilityTimeout"], held().get("RedrivePolicy", "")) == ("30", "")
    assert account.destroy(stack).status == "DELETE_COMPLETE"


def test_key_waits_for_its_end_and_is_never_another_kind(account: Account) -> None:
    """A change of KeySpec, KeyUsage, Origin or MultiRegion fails the update, deleting schedules (AWS::KMS::Key)."""
    stack = account.deploy(only(K=resource("KMS::Key", PendingWindowInDays="9", EnableKeyRotation=True, Tags=TAGS)))
    assert stack.status == "CREATE_COMPLETE", stack.reasons
    keys, own = account.client("kms"), stack.outputs["K"]
    assert keys.get_key_rotation_status(KeyId=own)["KeyRotationEnabled"]
    other = account.deploy(
        only(K=resource("KMS::Key", KeyUsage="SIGN_VERIFY", KeySpec="RSA_2048")), StackName=stack.name
    )
    assert other.status == "UPDATE_ROLLBACK_COMPLETE"
    assert "not supported" in other.reasons["K"]
    assert account.destroy(stack).status == "DELETE_COMPLETE"
    assert keys.describe_key(KeyId=own)["KeyMetadata"]["KeyState"] == "PendingDeletion"


def test_topic_and_its_listeners(account: Account) -> None:
    """Fn::GetAtt gives TopicArn and TopicName (AWS::SNS::Topic); listeners inside it come and go with the template."""
    queue = account.client("sqs").create_queue(QueueName=fresh("queue"))["QueueUrl"].rpartition("/")[2]
    arn = f"arn:aws:sqs:us-east-1:{account.engine.account}:{queue}"

    def wanted(*listeners: dict[str, str]) -> Template:
        outputs = {"Ref": {"Ref": "T"}, "Name": get("T", "TopicName"), "Arn": get("T", "TopicArn")}
        return template(outputs, T=resource("SNS::Topic", Subscription=list(listeners)))

    stack = account.deploy(wanted({"Protocol": "sqs", "Endpoint": arn}))
    assert stack.outputs["Ref"] == stack.outputs["Arn"]
    topics = account.client("sns")

    def heard() -> list[str]:
        found = topics.list_subscriptions_by_topic(TopicArn=stack.outputs["Arn"])["Subscriptions"]
        return [listener["Endpoint"] for listener in found]

    assert heard() == [arn]
    assert account.deploy(wanted(), StackName=stack.name).status == "UPDATE_COMPLETE"
    assert heard() == []
    account.destroy(stack)


def test_rule_hands_over_its_targets_roles(account: Account) -> None:
    """PutTargets needs iam:PassRole for a target's role (EventBridge User Guide, "Using identity-based policies")."""
    role = account.role(trusts={**json.loads(policy()), "Statement": [_events_trust()]})
    machine = account.machine({"P": {"Type": "Pass", "End": True}}, account.role())
    target = {"Id": "m", "Arn": machine, "RoleArn": role, "RetryPolicy": {"MaximumRetryAttempts": "2"}}
    wanted = only(R=resource("Events::Rule", ScheduleExpression="rate(1 day)", Targets=[target]))
    poor = account.user(allow("cloudformation:*", "events:*"))
    assert "iam:PassRole" in account.deploy(wanted, poor).reasons["R"]
    stack = account.deploy(
        wanted, account.user(allow("cloudformation:*", "events:*"), allow("iam:PassRole", resource=role))
    )
    assert stack.status == "CREATE_COMPLETE", stack.reasons
    held = account.client("events").list_targets_by_rule(Rule=stack.outputs["R"])["Targets"][0]
    assert held["RetryPolicy"]["MaximumRetryAttempts"] == 2
    assert account.destroy(stack).status == "DELETE_COMPLETE"


def _events_trust() -> dict[str, Any]:
    return {"Effect": "Allow", "Principal": {"Service": "events.amazonaws.com"}, "Action": "sts:AssumeRole"}


def test_repository_with_images_goes_only_if_the_template_says_so(account: Account) -> None:
    """EmptyOnDelete (AWS::ECR::Repository): otherwise a repository must be empty to be deleted."""
    images = account.client("ecr")

    def made(**more: Any) -> Any:  # noqa: ANN401 # a Stack
        stack = account.deploy(only(R=resource("ECR::Repository", **more)))
        manifest = json.dumps({"schemaVersion": 2, "layers": []})
        images.put_image(repositoryName=stack.outputs["R"], imageManifest=manifest, imageTag="one")
        return stack

    kept = account.destroy(made())
    assert "RepositoryNotEmptyException" in kept.reasons["R"]
    assert account.destroy(made(EmptyOnDelete="true")).status == "DELETE_COMPLETE"
