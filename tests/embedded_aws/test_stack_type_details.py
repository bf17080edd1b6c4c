"""Stacks: what all types that go by API calls have in common."""

from __future__ import annotations

import json
from typing import Any
from unittest.mock import Mock

import pytest
from botocore.exceptions import ClientError

from embedded_aws.cloudformation.parameter_type import PARAMETER_TYPE
from embedded_aws.cloudformation.rule_type import RULE_TYPE
from embedded_aws.cloudformation.types import ResourceError
from tests.embedded_aws.account import Account, Template, allow, fresh, policy, trust
from tests.embedded_aws.stack_templates import CODE, function, get, only, refused, resource, template

SYSTEM = "aws:cloudformation:stack-name"


@pytest.mark.parametrize(
    ("kind", "properties", "name"),
    [
        ("Lambda::Function", {"Code": {"ZipFile": CODE}, "VpcConfig": {}}, "VpcConfig"),
        ("Lambda::Function", {"Code": {"ImageUri": "1.dkr.ecr.us-east-1.amazonaws.com/i:1"}}, "Code.ImageUri"),
        ("Logs::LogGroup", {"KmsKeyId": "arn:aws:kms:us-east-1:123456789012:key/k"}, "KmsKeyId"),
        ("SSM::Parameter", {"Type": "String", "Value": "v", "Policies": "[]"}, "Policies"),
        ("ECR::Repository", {"EncryptionConfiguration": {"EncryptionType": "AES256"}}, "EncryptionConfiguration"),
        ("IAM::User", {"LoginProfile": {"Password": "of-nobody"}}, "LoginProfile"),
        ("SecretsManager::Secret", {"KmsKeyId": "alias/aws/secretsmanager"}, "KmsKeyId"),
        (
            "DynamoDB::Table",
            {
                "AttributeDefinitions": [{"AttributeName": "k", "AttributeType": "S"}],
                "KeySchema": [{"AttributeName": "k", "KeyType": "HASH"}],
                "PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": True, "RecoveryPeriodInDays": 7},
            },
            "PointInTimeRecoverySpecification.RecoveryPeriodInDays",
        ),
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


def test_bucket_and_role_that_failed_half_way_are_taken_away(account: Account) -> None:
    """Nothing of a failed create is left when its stack has rolled back ("Stack failure options")."""
    user = account.user(
        allow("cloudformation:*", "iam:CreateRole", "iam:DeleteRole", "iam:DeleteRolePolicy"),
        allow("s3:CreateBucket", "s3:DeleteBucket"),
    )
    bucket, role = fresh("half"), fresh("half")
    inline = [{"PolicyName": "p", "PolicyDocument": json.loads(policy(allow("s3:*")))}]
    wanted = resource("IAM::Role", RoleName=role, AssumeRolePolicyDocument=trust("lambda"), Policies=inline)
    assert "iam:PutRolePolicy" in account.deploy(template(R=wanted), user).reasons["R"]
    with pytest.raises(ClientError, match="cannot be found"):
        account.client("iam").get_role(RoleName=role)
    versioned = resource("S3::Bucket", BucketName=bucket, VersioningConfiguration={"Status": "Enabled"})
    assert "s3:PutBucketVersioning" in account.deploy(template(B=versioned), user).reasons["B"]
    assert bucket not in [held["Name"] for held in account.client("s3").list_buckets()["Buckets"]]


def test_rule_whose_targets_fail_is_taken_away() -> None:
    """PutTargets tells of failures in an answer that is no error ("PutTargets", EventBridge's API reference)."""
    entry = {"TargetId": "t", "ErrorMessage": "no such target"}
    answers: dict[str, dict[str, Any]] = {
        "DescribeRule": {"Arn": "arn:aws:events:us-east-1:123456789012:rule/r"},
        "PutTargets": {"FailedEntryCount": 1, "FailedEntries": [entry]},
        "ListTargetsByRule": {"Targets": [{"Id": "kept"}]},
    }
    call = Mock(side_effect=lambda _service, operation, **_asked: answers.get(operation, {}))
    wanted = {"ScheduleExpression": "rate(1 day)", "Targets": [{"Id": "t", "Arn": "a"}, {"Id": "kept", "Arn": "b"}]}
    with pytest.raises(ResourceError, match="no such target"):
        RULE_TYPE.create(call, lambda _longest: "r", wanted)
    assert [made.args[1] for made in call.mock_calls][-2:] == ["RemoveTargets", "DeleteRule"]


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


def test_booleans_where_text_is_wanted_are_as_templates_have_them() -> None:
    """A template's JSON has `true` and `false`, and both properties are strings (AWS::SSM::Parameter, Tag)."""
    held = {"Type": "String", "Value": "true", "ARN": "arn:aws:ssm:us-east-1:123456789012:parameter/p"}
    call = Mock(side_effect=lambda _service, operation, **_asked: {"Parameters": [held]})
    PARAMETER_TYPE.create(call, lambda _longest: "p", {"Type": "String", "Value": True, "Tags": {"kept": False}})
    put = call.mock_calls[0].kwargs
    assert (put["Value"], put["Tags"]) == ("true", [{"Key": "kept", "Value": "false"}])


def test_numbers_and_booleans_are_text_where_a_call_wants_text(account: Account) -> None:
    """`Value: 1` and `SourceAccount: 123456789012` are what YAML makes of them; CloudFormation takes both as text."""
    tags = [{"Key": "number", "Value": 1}, {"Key": "boolean", "Value": True}]
    function = account.function(CODE, account.role())
    things = only(
        Bucket=resource("S3::Bucket", Tags=tags),
        Topic=resource("SNS::Topic", Tags=tags),
        Role=resource("IAM::Role", AssumeRolePolicyDocument=trust("lambda"), Description=5, Tags=tags),
        Allowed=resource(
            "Lambda::Permission",
            Action="lambda:InvokeFunction",
            FunctionName=function,
            Principal="s3.amazonaws.com",
            SourceAccount=123456789012,
        ),
    )
    stack = account.deploy(things)
    assert stack.status == "CREATE_COMPLETE", stack.reasons
    wanted = {"number": "1", "boolean": "true"}
    in_s3 = _pairs(account.client("s3").get_bucket_tagging(Bucket=stack.outputs["Bucket"])["TagSet"])
    role = account.client("iam").get_role(RoleName=stack.outputs["Role"])["Role"]
    assert {key: in_s3[key] for key in wanted} == _pairs(role["Tags"]) == wanted
    assert role["Description"] == "5"
    assert account.destroy(stack).status == "DELETE_COMPLETE"


def test_booleans_among_the_substitutions_of_a_definition_are_jsons(account: Account) -> None:
    """DefinitionSubstitutions holds strings, integers and booleans (AWS::StepFunctions::StateMachine)."""
    text = '{"StartAt": "P", "States": {"P": {"Type": "Pass", "Result": [${on}, ${at}], "End": true}}}'
    given = {"DefinitionString": text, "DefinitionSubstitutions": {"on": True, "at": 1}, "RoleArn": account.role()}
    stack = account.deploy(only(M=resource("StepFunctions::StateMachine", **given)))
    assert stack.status == "CREATE_COMPLETE", stack.reasons
    assert account.execute(stack.outputs["M"])["output"] == "[true, 1]"
    account.destroy(stack)


def test_lifecycle_of_a_bucket_is_set_whole_or_refused(account: Account) -> None:
    """NoncurrentVersionExpiration has NewerNoncurrentVersions too (AWS::S3::Bucket)."""
    kept = {"NoncurrentDays": 3, "NewerNoncurrentVersions": "2"}
    rules = {"Rules": [{"Status": "Enabled", "NoncurrentVersionExpiration": kept}]}
    stack = account.deploy(only(B=resource("S3::Bucket", LifecycleConfiguration=rules)))
    found = account.client("s3").get_bucket_lifecycle_configuration(Bucket=stack.outputs["B"])["Rules"][0]
    assert found["NoncurrentVersionExpiration"] == {"NoncurrentDays": 3, "NewerNoncurrentVersions": 2}
    account.destroy(stack)
    unknown = {**rules, "TransitionDefaultMinimumObjectSize": "varies_by_storage_class"}
    refusal = refused(account, resource("S3::Bucket", LifecycleConfiguration=unknown))
    assert "TransitionDefaultMinimumObjectSize is not implemented" in refusal


def test_role_reaches_an_instance_profile_only_by_passing_it(account: Account) -> None:
    """AddRoleToInstanceProfile (IAM API Reference): the caller needs PassRole on the role, for EC2."""
    mine, other = account.role(Path="/own/"), account.role()
    when = {"StringEquals": {"iam:PassedToService": "ec2.amazonaws.com"}}
    able = allow("iam:*InstanceProfile", "cloudformation:*")
    user = account.user(able, allow("iam:PassRole", resource=mine, when=when))

    def profile(role: str) -> Template:
        return template(P=resource("IAM::InstanceProfile", Roles=[role.rpartition("/")[2]]))

    assert f"iam:PassRole on resource: {other}" in account.deploy(profile(other), user).reasons["P"]
    made = account.deploy(profile(mine), user)
    assert made.status == "CREATE_COMPLETE", made.reasons
    assert account.destroy(made, user).status == "DELETE_COMPLETE"


def test_users_of_a_stack_are_made_with_a_boundary_where_that_is_demanded(account: Account) -> None:
    """`iam:PermissionsBoundary` holds for CreateUser and PutUserPolicy ("Permissions boundaries for IAM entities")."""
    document = policy(allow("s3:*"))
    boundary = account.client("iam").create_policy(PolicyName=fresh("bound"), PolicyDocument=document)["Policy"]["Arn"]
    demand = {"StringEquals": {"iam:PermissionsBoundary": boundary}}
    user = account.user(
        allow("iam:CreateUser", "iam:PutUserPolicy", when=demand),
        allow("cloudformation:*", "iam:GetUser", "iam:Delete*"),
    )
    inline = [{"PolicyName": "p", "PolicyDocument": json.loads(document)}]
    assert "iam:CreateUser" in account.deploy(template(U=resource("IAM::User", Policies=inline)), user).reasons["U"]
    bound = resource("IAM::User", Policies=inline, PermissionsBoundary=boundary)
    made = account.deploy(template(U=bound), user)
    assert made.status == "CREATE_COMPLETE", made.reasons
    assert account.destroy(made, user).status == "DELETE_COMPLETE"


def test_secret_is_generated_into_its_template(account: Account) -> None:
    """GenerateSecretString (template reference); deleting leaves no recovery window ("DeletionPolicy attribute")."""
    how = {"SecretStringTemplate": '{"user": "me"}', "GenerateStringKey": "word", "PasswordLength": 12}
    stack = account.deploy(only(S=resource("SecretsManager::Secret", GenerateSecretString=how)))
    own, secrets = stack.outputs["S"], account.client("secretsmanager")
    found = secrets.get_secret_value(SecretId=own)
    assert found["Name"].startswith("S-")
    held = json.loads(found["SecretString"])
    assert (held["user"], len(held["word"])) == ("me", 12)
    tags = secrets.describe_secret(SecretId=own)["Tags"]
    assert _pairs(tags)[SYSTEM] == stack.name
    assert account.destroy(stack).status == "DELETE_COMPLETE"
    with pytest.raises(ClientError, match="can't find"):
        secrets.describe_secret(SecretId=own)


def _table(*keys: str, **more: Any) -> Template:  # noqa: ANN401 # template properties
    """A table of one key, with an index for each further one."""
    names = [{"AttributeName": key, "AttributeType": "S"} for key in keys]
    hashes = {key: [{"AttributeName": key, "KeyType": "HASH"}] for key in keys}
    indexes = [
        {"IndexName": f"by-{key}", "KeySchema": hashes[key], "Projection": {"ProjectionType": "ALL"}}
        for key in keys[1:]
    ]
    asked = {"KeySchema": hashes[keys[0]], "AttributeDefinitions": names, "BillingMode": "PAY_PER_REQUEST", **more}
    return only(T=resource("DynamoDB::Table", **asked, **({"GlobalSecondaryIndexes": indexes} if indexes else {})))


def test_table_is_changed_as_dynamodb_allows(account: Account) -> None:
    """GlobalSecondaryIndexes, BillingMode, StreamSpecification (AWS::DynamoDB::Table, template reference)."""
    stack = account.deploy(_table("k"))
    name, tables = stack.outputs["T"], account.client("dynamodb")
    both = account.deploy(_table("k", "one", "two"), StackName=stack.name)
    assert "more than one GSI creation or deletion" in both.reasons["T"]
    throughput = {"ReadCapacityUnits": "2", "WriteCapacityUnits": 3}
    wanted = _table("k", "one", StreamSpecification={"StreamViewType": "KEYS_ONLY"}, DeletionProtectionEnabled="true")
    assert account.deploy(wanted, StackName=stack.name).status == "UPDATE_COMPLETE"
    found = tables.describe_table(TableName=name)["Table"]
    assert [index["IndexName"] for index in found["GlobalSecondaryIndexes"]] == ["by-one"]
    assert found["StreamSpecification"]["StreamViewType"] == "KEYS_ONLY"
    assert found["DeletionProtectionEnabled"]
    plain = _table("k", BillingMode="PROVISIONED", ProvisionedThroughput=throughput)
    assert account.deploy(plain, StackName=stack.name).status == "UPDATE_COMPLETE"
    found = tables.describe_table(TableName=name)["Table"]
    assert found["ProvisionedThroughput"]["WriteCapacityUnits"] == 3
    assert not found.get("GlobalSecondaryIndexes")
    assert not found["DeletionProtectionEnabled"]
    assert account.destroy(stack).status == "DELETE_COMPLETE"


def test_url_of_an_alias_is_the_aliass(account: Account) -> None:
    """The Ref of a URL is the function's ARN, with the alias that it has (AWS::Lambda::Url)."""
    arn = account.function(CODE, account.role())
    account.client("lambda").create_alias(FunctionName=arn, Name="live", FunctionVersion="$LATEST")
    given = {"TargetFunctionArn": arn, "AuthType": "AWS_IAM"}
    stack = account.deploy(
        only(Own=resource("Lambda::Url", **given), Live=resource("Lambda::Url", Qualifier="live", **given))
    )
    assert stack.status == "CREATE_COMPLETE", stack.reasons
    assert stack.outputs == {"Own": arn, "Live": f"{arn}:live"}
    assert account.destroy(stack).status == "DELETE_COMPLETE"
