"""List calls: pages without gaps or repeats, filters and order, for every kind."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from embedded_aws.sagemaker.errors import AwsError
from embedded_aws.sagemaker.kinds import KINDS, MODEL, TRAINING_JOB
from tests.embedded_aws.sagemaker_stubs import (
    Stand,
    a_model,
    client,
    hosted,
    notebook,
    processing,
    stand,
    training,
    transform,
    tuning,
)


def models(at: Stand, *names: str) -> None:
    for name in names:
        at("CreateModel", **a_model(name))


def names(answer: dict[str, Any], member: str = "ModelName", of: str = "Models") -> list[str]:
    return [summary[member] for summary in answer[of]]


@settings(max_examples=30, deadline=None)
@given(count=st.integers(0, 23), size=st.integers(1, 100))
def test_pages_have_no_gap_and_no_repeat(count: int, size: int) -> None:
    at = stand()
    models(at, *(f"m{number}" for number in range(count)))
    seen: list[str] = []
    params: dict[str, Any] = {"MaxResults": size}
    while True:
        answer = at("ListModels", **params)
        assert len(answer["Models"]) <= size
        seen += names(answer)
        if "NextToken" not in answer:
            break
        params["NextToken"] = answer["NextToken"]
    assert seen == [f"m{number}" for number in reversed(range(count))]


def test_boto3_pages_by_ten() -> None:
    at = stand()
    models(at, *(f"m{number}" for number in range(25)))
    pages = client(at.plane).get_paginator("list_models").paginate()
    assert [len(page["Models"]) for page in pages] == [10, 10, 5]


@pytest.mark.parametrize("token", ["nonsense", "WzEsMl0=", "W10=", "ä"])
def test_a_token_that_is_none(token: str) -> None:
    with pytest.raises(AwsError, match="Invalid NextToken"):
        stand()("ListModels", NextToken=token)


def test_a_token_of_another_call() -> None:
    at = stand()
    models(at, "a", "b")
    token = at("ListModels", MaxResults=1)["NextToken"]
    with pytest.raises(AwsError, match="Invalid NextToken"):
        at("ListEndpoints", NextToken=token)


@pytest.mark.parametrize("size", [0, 101])
def test_a_page_that_is_too_small_or_large(size: int) -> None:
    with pytest.raises(AwsError, match="at 'maxResults' failed to satisfy constraint"):
        stand()("ListModels", MaxResults=size)


def test_order() -> None:
    at = stand()
    models(at, "b", "a", "c")
    assert names(at("ListModels")) == ["c", "a", "b"]
    assert names(at("ListModels", SortOrder="Ascending")) == ["b", "a", "c"]
    assert names(at("ListModels", SortBy="Name", SortOrder="Ascending")) == ["a", "b", "c"]
    assert names(at("ListModels", SortBy="Name", SortOrder="Descending")) == ["c", "b", "a"]


def test_filters() -> None:
    at = stand()
    models(at, "ann--churn", "ann-b--churn", "anna--other")
    assert names(at("ListModels", NameContains="CHURN")) == ["ann-b--churn", "ann--churn"]
    middle = at.plane.record(MODEL, "ann-b--churn")["CreationTime"]
    assert names(at("ListModels", CreationTimeBefore=middle)) == ["ann--churn"]
    assert names(at("ListModels", CreationTimeAfter=middle)) == ["anna--other"]
    assert names(at("ListModels", CreationTimeAfter=middle - timedelta(1), NameContains="anna")) == ["anna--other"]


def test_filters_apply_before_pages() -> None:
    at = stand()
    models(at, "x1", "y1", "x2", "y2", "x3")
    first = at("ListModels", NameContains="x", MaxResults=2)
    second = at("ListModels", NameContains="x", MaxResults=2, NextToken=first["NextToken"])
    assert names(first) + names(second) == ["x3", "x2", "x1"]


def test_jobs_by_status() -> None:
    at = stand()
    for name in ("one", "two", "three"):
        at("CreateTrainingJob", **training(name))
    at.plane.transition(TRAINING_JOB, at.plane.record(TRAINING_JOB, "two"), "Failed", FailureReason="x")
    failed = at("ListTrainingJobs", StatusEquals="Failed")["TrainingJobSummaries"]
    assert [(job["TrainingJobName"], job["TrainingJobStatus"]) for job in failed] == [("two", "Failed")]
    by_status = at("ListTrainingJobs", SortBy="Status", SortOrder="Ascending")
    assert names(by_status, "TrainingJobName", "TrainingJobSummaries") == ["two", "one", "three"]
    changed = at.plane.record(TRAINING_JOB, "two")["LastModifiedTime"]
    recent = at("ListTrainingJobs", LastModifiedTimeAfter=changed - timedelta(microseconds=1))
    assert names(recent, "TrainingJobName", "TrainingJobSummaries") == ["two"]


def test_notebooks_come_by_name_and_by_configuration() -> None:
    at = stand()
    at("CreateNotebookInstanceLifecycleConfig", NotebookInstanceLifecycleConfigName="setup")
    at("CreateNotebookInstance", **notebook("b", LifecycleConfigName="setup"))
    at("CreateNotebookInstance", **notebook("a"))
    listed = at("ListNotebookInstances")
    assert names(listed, "NotebookInstanceName", "NotebookInstances") == ["a", "b"]
    with_setup = at("ListNotebookInstances", NotebookInstanceLifecycleConfigNameContains="etu")
    assert names(with_setup, "NotebookInstanceName", "NotebookInstances") == ["b"]


def test_every_kind_lists_what_it_holds() -> None:
    at = hosted(stand())
    at("CreateTrainingJob", **training())
    at("CreateProcessingJob", **processing())
    at("CreateTransformJob", **transform())
    at("CreateHyperParameterTuningJob", **tuning())
    at("CreateNotebookInstance", **notebook())
    at("CreateNotebookInstanceLifecycleConfig", NotebookInstanceLifecycleConfigName="setup")
    held = {}
    for kind in KINDS.values():
        (summary,) = at(f"List{kind.name}s")[kind.summaries]
        assert summary["CreationTime"]
        held[kind.name] = summary[kind.arn_member]
    assert held == {kind: arn for kind, arn, _ in at.plane.inventory()}


def test_training_jobs_are_counted_before_their_status_is_looked_at() -> None:
    """API_ListTrainingJobs: with StatusEquals and MaxResults the page is taken first, and filtered then."""
    at = stand()
    for name in ("a", "b"):
        at.done("CreateTrainingJob", **training(name))
    at("CreateTrainingJob", **training("c"))
    asked = {"StatusEquals": "Completed", "SortBy": "Name", "SortOrder": "Descending"}
    page = at("ListTrainingJobs", MaxResults=2, **asked)
    assert [one["TrainingJobName"] for one in page["TrainingJobSummaries"]] == ["b"]
    rest = at("ListTrainingJobs", MaxResults=2, NextToken=page["NextToken"], **asked)
    assert [one["TrainingJobName"] for one in rest["TrainingJobSummaries"]] == ["a"]
    whole = at("ListTrainingJobs", **asked)
    assert [one["TrainingJobName"] for one in whole["TrainingJobSummaries"]] == ["b", "a"]
