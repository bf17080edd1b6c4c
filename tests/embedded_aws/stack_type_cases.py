"""What the tests of stacks know of each type that goes by API calls: properties, rights, and how to look for it.

The rights are those of the public schemas (`handlers.*.permissions` of cfn-lint's copies) that these properties need.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from tests.embedded_aws.account import Account, allow, fresh, policy, trust

Props = dict[str, Any]
TAGS = [{"Key": "class", "Value": "one"}]
RETAGGED = [{"Key": "class", "Value": "two"}, {"Key": "more", "Value": "1"}]
CODE = "def handler(event, context):\n    return 1\n"


@dataclass(frozen=True)
class Given:
    """What stands before a stack is made."""

    account: Account
    role: str
    function: str
    queue: str
    topic: str
    key: str
    bucket: str

    @property
    def role_name(self) -> str:
        """The role's name."""
        return self.role.rsplit("/", 1)[-1]


@dataclass(frozen=True)
class Case:
    """A type: what is created, changed in place and replaced, with which rights; `read` raises where it is not.

    `arns` are what its actions may be limited to, by the Service Authorization Reference: {place} is region and
    account, {stack} the stack's name. The actions `anywhere` take no resource, or one whose name nobody knows before.
    """

    kind: str
    first: Callable[[Given], Props]
    create: tuple[str, ...]
    delete: tuple[str, ...]
    read: Callable[[Given, str, Props], Any]
    changed: Callable[[Given], Props] | None = None
    update: tuple[str, ...] = ()
    replaced: Callable[[Given], Props] | None = None
    arns: tuple[str, ...] = ()
    anywhere: tuple[str, ...] = ()


def given(account: Account) -> Given:
    """New things for templates to point at."""
    role = account.role(allow("logs:*"))
    return Given(
        account,
        role,
        account.function(CODE, role),
        account.client("sqs").create_queue(QueueName=fresh("queue"))["QueueUrl"],
        account.client("sns").create_topic(Name=fresh("topic"))["TopicArn"],
        account.client("kms").create_key()["KeyMetadata"]["KeyId"],
        account.bucket(),
    )


def is_there(case: Case, given: Given, physical_id: str, props: Props) -> bool:
    """Whether the service itself knows a resource."""
    try:
        return bool(case.read(given, physical_id, props))
    except ClientError:
        return False


def document(*actions: str) -> Props:
    """A policy document as a template has it."""
    parsed: Props = json.loads(policy(allow(*actions)))
    return parsed


def service_policy(service: str, action: str, resource: str) -> Props:
    """A resource's policy for a service."""
    principal = {"Service": f"{service}.amazonaws.com"}
    statement = {"Effect": "Allow", "Principal": principal, "Action": action, "Resource": resource}
    return {"Version": "2012-10-17", "Statement": [statement]}


def _function(given: Given, **more: Any) -> Props:  # noqa: ANN401 # template properties
    code = {"ZipFile": CODE}
    common = {"Role": given.role, "Runtime": "python3.12", "Handler": "index.handler", "Code": code, "Tags": TAGS}
    return {**common, **more}


def _queue_policy(given: Given, service: str) -> Props:
    document = service_policy(service, "sqs:SendMessage", "*")
    return {"Queues": [given.queue], "PolicyDocument": document}


def _topic_policy(given: Given, service: str) -> Props:
    return {"Topics": [given.topic], "PolicyDocument": service_policy(service, "sns:Publish", given.topic)}


def _held(found: Any, *words: str) -> bool:  # noqa: ANN401 # any answer
    return all(word in json.dumps(found, default=str) for word in words)


def _permission(given: Given, _own: str, _props: Props) -> Any:  # noqa: ANN401 # GetPolicy's answer
    return given.account.client("lambda").get_policy(FunctionName=given.function)


def _topic_attributes(given: Given, arn: str) -> Any:  # noqa: ANN401 # GetTopicAttributes' answer
    return given.account.client("sns").get_topic_attributes(TopicArn=arn)


def _queue_arn(given: Given) -> str:
    asked = {"QueueUrl": given.queue, "AttributeNames": ["QueueArn"]}
    return str(given.account.client("sqs").get_queue_attributes(**asked)["Attributes"]["QueueArn"])


