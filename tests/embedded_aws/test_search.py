"""Search: API_Search, API_SearchExpression, API_Filter and API_NestedFilters say what it takes and finds."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from embedded_aws.sagemaker.errors import AwsError
from embedded_aws.sagemaker.kinds import TRAINING_JOB
from tests.embedded_aws.account import Account, allow, code_of
from tests.embedded_aws.sagemaker_stubs import Params, Stand, hosted, stand, training, tuning


def channel(name: str, uri: str) -> Params:
    return {"ChannelName": name, "DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": uri}}}


JOBS: dict[str, Params] = {
    "churn-1": {
        "HyperParameters": {"eta": "0.1", "depth": "4", "objective": "binary:logistic"},
        "Tags": [{"Key": "class", "Value": "one"}, {"Key": "lab.name", "Value": "churn"}],
        "InputDataConfig": [channel("train", "s3://bucket/a"), channel("validation", "s3://other/b")],
        "Environment": {"MODE": "fast"},
    },
    "churn-2": {
        "HyperParameters": {"eta": "0.9", "depth": "10", "objective": "reg:squarederror"},
        "Tags": [{"Key": "class", "Value": "two"}],
        "InputDataConfig": [channel("train", "s3://other/b"), channel("validation", "s3://bucket/a")],
        "EnableInterContainerTrafficEncryption": True,
    },
    "images": {"ResourceConfig": {"InstanceType": "ml.m5.xlarge", "InstanceCount": 1, "VolumeSizeInGB": 30}},
}
AUC = {"churn-1": 0.7, "churn-2": 0.9}


@pytest.fixture(scope="module")
def at() -> Stand:
    """Three training jobs; the last one still runs."""
    made = stand()
    for name, more in JOBS.items():
        made("CreateTrainingJob", **training(name, **more))
        if name in AUC:
            metrics = [{"MetricName": "validation:auc", "Value": AUC[name]}]
            record = made.plane.record(TRAINING_JOB, name)
            made.plane.transition(TRAINING_JOB, record, "Completed", FinalMetricDataList=metrics)
    return made


def found(at: Stand, expression: Params | None = None, **more: Any) -> list[str]:  # noqa: ANN401 # Search's parameters
    given = {"SearchExpression": expression} if expression is not None else {}
    asked = {"Resource": "TrainingJob", "SortBy": "TrainingJobName", "SortOrder": "Ascending", **given, **more}
    return [one["TrainingJob"]["TrainingJobName"] for one in at("Search", **asked)["Results"]]


def where(name: str, operator: str = "", value: str = "") -> Params:
    return {"Name": name} | ({"Operator": operator} if operator else {}) | ({"Value": value} if value else {})


def refusal(at: Stand, expression: Params, **more: Any) -> str:  # noqa: ANN401 # Search's parameters
    with pytest.raises(AwsError) as caught:
        found(at, expression, **more)
    assert caught.value.code == "ValidationException"
    return caught.value.message


@pytest.mark.parametrize(
    ("given", "names"),
    [
        (where("TrainingJobName", "Equals", "churn-1"), ["churn-1"]),
        (where("TrainingJobName", "", "churn-1"), ["churn-1"]),
        (where("TrainingJobName", "NotEquals", "churn-1"), ["churn-2", "images"]),
        (where("TrainingJobName", "Contains", "churn"), ["churn-1", "churn-2"]),
        (where("TrainingJobName", "In", "images,churn-2"), ["churn-2", "images"]),
        (where("TrainingJobStatus", "Equals", "InProgress"), ["images"]),
        (where("ResourceConfig.InstanceType", "Equals", "ml.m5.xlarge"), ["images"]),
        (where("ResourceConfig.VolumeSizeInGB", "GreaterThan", "5"), ["images"]),
        (where("ResourceConfig.VolumeSizeInGB", "LessThanOrEqualTo", "5"), ["churn-1", "churn-2"]),
        (where("EnableInterContainerTrafficEncryption", "Equals", "true"), ["churn-2"]),
        (where("Environment.MODE", "Equals", "fast"), ["churn-1"]),
        (where("InputDataConfig.ChannelName", "Equals", "validation"), ["churn-1", "churn-2"]),
        (where("HyperParameters", "Exists"), ["churn-1", "churn-2"]),
        (where("HyperParameters", "NotExists"), ["images"]),
        (where("HyperParameters.objective", "Contains", "binary"), ["churn-1"]),
        (where("HyperParameters.depth", "GreaterThan", "9"), ["churn-2"]),
        (where("HyperParameters.eta", "LessThan", "0.5"), ["churn-1"]),
        (where("HyperParameters.eta", "Equals", "0"), ["churn-1", "churn-2"]),
        (where("HyperParameters.objective", "LessThan", "1"), []),
        (where("Metrics.validation:auc", "GreaterThanOrEqualTo", "0.9"), ["churn-2"]),
        (where("Metrics.validation:auc", "NotExists"), ["images"]),
        (where("Tags.class", "Equals", "two"), ["churn-2"]),
        (where("Tags.lab.name", "Equals", "churn"), ["churn-1"]),
        (where("Tags.class", "NotEquals", "two"), ["churn-1", "images"]),
        (where("CreationTime", "GreaterThan", "2020-01-01T00:00:00"), ["churn-1", "churn-2", "images"]),
        (where("CreationTime", "LessThan", "2020-01-01T00:00:00"), []),
    ],
    ids=str,
)
def test_filters(at: Stand, given: Params, names: list[str]) -> None:
    """API_Filter: operators, property types, Metrics.<name>, HyperParameters.<name> and Tags.<key>."""
    assert found(at, {"Filters": [given]}) == names


def test_conditions_are_combined(at: Stand) -> None:
    """API_SearchExpression: And by default, Or if said; expressions may be nested."""
    one, two = where("Tags.class", "Equals", "one"), where("Metrics.validation:auc", "GreaterThan", "0.8")
    assert found(at, {"Filters": [one, two]}) == []
    assert found(at, {"Filters": [one, two], "Operator": "Or"}) == ["churn-1", "churn-2"]
    either = {"Filters": [one, two], "Operator": "Or"}
    small = where("HyperParameters.depth", "LessThan", "5")
    assert found(at, {"SubExpressions": [either], "Filters": [small]}) == ["churn-1"]


def test_nested_filters_look_at_one_object_of_a_list(at: Stand) -> None:
    """API_NestedFilters: a single object in the list satisfies all conditions; the example is that of the page."""
    conditions = [
        where("InputDataConfig.ChannelName", "Equals", "train"),
        where("InputDataConfig.DataSource.S3DataSource.S3Uri", "Contains", "s3://bucket"),
    ]
    nested = {"NestedPropertyName": "InputDataConfig", "Filters": conditions}
    assert found(at, {"NestedFilters": [nested]}) == ["churn-1"]
    assert found(at, {"Filters": conditions}) == ["churn-1", "churn-2"]


def test_order_and_pages(at: Stand) -> None:
    """API_Search: SortBy any property, by default LastModifiedTime, descending; NextToken; TotalHits."""
    assert found(at, SortBy="Metrics.validation:auc", SortOrder="Descending") == ["churn-2", "churn-1", "images"]
    assert found(at, SortBy="HyperParameters.depth") == ["churn-1", "churn-2", "images"]
    answer = at("Search", Resource="TrainingJob", MaxResults=2)
    first = [one["TrainingJob"]["TrainingJobName"] for one in answer["Results"]]
    assert (first, answer["TotalHits"]) == (["images", "churn-2"], {"Value": 3, "Relation": "EqualTo"})
    rest = at("Search", Resource="TrainingJob", MaxResults=2, NextToken=answer["NextToken"])
    assert [one["TrainingJob"]["TrainingJobName"] for one in rest["Results"]] == ["churn-1"]
    assert "NextToken" not in rest


def test_a_result_has_the_members_and_the_tags(at: Stand) -> None:
    """API_SearchRecord."""
    (one,) = at("Search", Resource="TrainingJob", SearchExpression={"Filters": [where("Tags.class", "", "two")]})[
        "Results"
    ]
    job = one["TrainingJob"]
    assert job["Tags"] == [{"Key": "class", "Value": "two"}]
    assert job["FinalMetricDataList"][0]["Value"] == 0.9
    job["HyperParameters"]["eta"] = "changed"
    assert at("DescribeTrainingJob", TrainingJobName="churn-2")["HyperParameters"]["eta"] == "0.9"


@pytest.mark.parametrize(
    ("given", "text"),
    [
        (where("TrainingJobNam", "Equals", "x"), "TrainingJobNam is not a property of TrainingJob"),
        (where("ResourceConfig.Colour", "Exists"), "is not a property"),
        (where("ResourceConfig.InstanceType.Size", "Exists"), "is not a property"),
        (where("TrainingJobName", "GreaterThan", "x"), "GreaterThan is not supported for the property TrainingJobName"),
        (where("ResourceConfig.VolumeSizeInGB", "Contains", "5"), "Contains is not supported"),
        (where("ResourceConfig", "Equals", "5"), "Equals is not supported for the property ResourceConfig"),
        (where("ResourceConfig.VolumeSizeInGB", "Equals", "five"), "five is not a number"),
        (where("HyperParameters.eta", "LessThan", "small"), "small is not a number"),
        (where("CreationTime", "LessThan", "yesterday"), "not an ISO 8601 date-time"),
        (where("EnableManagedSpotTraining", "Equals", "yes"), "neither true nor false"),
        (where("TrainingJobName", "Exists", "x"), "must not have a Value"),
        (where("TrainingJobName", "Contains"), "must have a Value"),
    ],
    ids=str,
)
def test_what_cannot_be_asked(at: Stand, given: Params, text: str) -> None:
    """API_Filter: a valid property must be specified; which operators are not supported for which types."""
    assert text in refusal(at, {"Filters": [given]})


def test_contains_is_used_once(at: Stand) -> None:
    """API_Filter quotes the text."""
    twice = [where("TrainingJobName", "Contains", "a"), where("RoleArn", "Contains", "b")]
    text = "'CONTAINS' operator usage limit of 1 exceeded."
    assert refusal(at, {"Filters": twice}) == text
    assert refusal(at, {"SubExpressions": [{"Filters": [one]} for one in twice]}) == text


def test_limits_of_expressions(at: Stand) -> None:
    """API_Search: at least one condition, 50 at the most; API_NestedFilters: the names begin with the list's."""
    assert "at least one" in refusal(at, {"Operator": "Or"})
    many = [{"Filters": [where("TrainingJobName", "Equals", "x")] * 16}] * 3
    assert "50 conditions at the most" in refusal(at, {"SubExpressions": many})
    nested = {"NestedPropertyName": "ResourceConfig", "Filters": [where("ResourceConfig.InstanceType", "", "x")]}
    assert "is not a list" in refusal(at, {"NestedFilters": [nested]})
    nested = {"NestedPropertyName": "InputDataConfig", "Filters": [where("RoleArn", "", "x")]}
    assert "RoleArn is not a property of InputDataConfig" in refusal(at, {"NestedFilters": [nested]})
    assert "is not a property" in refusal(at, {"Filters": [where("RoleArn", "", "x")]}, SortBy="Beauty")


