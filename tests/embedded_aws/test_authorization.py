"""IAM on the engine: who is root, what sessions and policies decide, SageMaker's questions and passed roles."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
from botocore.exceptions import ClientError

from embedded_aws.iam import authorization
from embedded_aws.iam.questions import Asked, resource
from tests.embedded_aws.account import Account, Key, allow, code_of, fetch, fresh, policy, trust

PREFIX = "arn:aws:sagemaker:us-east-1:123456789012"
IMAGE = "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-scikit-learn:1.9-0-cpu-py3"


def refused(call: Any, **params: Any) -> str:  # noqa: ANN401 # any call of a client
    with pytest.raises(ClientError) as caught:
        call(**params)
    return f"{code_of(caught.value)}: {caught.value}"


def model(account: Account, key: Key, name: str, role: str, **more: Any) -> None:  # noqa: ANN401 # CreateModel's parameters
    account.client("sagemaker", key).create_model(
        ModelName=name, ExecutionRoleArn=role, PrimaryContainer={"Image": IMAGE}, **more
    )


def read_grant(account: Account, role: str, bucket: str) -> dict[str, Any]:
    """A bucket policy's statement that lets a role read."""
    principal, objects = {"AWS": f"arn:aws:iam::{account.engine.account}:role/{role}"}, f"arn:aws:s3:::{bucket}/*"
    return {"Effect": "Allow", "Principal": principal, "Action": "s3:GetObject", "Resource": objects}


# --- who is who --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("key_id", ["test", "123456789012", "AKIAUNKNOWN000000000"])
def test_no_other_key_is_root(account: Account, key_id: str) -> None:
    identity = account.client("sts", Key(key_id, "test")).get_caller_identity
    assert "InvalidClientTokenId" in refused(identity)


def test_roots_signature_is_checked(account: Account) -> None:
    forged = Key(account.root.access_key_id, "wrong")
    assert "SignatureDoesNotMatch" in refused(account.client("iam", forged).list_users)


def test_unsigned_requests_see_nothing(account: Account) -> None:
    bucket = account.bucket()
    account.client("s3").put_object(Bucket=bucket, Key="k", Body=b"1")
    assert fetch(account.engine.endpoint, f"/{bucket}/k")[0] == 403


def test_root_may_not_assume_roles(account: Account) -> None:
    principal = {"AWS": f"arn:aws:iam::{account.engine.account}:root"}
    statement = {"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"}
    role = account.role(trusts={"Version": "2012-10-17", "Statement": [statement]})
    assume = account.client("sts").assume_role
    assert "Roles may not be assumed by root" in refused(assume, RoleArn=role, RoleSessionName="test")


def test_wrong_session_token_is_refused(account: Account) -> None:
    held = account.session(allow("*"))
    forged = Key(held.access_key_id, held.secret_access_key, "forged")
    assert "AccessDenied" not in refused(account.client("sqs", forged).list_queues)
    account.client("sqs", held).list_queues()


def test_session_ends_with_its_role(account: Account) -> None:
    held = account.session(allow("sqs:ListQueues"))
    queues, iam = account.client("sqs", held), account.client("iam")
    queues.list_queues()
    name = account.client("sts", held).get_caller_identity()["Arn"].split("/")[1]
    document = json.dumps(iam.get_role(RoleName=name)["Role"]["AssumeRolePolicyDocument"])
    iam.delete_role_policy(RoleName=name, PolicyName="rights")
    iam.delete_role(RoleName=name)
    time.sleep(1.1)  # a role's creation is known to the second
    iam.create_role(RoleName=name, AssumeRolePolicyDocument=document)
    account.set_rights(f"arn:aws:iam::123456789012:role/{name}", allow("sqs:ListQueues"))
    assert "security token" in refused(queues.list_queues)


@pytest.mark.parametrize(("service", "call"), [("service-quotas", "list_services"), ("redshift", "describe_clusters")])
def test_service_that_is_not_there_is_named(account: Account, service: str, call: str) -> None:
    text = refused(getattr(account.client(service), call))
    assert "UnknownOperationException" in text
    assert "is not implemented by the embedded AWS" in text


