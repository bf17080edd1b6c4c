"""The class stack: what the seats and the instructor's commands find there, and what ends the class."""

import json
from typing import cast

import pytest

from classlab.contract import ClassroomOutput
from tests.synth.conftest import Template
from tests.synth.resolving import ACCOUNT, PARAMETERS, REGION, Resolver, logical_ids, only
from tests.synth.roles import principal


@pytest.fixture(scope="session")
def resolver(class_template: Template) -> Resolver:
    return Resolver("sample", class_template)


def test_every_parameter_that_the_seats_read_is_published(class_template: Template, resolver: Resolver) -> None:
    published = {resolver.resource(one)["Name"] for one in logical_ids(class_template, "AWS::SSM::Parameter")}
    assert published == {name for name in PARAMETERS if name.startswith("/classlab/")}


def test_outputs_are_those_of_the_contract(class_template: Template) -> None:
    expected = {value for name, value in vars(ClassroomOutput).items() if not name.startswith("_")}
    assert set(class_template["Outputs"]) == expected


def test_every_log_group_is_named_for_the_last_sweep(class_template: Template, resolver: Resolver) -> None:
    named = resolver.resolve(class_template["Outputs"][ClassroomOutput.LOG_GROUPS]["Value"]).split(",")
    groups = [resolver.resource(one) for one in logical_ids(class_template, "AWS::Logs::LogGroup")]
    assert sorted(named) == sorted(group["LogGroupName"] for group in groups)
    assert {group["RetentionInDays"] for group in groups} == {14}


def test_functions_write_to_groups_they_cannot_make(class_template: Template, resolver: Resolver) -> None:
    for function in logical_ids(class_template, "AWS::Lambda::Function"):
        properties = resolver.resource(function)
        group = properties["LoggingConfig"]["LogGroup"]
        role = principal(resolver, _role_of(class_template, function))
        stream = f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:{group}:log-stream:x"
        assert role.may("logs:PutLogEvents", stream)
        assert not role.may("logs:CreateLogGroup", stream)
        assert properties["TracingConfig"] == {"Mode": "Active"}


def _role_of(template: Template, function: str) -> str:
    """Logical id of a function's role."""
    return cast("str", template["Resources"][function]["Properties"]["Role"]["Fn::GetAtt"][0])


def test_every_file_of_the_build_is_copied_under_its_path(class_template: Template, resolver: Resolver) -> None:
    contents = resolver.resource(only(class_template, "Custom::ClassAssets"))
    assert contents["Prefix"] == "assets/0123456789abcdef/"
    assert contents["ClassBucket"] == resolver.physical("SharedBucket")
    paths = [file["Path"] for file in contents["Files"]]
    assert paths == sorted(paths)
    assert "labs/churn-xgboost/source.tar.gz" in paths
    copier = principal(resolver, only(class_template, "AWS::IAM::Role", "AssetsCopier"))
    for file in contents["Files"]:
        assert file["SourceBucket"] == f"cdk-hnb659fds-assets-{ACCOUNT}-{REGION}"
        assert copier.may("s3:GetObject", f"arn:aws:s3:::{file['SourceBucket']}/{file['SourceKey']}")
    written = f"arn:aws:s3:::{contents['ClassBucket']}/"
    assert all(copier.may("s3:PutObject", f"{written}{contents['Prefix']}{path}") for path in paths)
    assert not copier.may("s3:PutObject", f"{written}data/churn.csv")
    assert not copier.may("s3:GetObject", f"arn:aws:s3:::cdk-hnb659fds-assets-{ACCOUNT}-{REGION}/of-another-project")


def test_seats_find_the_bucket_filled(class_template: Template) -> None:
    contents = only(class_template, "Custom::ClassAssets")
    for parameter in logical_ids(class_template, "AWS::SSM::Parameter"):
        assert contents in class_template["Resources"][parameter]["DependsOn"]


def test_the_schedule_starts_the_teardown_once(class_template: Template, resolver: Resolver) -> None:
    schedule = resolver.resource(only(class_template, "AWS::Scheduler::Schedule"))
    assert schedule["ScheduleExpression"] == "at(2027-03-01T16:30:00)"  # 17:00 and 30 minutes in Berlin, as UTC
    assert schedule["ScheduleExpressionTimezone"] == "UTC"
    assert schedule["FlexibleTimeWindow"] == {"Mode": "OFF"}
    target = schedule["Target"]
    assert target["Arn"] == f"arn:aws:states:{REGION}:{ACCOUNT}:stateMachine:sample-teardown"
    assert json.loads(target["Input"]) == {"reason": "schedule", "dry_run": False}
    assert target["RetryPolicy"] == {"MaximumRetryAttempts": 185, "MaximumEventAgeInSeconds": 86400}
    role = principal(resolver, only(class_template, "AWS::IAM::Role", "Schedule"))
    assert role.may("states:StartExecution", target["Arn"])
    assert role.may("sqs:SendMessage", target["DeadLetterConfig"]["Arn"])
    assert not role.may("states:StartExecution", target["Arn"].replace("sample-", "other-"))


def test_scheduler_acts_for_this_group_only(class_template: Template, resolver: Resolver) -> None:
    role = resolver.resource(only(class_template, "AWS::IAM::Role", "Schedule"))
    (statement,) = role["AssumeRolePolicyDocument"]["Statement"]
    group = f"arn:aws:scheduler:{REGION}:{ACCOUNT}:schedule-group/classlab-sample"
    assert statement["Condition"]["ArnEquals"] == {"aws:SourceArn": group}
    assert statement["Condition"]["StringEquals"] == {"aws:SourceAccount": ACCOUNT}


def test_the_budget_counts_what_carries_the_tag(class_template: Template, resolver: Resolver) -> None:
    budget = resolver.resource(only(class_template, "AWS::Budgets::Budget"))
    assert budget["Budget"]["CostFilters"] == {"TagKeyValue": ["user:classlab:classroom$sample"]}
    assert budget["Budget"]["BudgetLimit"] == {"Amount": 50, "Unit": "USD"}
    alerts = budget["NotificationsWithSubscribers"]
    assert [alert["Notification"]["Threshold"] for alert in alerts] == [50, 80, 100]
    addresses = {subscriber["Address"] for alert in alerts for subscriber in alert["Subscribers"]}
    assert addresses == {"classroom-owner@example.com"}
