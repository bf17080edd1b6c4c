"""Cases of the types that hold, send and run things."""

from __future__ import annotations

import json
from typing import Any

from tests.embedded_aws.account import fresh
from tests.embedded_aws.stack_type_cases import RETAGGED, TAGS, Case, Given, Props, held, queue_arn, service_policy


def _queue_policy(given: Given, service: str) -> Props:
    document = service_policy(service, "sqs:SendMessage", "*")
    return {"Queues": [given.queue], "PolicyDocument": document}


def _topic_policy(given: Given, service: str) -> Props:
    return {"Topics": [given.topic], "PolicyDocument": service_policy(service, "sns:Publish", given.topic)}


def _topic_attributes(given: Given, arn: str) -> Any:  # noqa: ANN401 # GetTopicAttributes' answer
    return given.account.client("sns").get_topic_attributes(TopicArn=arn)


def _log_group(given: Given, own: str) -> bool:
    groups = given.account.client("logs").describe_log_groups(logGroupNamePrefix=own)["logGroups"]
    return any(group["logGroupName"] == own for group in groups)


def _rule(given: Given, **more: Any) -> Props:  # noqa: ANN401 # template properties
    targets = [{"Id": "queue", "Arn": queue_arn(given, given.queue)}]
    return {"EventPattern": {"source": ["aws.s3"]}, "Targets": targets, "Tags": TAGS, **more}


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


OTHERS = [
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
        lambda given, _own, _props: held(
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
        lambda given: {"TopicArn": given.topic, "Protocol": "sqs", "Endpoint": queue_arn(given, given.queue)},
        ("sns:Subscribe",),
        ("sns:GetSubscriptionAttributes", "sns:Unsubscribe"),
        lambda given, own, _props: given.account.client("sns").get_subscription_attributes(SubscriptionArn=own),
        changed=lambda given: {
            "TopicArn": given.topic,
            "Protocol": "sqs",
            "Endpoint": queue_arn(given, given.queue),
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
        lambda given, _own, _props: held(_topic_attributes(given, given.topic), "amazonaws.com"),
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
]