def test_emulators_administration_is_closed(account: Account) -> None:
    assert fetch(account.engine.endpoint, "/_ministack/reset", method="POST")[0] == 404


# --- policies ----------------------------------------------------------------------------------------------


def test_denials_name_the_resource(account: Account) -> None:
    queue = account.client("sqs").create_queue(QueueName=fresh("queue"))["QueueUrl"]
    poor = account.user(allow("sqs:GetQueueUrl"))
    text = refused(account.client("sqs", poor).delete_queue, QueueUrl=queue)
    assert f"sqs:DeleteQueue on resource: arn:aws:sqs:us-east-1:123456789012:{queue.rsplit('/', 1)[-1]}" in text


def test_bucket_policy_grants_and_denies(account: Account) -> None:
    bucket, objects = account.bucket(), account.client("s3")
    objects.put_object(Bucket=bucket, Key="k", Body=b"1")
    reader = account.session()
    role = account.client("sts", reader).get_caller_identity()["Arn"].split("/")[1]
    read = account.client("s3", reader).get_object
    assert "AccessDenied" in refused(read, Bucket=bucket, Key="k")
    grant = read_grant(account, role, bucket)
    objects.put_bucket_policy(Bucket=bucket, Policy=policy(grant))
    assert read(Bucket=bucket, Key="k")["Body"].read() == b"1"
    account.set_rights(f"arn:aws:iam::{account.engine.account}:role/{role}", allow("s3:*"))
    insecure = {"Bool": {"aws:SecureTransport": "false"}}
    deny = {**grant, "Effect": "Deny", "Principal": "*", "Action": "s3:PutObject"}
    secure = {**deny, "Action": "s3:*", "Condition": insecure}
    objects.put_bucket_policy(Bucket=bucket, Policy=policy(grant, deny, secure))
    assert read(Bucket=bucket, Key="k")["Body"].read() == b"1"
    assert "AccessDenied" in refused(account.client("s3", reader).put_object, Bucket=bucket, Key="k", Body=b"2")


def test_bucket_policy_within_a_boundary_only(account: Account) -> None:
    boundary = account.client("iam").create_policy(PolicyName=fresh("boundary"), PolicyDocument=policy(allow("sqs:*")))
    reader, bucket = account.session(PermissionsBoundary=boundary["Policy"]["Arn"]), account.bucket()
    account.client("s3").put_object(Bucket=bucket, Key="k", Body=b"1")
    role = account.client("sts", reader).get_caller_identity()["Arn"].split("/")[1]
    grant = read_grant(account, role, bucket)
    account.client("s3").put_bucket_policy(Bucket=bucket, Policy=policy(grant))
    assert "AccessDenied" in refused(account.client("s3", reader).get_object, Bucket=bucket, Key="k")


def test_policies_name_only_who_is_there(account: Account) -> None:
    bucket = account.bucket()
    grant = policy(read_grant(account, "nobody", bucket))
    put = account.client("s3").put_bucket_policy
    assert "MalformedPolicy" in refused(put, Bucket=bucket, Policy=grant)
    principal = {"AWS": f"arn:aws:iam::{account.engine.account}:role/nobody"}
    statement = {"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"}
    trusts = {"Version": "2012-10-17", "Statement": [statement]}
    assert "MalformedPolicyDocument" in refused(lambda: account.role(trusts=trusts))
    principal["AWS"] = account.role()
    account.role(trusts=trusts)


def test_condition_on_a_stacks_tag(account: Account) -> None:
    condition = {"StringEquals": {"aws:ResourceTag/class": "one"}}
    user = account.user(allow("cloudformation:DeleteStack", when=condition))
    template = {"Resources": {"Q": {"Type": "AWS::SQS::Queue"}}}
    ours = account.deploy(template, Tags=[{"Key": "class", "Value": "one"}])
    twin = account.deploy(template, Tags=[{"Key": "class", "Value": "two"}])
    assert "AccessDenied" in refused(account.client("cloudformation", user).delete_stack, StackName=twin.name)
    account.client("cloudformation", user).delete_stack(StackName=ours.stack_id)