def test_endpoints_and_tuning_jobs() -> None:
    at = hosted(stand())
    at("CreateHyperParameterTuningJob", **tuning(Tags=[{"Key": "class", "Value": "x"}]))
    creating = {"Filters": [where("EndpointStatus", "Equals", "Creating")]}
    (one,) = at("Search", Resource="Endpoint", SearchExpression=creating)["Results"]
    assert one["Endpoint"]["EndpointConfigName"] == "config"
    tagged = {"Filters": [where("Tags.class", "Equals", "x")]}
    (one,) = at("Search", Resource="HyperParameterTuningJob", SearchExpression=tagged)["Results"]
    assert one["HyperParameterTuningJob"]["HyperParameterTuningJobName"] == "tune"
    assert at("Search", Resource="Endpoint", SearchExpression=tagged)["Results"] == []


@pytest.mark.parametrize(
    ("more", "text"),
    [
        ({"Resource": "Model"}, "Search: Resource=Model"),
        ({"Resource": "Pipeline"}, "Search: Resource=Pipeline"),
        ({"CrossAccountFilterOption": "CrossAccount"}, "Search: CrossAccountFilterOption=CrossAccount"),
        ({"VisibilityConditions": [{"Key": "a", "Value": "b"}]}, "Search: VisibilityConditions"),
    ],
)
def test_what_is_not_here_is_refused_by_name(at: Stand, more: Params, text: str) -> None:
    with pytest.raises(AwsError, match=text) as refused:
        at("Search", **{"Resource": "TrainingJob", **more})
    assert refused.value.code == "UnknownOperationException"


def test_search_needs_its_right_and_is_for_everything(account: Account) -> None:
    """Service Authorization Reference: sagemaker:Search has no resource type; `*` must be allowed."""
    arn = f"arn:aws:sagemaker:us-east-1:{account.engine.account}:training-job/*"
    narrow = account.client("sagemaker", account.user(allow("sagemaker:Search", resource=arn)))
    with pytest.raises(ClientError) as caught:
        narrow.search(Resource="TrainingJob")
    assert code_of(caught.value) == "AccessDeniedException"
    wide = account.client("sagemaker", account.user(allow("sagemaker:Search")))
    pages = wide.get_paginator("search").paginate(Resource="TrainingJob", PaginationConfig={"PageSize": 1})
    assert all(len(page["Results"]) <= 1 for page in pages)