def _log_group(given: Given, own: str) -> bool:
    groups = given.account.client("logs").describe_log_groups(logGroupNamePrefix=own)["logGroups"]
    return any(group["logGroupName"] == own for group in groups)


def _rule(given: Given, **more: Any) -> Props:  # noqa: ANN401 # template properties
    targets = [{"Id": "queue", "Arn": _queue_arn(given)}]
    return {"EventPattern": {"source": ["aws.s3"]}, "Targets": targets, "Tags": TAGS, **more}


def _key(given: Given, **more: Any) -> Props:  # noqa: ANN401 # template properties
    principal = {"AWS": f"arn:aws:iam::{given.account.engine.account}:root"}
    statement = {"Effect": "Allow", "Principal": principal, "Action": "kms:*", "Resource": "*"}
    return {"KeyPolicy": {"Version": "2012-10-17", "Statement": [statement]}, "Tags": TAGS, **more}


_LIFECYCLE = json.dumps(
    {
        "rules": [
            {
                "rulePriority": 1,
                "selection": {
                    "tagStatus": "untagged",
                    "countType": "sinceImagePushed",
                    "countUnit": "days",
                    "countNumber": 3,
                },
                "action": {"type": "expire"},
            }
        ]
    }
)


def _role(**more: Any) -> Props:  # noqa: ANN401 # template properties
    return {"AssumeRolePolicyDocument": trust("lambda"), **more}


def _inline(*actions: str) -> list[Props]:
    return [{"PolicyName": "own", "PolicyDocument": document(*actions)}]


def _machine(given: Given, **more: Any) -> Props:  # noqa: ANN401 # template properties
    definition = {"StartAt": "P", "States": {"P": {"Type": "Pass", "End": True}}}
    return {"RoleArn": given.role, "DefinitionString": json.dumps(definition), "Tags": TAGS, **more}


def _schedule(given: Given, **more: Any) -> Props:  # noqa: ANN401 # template properties
    target = {"Arn": given.function, "RoleArn": given.role}
    at = "at(2099-01-01T00:00:00)"
    return {"ScheduleExpression": at, "FlexibleTimeWindow": {"Mode": "OFF"}, "Target": target, **more}


def _budget(amount: int, *tags: dict[str, str]) -> Props:
    limit = {"Amount": amount, "Unit": "USD"}
    budget = {"BudgetName": "of-a-stack", "BudgetType": "COST", "TimeUnit": "MONTHLY", "BudgetLimit": limit}
    return {"Budget": budget, "ResourceTags": list(tags)}


def _bucket_policy(given: Given, action: str) -> Props:
    statement = {"Effect": "Deny", "Principal": "*", "Action": action, "Resource": f"arn:aws:s3:::{given.bucket}"}
    return {"Bucket": given.bucket, "PolicyDocument": {"Version": "2012-10-17", "Statement": [statement]}}