def test_budgets_has_two_actions(account: Account) -> None:
    arn = f"arn:aws:budgets::{account.engine.account}:budget/mine-*"
    user = account.user(allow("budgets:ModifyBudget", resource=arn))
    budgets, limit = account.client("budgets", user), {"Amount": "1", "Unit": "USD"}

    def budget(name: str) -> dict[str, Any]:
        wanted = {"BudgetName": name, "BudgetType": "COST", "TimeUnit": "MONTHLY", "BudgetLimit": limit}
        return {"AccountId": account.engine.account, "Budget": wanted}

    budgets.create_budget(**budget(fresh("mine")))
    assert "budgets:ModifyBudget" in refused(budgets.create_budget, **budget(fresh("other")))
    assert "budgets:ViewBudget" in refused(budgets.describe_budgets, AccountId=account.engine.account)


# --- SageMaker ---------------------------------------------------------------------------------------------


def test_sagemaker_names_in_lower_case_arns(account: Account) -> None:
    role = account.role()
    rights = allow("sagemaker:CreateModel", "sagemaker:DescribeModel", resource=f"{PREFIX}:model/ann--*")
    user = account.session(rights, allow("iam:PassRole", resource=role))
    model(account, user, "Ann--one", role)
    assert "sagemaker:CreateModel" in refused(lambda: model(account, user, "ann-b--one", role))
    assert account.client("sagemaker", user).describe_model(ModelName="Ann--one")["ModelName"] == "Ann--one"


def test_sagemaker_roles_must_be_passed_to_sagemaker(account: Account) -> None:
    role, other = account.role(), account.role()
    to_sagemaker = {"StringEquals": {"iam:PassedToService": "sagemaker.amazonaws.com"}}
    user = account.session(allow("sagemaker:*"), allow("iam:PassRole", resource=role, when=to_sagemaker))
    model(account, user, fresh("model"), role)
    assert f"iam:PassRole on resource: {other}" in refused(lambda: model(account, user, fresh("model"), other))


def test_sagemaker_tags_can_be_demanded_and_protected(account: Account) -> None:
    role, tags = account.role(), [{"Key": "class", "Value": "one"}]
    demand = {"StringEquals": {"aws:RequestTag/class": "one"}}
    user = account.session(
        allow("sagemaker:CreateModel", when=demand),
        allow("sagemaker:AddTags", when={"StringEquals": {"sagemaker:TaggingAction": "CreateModel"}}),
        allow("sagemaker:DeleteModel", when={"StringEquals": {"aws:ResourceTag/class": "one"}}),
        allow("iam:PassRole", resource=role),
    )
    own, foreign = fresh("model"), fresh("model")
    assert "sagemaker:CreateModel" in refused(lambda: model(account, user, own, role))
    model(account, user, own, role, Tags=tags)
    sagemaker, arn = account.client("sagemaker", user), f"{PREFIX}:model/{own}"
    assert "sagemaker:AddTags" in refused(sagemaker.add_tags, ResourceArn=arn, Tags=tags)
    model(account, account.root, foreign, role)
    assert "sagemaker:DeleteModel" in refused(sagemaker.delete_model, ModelName=foreign)
    sagemaker.delete_model(ModelName=own)


def test_sagemaker_tags_at_creation_need_add_tags(account: Account) -> None:
    role = account.role()
    user = account.session(allow("sagemaker:CreateModel"), allow("iam:PassRole", resource=role))
    tags = [{"Key": "class", "Value": "one"}]
    assert "sagemaker:AddTags" in refused(lambda: model(account, user, fresh("model"), role, Tags=tags))


def test_instance_types_can_be_limited(account: Account) -> None:
    role = account.role()
    types = {"ForAllValues:StringLike": {"sagemaker:InstanceTypes": ["ml.t3.*"]}}
    user = account.session(allow("sagemaker:CreateNotebookInstance", when=types), allow("iam:PassRole", resource=role))
    create = account.client("sagemaker", user).create_notebook_instance
    text = refused(create, NotebookInstanceName=fresh("notebook"), InstanceType="ml.m5.large", RoleArn=role)
    assert "sagemaker:CreateNotebookInstance" in text


@pytest.mark.parametrize(
    ("action", "params", "resource"),
    [
        ("CreateTrainingJob", {"TrainingJobName": "A--x"}, f"{PREFIX}:training-job/a--x"),
        ("InvokeEndpoint", {"EndpointName": "E"}, f"{PREFIX}:endpoint/e"),
        ("CreatePresignedNotebookInstanceUrl", {"NotebookInstanceName": "n"}, f"{PREFIX}:notebook-instance/n"),
        ("UpdateEndpointWeightsAndCapacities", {"EndpointName": "e"}, f"{PREFIX}:endpoint/e"),
        ("AddTags", {"ResourceArn": f"{PREFIX}:model/m"}, f"{PREFIX}:model/m"),
        ("ListModels", {}, "*"),
        ("CreateDomain", {"DomainName": "d"}, "*"),
    ],
)
def test_resource_of_a_request(action: str, params: dict[str, Any], resource: str) -> None:
    assert authorization.resource_arn(action, params, PREFIX) == resource


# --- other services ----------------------------------------------------------------------------------------

PLACE = "us-east-1:123456789012"


@pytest.mark.parametrize(
    ("service", "action", "found", "given", "expected"),
    [
        ("iam", "iam:CreateRole", "*", {"RoleName": ["r"], "Path": ["/c/"]}, "arn:aws:iam::123456789012:role/c/r"),
        (
            "iam",
            "iam:AddUserToGroup",
            "*",
            {"UserName": ["u"], "GroupName": ["g"]},
            "arn:aws:iam::123456789012:group/g",
        ),
        ("monitoring", "cloudwatch:DeleteAlarms", "*", {"AlarmNames": ["a"]}, f"arn:aws:cloudwatch:{PLACE}:alarm:a"),
        ("iam", "iam:CreatePolicy", "*", {"PolicyName": ["p"]}, "arn:aws:iam::123456789012:policy/p"),
        ("lambda", "lambda:CreateFunction", "*", {"FunctionName": "f"}, f"arn:aws:lambda:{PLACE}:function:f"),
        ("events", "events:PutRule", f"arn:aws:events:{PLACE}:rule/default/r", {}, f"arn:aws:events:{PLACE}:rule/r"),
        ("logs", "logs:DeleteLogGroup", "", {"logGroupName": "/g"}, f"arn:aws:logs:{PLACE}:log-group:/g:log-stream:"),
        ("ssm", "ssm:GetParameters", "*", {"Names": ["/a", "/b"]}, f"arn:aws:ssm:{PLACE}:parameter/a"),
        ("sqs", "sqs:SendMessage", f"arn:aws:sqs:{PLACE}:q", {}, f"arn:aws:sqs:{PLACE}:q"),
    ],
)
def test_arns_are_awss(service: str, action: str, found: str, given: dict[str, Any], expected: str) -> None:
    form = service == "iam"
    body, query = (b"", given) if form else (json.dumps(given).encode(), {})
    assert resource(Asked(service, action, found, body, query, PLACE)) == expected


def test_log_groups_need_the_end_of_their_arn(account: Account) -> None:
    logs, name = account.client("logs"), fresh("/group")
    logs.create_log_group(logGroupName=name)
    arn = f"arn:aws:logs:{PLACE}:log-group:{name}"
    without, whole = account.user(allow("logs:*", resource=arn)), account.user(allow("logs:*", resource=f"{arn}:*"))
    assert "logs:DeleteLogGroup" in refused(account.client("logs", without).delete_log_group, logGroupName=name)
    account.client("logs", whole).delete_log_group(logGroupName=name)