CASES = [
    Case(
        "AWS::IAM::Role",
        lambda _given: _role(Policies=_inline("s3:*"), Tags=TAGS),
        ("iam:CreateRole", "iam:TagRole", "iam:PutRolePolicy"),
        ("iam:DeleteRolePolicy", "iam:DeleteRole"),
        lambda given, own, _props: given.account.client("iam").get_role(RoleName=own),
        changed=lambda _given: _role(Policies=_inline("sqs:*"), Description="new", Tags=[RETAGGED[1]]),
        update=("iam:UpdateRole", "iam:PutRolePolicy", "iam:TagRole", "iam:UntagRole"),
        replaced=lambda _given: _role(Path="/two/"),
        arns=("arn:aws:iam::{account}:role/{stack}-*",),
    ),
    Case(
        "AWS::S3::Bucket",
        lambda _given: {"Tags": TAGS, "OwnershipControls": {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}},
        ("s3:CreateBucket", "s3:PutBucketTagging", "s3:PutBucketOwnershipControls"),
        ("s3:DeleteBucket",),
        lambda given, own, _props: given.account.client("s3").head_bucket(Bucket=own),
        changed=lambda _given: {
            "Tags": RETAGGED,
            "OwnershipControls": {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]},
            "VersioningConfiguration": {"Status": "Enabled"},
        },
        update=("s3:PutBucketTagging", "s3:PutBucketVersioning"),
        replaced=lambda _given: {"BucketName": fresh("named-bucket")},
        arns=("arn:aws:s3:::{stack}-*",),
    ),
    Case(
        "AWS::S3::BucketPolicy",
        lambda given: _bucket_policy(given, "s3:DeleteBucket"),
        ("s3:GetBucketPolicy", "s3:PutBucketPolicy"),
        ("s3:DeleteBucketPolicy",),
        lambda given, _own, _props: given.account.client("s3").get_bucket_policy(Bucket=given.bucket),
        changed=lambda given: _bucket_policy(given, "s3:PutBucketAcl"),
        update=("s3:PutBucketPolicy",),
        arns=("{bucket}",),
    ),
    Case(
        "AWS::StepFunctions::StateMachine",
        lambda given: _machine(given),
        ("states:CreateStateMachine", "states:TagResource", "states:DescribeStateMachine", "iam:PassRole"),
        ("states:DescribeStateMachine", "states:DeleteStateMachine"),
        lambda given, own, _props: (
            given.account.client("stepfunctions").describe_state_machine(stateMachineArn=own)["status"] == "ACTIVE"
        ),
        changed=lambda given: _machine(given, TracingConfiguration={"Enabled": "true"}, Tags=[RETAGGED[1]]),
        update=("states:UpdateStateMachine", "states:TagResource", "states:UntagResource", "iam:PassRole"),
        replaced=lambda given: _machine(given, StateMachineName=fresh("named")),
        arns=("{role}", "arn:aws:states:{place}:stateMachine:{stack}-*"),
    ),
    Case(
        "AWS::Scheduler::Schedule",
        lambda given: _schedule(given),
        ("scheduler:CreateSchedule", "iam:PassRole"),
        ("scheduler:DeleteSchedule",),
        lambda given, own, _props: given.account.client("scheduler").get_schedule(Name=own),
        changed=lambda given: _schedule(given, Description="new"),
        update=("scheduler:UpdateSchedule", "iam:PassRole"),
        replaced=lambda given: _schedule(given, Name=fresh("named")),
        arns=("{role}", "arn:aws:scheduler:{place}:schedule/default/{stack}-*"),
    ),
    Case(
        "AWS::Budgets::Budget",
        lambda _given: _budget(5, *TAGS),
        ("budgets:ModifyBudget", "budgets:TagResource"),
        ("budgets:ModifyBudget",),
        lambda given, own, _props: given.account.client("budgets").describe_budget(
            AccountId=given.account.engine.account, BudgetName=own
        ),
        changed=lambda _given: _budget(6, RETAGGED[1]),
        update=("budgets:ModifyBudget", "budgets:TagResource", "budgets:UntagResource"),
        arns=("arn:aws:budgets::{account}:budget/of-a-stack",),
    ),
    Case(
        "AWS::SageMaker::NotebookInstanceLifecycleConfig",
        lambda _given: {"Tags": TAGS},
        ("sagemaker:CreateNotebookInstanceLifecycleConfig", "sagemaker:AddTags"),
        ("sagemaker:DeleteNotebookInstanceLifecycleConfig",),
        lambda given, own, _props: given.account.client("sagemaker").describe_notebook_instance_lifecycle_config(
            NotebookInstanceLifecycleConfigName=own.rsplit("/", 1)[-1]
        ),
        changed=lambda _given: {"OnStart": [{"Content": "IyEvYmluL2Jhc2gK"}], "Tags": [RETAGGED[1]]},
        update=("sagemaker:UpdateNotebookInstanceLifecycleConfig", "sagemaker:AddTags", "sagemaker:DeleteTags"),
        replaced=lambda _given: {"NotebookInstanceLifecycleConfigName": fresh("named")},
        arns=("arn:aws:sagemaker:{place}:notebook-instance-lifecycle-config/{stack}-*",),
    ),
    Case(
        "AWS::IAM::Policy",
        lambda given: {"PolicyName": "own", "PolicyDocument": document("s3:*"), "Roles": [given.role_name]},
        ("iam:PutRolePolicy", "iam:GetRolePolicy"),
        ("iam:DeleteRolePolicy",),
        lambda given, _own, props: given.account.client("iam").get_role_policy(
            RoleName=given.role_name, PolicyName=props["PolicyName"]
        ),
        changed=lambda given: {"PolicyName": "new", "PolicyDocument": document("sqs:*"), "Roles": [given.role_name]},
        update=("iam:PutRolePolicy", "iam:DeleteRolePolicy"),
        arns=("{role}",),
    ),
    Case(
        "AWS::IAM::ManagedPolicy",
        lambda given: {"PolicyDocument": document("s3:*"), "Path": "/one/", "Roles": [given.role_name]},
        ("iam:CreatePolicy", "iam:AttachRolePolicy"),
        ("iam:DetachRolePolicy", "iam:ListPolicyVersions", "iam:DeletePolicy"),
        lambda given, own, _props: given.account.client("iam").get_policy(PolicyArn=own),
        changed=lambda _given: {"PolicyDocument": document("s3:*"), "Path": "/one/"},
        update=("iam:DetachRolePolicy", "iam:GetPolicy"),
        replaced=lambda _given: {"PolicyDocument": document("sqs:*"), "Path": "/two/"},
        arns=("{role}", "arn:aws:iam::{account}:policy/one/{stack}-*"),
    ),
    Case(
        "AWS::Lambda::Function",
        lambda given: _function(given),
        ("lambda:CreateFunction", "lambda:TagResource", "lambda:GetFunction", "iam:PassRole"),
        ("lambda:GetFunction", "lambda:DeleteFunction"),
        lambda given, own, _props: given.account.client("lambda").get_function(FunctionName=own),
        changed=lambda given: _function(given, Code={"ZipFile": CODE + "#\n"}, Timeout="9", Tags=[]),
        update=(
            "lambda:UpdateFunctionCode",
            "lambda:UpdateFunctionConfiguration",
            "lambda:GetFunction",
            "lambda:UntagResource",
        ),
        replaced=lambda given: _function(given, FunctionName=fresh("named")),
        arns=("{role}", "arn:aws:lambda:{place}:function:{stack}-*"),
    ),
    Case(
        "AWS::Lambda::Permission",
        lambda given: {
            "FunctionName": given.function,
            "Action": "lambda:InvokeFunction",
            "Principal": "events.amazonaws.com",
        },
        ("lambda:AddPermission",),
        ("lambda:RemovePermission",),
        lambda given, own, props: _held(_permission(given, own, props), own),
        replaced=lambda given: {
            "FunctionName": given.function,
            "Action": "lambda:InvokeFunction",
            "Principal": "s3.amazonaws.com",
        },
        arns=("{function}",),
    ),
    Case(
        "AWS::Lambda::Version",
        lambda given: {"FunctionName": given.function, "Description": "one"},
        ("lambda:PublishVersion", "lambda:GetFunctionConfiguration"),
        ("lambda:GetFunctionConfiguration", "lambda:DeleteFunction"),
        lambda given, own, _props: given.account.client("lambda").get_function(FunctionName=own),
        arns=("{function}", "{function}:*"),
    ),
    Case(
        "AWS::Lambda::Alias",
        lambda given: {"FunctionName": given.function, "FunctionVersion": "$LATEST", "Name": "live"},
        ("lambda:CreateAlias",),
        ("lambda:GetAlias", "lambda:DeleteAlias"),
        lambda given, _own, props: given.account.client("lambda").get_alias(
            FunctionName=given.function, Name=props["Name"]
        ),
        changed=lambda given: {
            "FunctionName": given.function,
            "FunctionVersion": "$LATEST",
            "Name": "live",
            "Description": "new",
        },
        update=("lambda:UpdateAlias",),
        replaced=lambda given: {"FunctionName": given.function, "FunctionVersion": "$LATEST", "Name": "next"},
        arns=("{function}", "{function}:*"),
    ),
    Case(
        "AWS::SSM::Parameter",
        lambda _given: {"Type": "String", "Value": "1", "Tags": {"class": "one"}},
        ("ssm:PutParameter", "ssm:AddTagsToResource", "ssm:GetParameters"),
        ("ssm:DeleteParameter",),
        lambda given, own, _props: given.account.client("ssm").get_parameter(Name=own),
        changed=lambda _given: {"Type": "String", "Value": "2", "Tags": {"other": "two"}},
        update=("ssm:PutParameter", "ssm:AddTagsToResource", "ssm:RemoveTagsFromResource", "ssm:GetParameters"),
        replaced=lambda _given: {"Type": "String", "Value": "2", "Name": fresh("/named/parameter")},
        arns=("arn:aws:ssm:{place}:parameter/CFN-*",),
    ),
    Case(
        "AWS::SQS::Queue",
        lambda _given: {"MessageRetentionPeriod": "60", "Tags": TAGS},
        ("sqs:CreateQueue", "sqs:TagQueue", "sqs:GetQueueAttributes"),
        ("sqs:DeleteQueue",),
        lambda given, own, _props: given.account.client("sqs").get_queue_attributes(
            QueueUrl=own, AttributeNames=["QueueArn"]
        ),
        changed=lambda _given: {"DelaySeconds": 5, "Tags": [RETAGGED[1]]},
        update=("sqs:SetQueueAttributes", "sqs:TagQueue", "sqs:UntagQueue", "sqs:GetQueueAttributes"),
        replaced=lambda _given: {"FifoQueue": True},
        arns=("arn:aws:sqs:{place}:{stack}-*",),
    ),
    Case(
        "AWS::SQS::QueuePolicy",
        lambda given: _queue_policy(given, "events"),
        ("sqs:SetQueueAttributes",),
        ("sqs:SetQueueAttributes",),
        lambda given, _own, _props: _held(
            given.account.client("sqs").get_queue_attributes(QueueUrl=given.queue, AttributeNames=["Policy"]),
            "sqs:SendMessage",
        ),
        changed=lambda given: _queue_policy(given, "s3"),
        update=("sqs:SetQueueAttributes",),
        arns=("{queue}",),
    ),
    Case(
        "AWS::Logs::LogGroup",
        lambda _given: {"RetentionInDays": "7", "Tags": TAGS},
        ("logs:CreateLogGroup", "logs:TagResource", "logs:PutRetentionPolicy", "logs:DescribeLogGroups"),
        ("logs:DescribeLogGroups", "logs:DeleteLogGroup"),
        lambda given, own, _props: _log_group(given, own),
        changed=lambda _given: {"Tags": [RETAGGED[1]]},
        update=("logs:DeleteRetentionPolicy", "logs:TagResource", "logs:UntagResource", "logs:DescribeLogGroups"),
        replaced=lambda _given: {"LogGroupName": fresh("/named/group")},
        arns=("arn:aws:logs:{place}:log-group:{stack}-*",),
    ),
    Case(
        "AWS::ECR::Repository",
        lambda _given: {"LifecyclePolicy": {"LifecyclePolicyText": _LIFECYCLE}, "Tags": TAGS},
        ("ecr:CreateRepository", "ecr:TagResource", "ecr:PutLifecyclePolicy"),
        ("ecr:DeleteRepository",),
        lambda given, own, _props: given.account.client("ecr").describe_repositories(repositoryNames=[own]),
        changed=lambda _given: {
            "ImageTagMutability": "IMMUTABLE",
            "RepositoryPolicyText": service_policy("lambda", "ecr:BatchGetImage", "*"),
        },
        update=(
            "ecr:PutImageTagMutability",
            "ecr:SetRepositoryPolicy",
            "ecr:DeleteLifecyclePolicy",
            "ecr:DescribeRepositories",
            "ecr:UntagResource",
        ),
        replaced=lambda _given: {"RepositoryName": fresh("named")},
        arns=("arn:aws:ecr:{place}:repository/{stack}-*",),
    ),
    Case(
        "AWS::Scheduler::ScheduleGroup",
        lambda _given: {"Tags": TAGS},
        ("scheduler:CreateScheduleGroup", "scheduler:TagResource", "scheduler:GetScheduleGroup"),
        ("scheduler:GetScheduleGroup", "scheduler:DeleteScheduleGroup"),
        lambda given, own, _props: given.account.client("scheduler").get_schedule_group(Name=own),
        changed=lambda _given: {"Tags": [RETAGGED[1]]},
        update=("scheduler:TagResource", "scheduler:UntagResource", "scheduler:GetScheduleGroup"),
        replaced=lambda _given: {"Name": fresh("named")},
        arns=("arn:aws:scheduler:{place}:schedule-group/{stack}-*",),
    ),
    Case(
        "AWS::SNS::Topic",
        lambda _given: {"DisplayName": "one", "Tags": TAGS},
        ("sns:CreateTopic", "sns:TagResource"),
        ("sns:DeleteTopic",),
        lambda given, own, _props: _topic_attributes(given, own),
        changed=lambda _given: {"DisplayName": "two", "Tags": [RETAGGED[1]]},
        update=("sns:SetTopicAttributes", "sns:TagResource", "sns:UntagResource"),
        replaced=lambda _given: {"TopicName": fresh("named")},
        arns=("arn:aws:sns:{place}:{stack}-*",),
    ),
    Case(
        "AWS::SNS::Subscription",
        lambda given: {"TopicArn": given.topic, "Protocol": "sqs", "Endpoint": _queue_arn(given)},
        ("sns:Subscribe",),
        ("sns:GetSubscriptionAttributes", "sns:Unsubscribe"),
        lambda given, own, _props: given.account.client("sns").get_subscription_attributes(SubscriptionArn=own),
        changed=lambda given: {
            "TopicArn": given.topic,
            "Protocol": "sqs",
            "Endpoint": _queue_arn(given),
            "RawMessageDelivery": "true",
        },
        update=("sns:SetSubscriptionAttributes",),
        replaced=lambda given: {"TopicArn": given.topic, "Protocol": "lambda", "Endpoint": given.function},
        arns=("{topic}",),
        anywhere=("sns:SetSubscriptionAttributes", "sns:GetSubscriptionAttributes", "sns:Unsubscribe"),
    ),
    Case(
        "AWS::SNS::TopicPolicy",
        lambda given: _topic_policy(given, "events"),
        ("sns:SetTopicAttributes",),
        ("sns:SetTopicAttributes",),
        lambda given, _own, _props: _held(_topic_attributes(given, given.topic), "amazonaws.com"),
        changed=lambda given: _topic_policy(given, "s3"),
        update=("sns:SetTopicAttributes",),
        arns=("{topic}",),
    ),
    Case(
        "AWS::Events::Rule",
        lambda given: _rule(given),
        ("events:PutRule", "events:TagResource", "events:DescribeRule", "events:PutTargets"),
        ("events:ListTargetsByRule", "events:RemoveTargets", "events:DeleteRule"),
        lambda given, own, _props: given.account.client("events").describe_rule(Name=own),
        changed=lambda given: _rule(given, Targets=[], State="DISABLED", Tags=[RETAGGED[1]]),
        update=(
            "events:PutRule",
            "events:DescribeRule",
            "events:RemoveTargets",
            "events:TagResource",
            "events:UntagResource",
        ),
        replaced=lambda given: _rule(given, Name=fresh("named")),
        arns=("arn:aws:events:{place}:rule/{stack}-*",),
    ),
    Case(
        "AWS::KMS::Key",
        lambda given: _key(given, EnableKeyRotation="true", Enabled=True),
        ("kms:CreateKey", "kms:TagResource", "kms:EnableKeyRotation"),
        ("kms:DescribeKey", "kms:ScheduleKeyDeletion"),
        lambda given, own, _props: (
            given.account.client("kms").describe_key(KeyId=own)["KeyMetadata"]["KeyState"] != "PendingDeletion"
        ),
        changed=lambda given: _key(given, Description="new", Enabled="false", Tags=[RETAGGED[1]]),
        update=(
            "kms:DescribeKey",
            "kms:UpdateKeyDescription",
            "kms:DisableKeyRotation",
            "kms:DisableKey",
            "kms:TagResource",
            "kms:UntagResource",
        ),
        arns=("arn:aws:kms:{place}:key/*",),
        anywhere=("kms:CreateKey", "kms:TagResource"),
    ),
    Case(
        "AWS::KMS::Alias",
        lambda given: {"AliasName": "alias/of-a-stack", "TargetKeyId": given.key},
        ("kms:CreateAlias",),
        ("kms:DeleteAlias",),
        lambda given, own, _props: given.account.client("kms").describe_key(KeyId=own),
        replaced=lambda given: {"AliasName": "alias/of-a-stack-too", "TargetKeyId": given.key},
        arns=("arn:aws:kms:{place}:alias/of-a-stack", "arn:aws:kms:{place}:key/{key}"),
    ),
]