def test_condition_on_a_log_groups_and_a_machines_tag(account: Account) -> None:
    condition = {"StringEquals": {"aws:ResourceTag/class": "one"}}
    user = account.user(allow("logs:DeleteLogGroup", "states:StartExecution", when=condition))
    logs, machines = account.client("logs"), account.client("stepfunctions", user)
    ours, twin = fresh("/group"), fresh("/group")
    logs.create_log_group(logGroupName=ours, tags={"class": "one"})
    logs.create_log_group(logGroupName=twin, tags={"class": "two"})
    assert "logs:DeleteLogGroup" in refused(account.client("logs", user).delete_log_group, logGroupName=twin)
    account.client("logs", user).delete_log_group(logGroupName=ours)
    states, role = {"P": {"Type": "Pass", "End": True}}, account.role()
    own = account.machine(states, role, tags=[{"key": "class", "value": "one"}])
    assert "AccessDenied" in refused(machines.start_execution, stateMachineArn=account.machine(states, role))
    machines.start_execution(stateMachineArn=own)


def test_every_parameter_of_a_request_is_asked_for(account: Account) -> None:
    names = [fresh("/open"), fresh("/closed")]
    for name in names:
        account.client("ssm").put_parameter(Name=name, Value="v", Type="String")
    user = account.user(allow("ssm:GetParameters", resource=f"arn:aws:ssm:{PLACE}:parameter/open*"))
    read = account.client("ssm", user).get_parameters
    assert read(Names=names[:1])["Parameters"][0]["Value"] == "v"
    assert f"parameter{names[1]}" in refused(read, Names=names)


# --- roles handed to services ------------------------------------------------------------------------------


def hand_over(account: Account, user: Key, service: str, role: str) -> None:
    if service == "lambda":
        code = {"ZipFile": b"PK\x05\x06" + bytes(18)}
        account.client("lambda", user).create_function(
            FunctionName=fresh("f"), Role=role, Code=code, Runtime="python3.12", Handler="index.handler"
        )
    elif service == "states":
        definition = json.dumps({"StartAt": "P", "States": {"P": {"Type": "Succeed"}}})
        account.client("stepfunctions", user).create_state_machine(
            name=fresh("machine"), definition=definition, roleArn=role
        )
    else:
        target = {"Arn": "arn:aws:sqs:us-east-1:123456789012:q", "RoleArn": role}
        account.client("scheduler", user).create_schedule(
            Name=fresh("s"), ScheduleExpression="rate(1 day)", FlexibleTimeWindow={"Mode": "OFF"}, Target=target
        )


@pytest.mark.parametrize("service", ["lambda", "states", "scheduler"])
def test_services_want_pass_role_and_trust(account: Account, service: str) -> None:
    role, stranger = account.role(), account.role(trusts=trust("ec2"))
    rights = allow("lambda:*", "states:*", "scheduler:*")
    poor, rich = account.user(rights), account.user(rights, allow("iam:PassRole"))
    assert "iam:PassRole" in refused(lambda: hand_over(account, poor, service, role))
    assert "assume" in refused(lambda: hand_over(account, rich, service, stranger))
    hand_over(account, rich, service, role)


def test_payload_of_a_function_is_its_own(account: Account) -> None:
    """Whatever `Role` an event has: only CreateFunction and UpdateFunctionConfiguration pass a role to Lambda."""
    arn = account.function("def handler(event, _): return event", account.role())
    caller = account.client("lambda", account.user(allow("lambda:InvokeFunction")))
    answered = caller.invoke(FunctionName=arn, Payload=json.dumps({"Role": "teacher"}))
    assert json.loads(answered["Payload"].read()) == {"Role": "teacher"}
    other = account.role(trusts=trust("states"))
    with pytest.raises(ClientError, match="cannot be assumed by Lambda"):
        account.client("lambda").update_function_configuration(FunctionName=arn, Role=other)


def test_trust_conditions_are_evaluated(account: Account) -> None:
    conditional = trust("states")
    conditional["Statement"][0]["Condition"] = {"StringEquals": {"aws:SourceAccount": "999999999999"}}
    assert "assume" in refused(lambda: hand_over(account, account.root, "states", account.role(trusts=conditional)))
    conditional["Statement"][0]["Condition"] = {"StringEquals": {"aws:SourceAccount": account.engine.account}}
    hand_over(account, account.root, "states", account.role(trusts=conditional))
