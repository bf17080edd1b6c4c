"""The pipeline of a seat: prepare → train → gate → model → infer → score → result object."""

import json
import re

import pytest

from classlab.contract import PipelineResult
from infra.asl.lab_pipeline import PROVISIONING_SECONDS
from tests.synth.conftest import Template
from tests.synth.machines import Machine, definition, evaluate, expression, reached, tasks
from tests.synth.roles import SeatRoles, sagemaker_arn

RUN = "0123456789ab"
KINDS = {
    "ProcessingJob": "processing-job",
    "TrainingJob": "training-job",
    "TransformJob": "transform-job",
    "Model": "model",
}


@pytest.fixture(scope="module")
def pipeline(attendee_template: Template) -> Machine:
    return definition(attendee_template, "sample--ann", "Pipeline")


def test_jobs_wait_and_end(pipeline: Machine) -> None:
    resources = {name: state["Resource"].rpartition(":::")[2] for name, state in tasks(pipeline)}
    assert resources == {
        "Prepare": "sagemaker:createProcessingJob.sync",
        "Train": "sagemaker:createTrainingJob.sync",
        "Gate": "lambda:invoke",
        "Model": "sagemaker:createModel",
        "Infer": "sagemaker:createTransformJob.sync",
        "Score": "sagemaker:createProcessingJob.sync",
        "ReadMetrics": "aws-sdk:s3:getObject",
        "RecordSuccess": "aws-sdk:s3:putObject",
        "RecordStopped": "aws-sdk:s3:putObject",
        "RecordFailure": "aws-sdk:s3:putObject",
    }


def test_everything_made_is_tagged_for_the_class_and_named_after_the_seat(
    pipeline: Machine, attendee_template: Template, class_template: Template
) -> None:
    role = SeatRoles("ann", attendee_template, class_template).pipeline
    creates = [(name, state) for name, state in tasks(pipeline) if "sagemaker:create" in state["Resource"]]
    for name, state in creates:
        arguments = state["Arguments"]
        tags = {tag["Key"]: tag["Value"] for tag in arguments["Tags"]}
        assert tags == {"classlab:classroom": "sample", "classlab:attendee": "ann"}
        action = state["Resource"].rpartition(":create")[2].removesuffix(".sync")
        made = evaluate(expression(arguments[f"{action}Name"]), run=RUN)
        assert made == f"sample--ann--{name.lower()}--{RUN}"
        assert role.may(f"sagemaker:Create{action}", sagemaker_arn(KINDS[action], made), _context(arguments)), name


def test_a_run_writes_below_its_own_prefix(pipeline: Machine) -> None:
    paths = set(re.findall(r"seatbucket-[0-9a-z]+/[^\"]*", json.dumps(pipeline)))
    assert paths
    assert all(path.partition("/")[2].startswith("runs/churn-xgboost/' & $run & '/") for path in paths)


def test_result_objects_have_the_contracts_keys(pipeline: Machine) -> None:
    for name in ("RecordSuccess", "RecordStopped", "RecordFailure"):
        assert set(pipeline["States"][name]["Arguments"]["Body"]) == set(PipelineResult.__annotations__)


def test_before_the_gate_a_result_has_no_verdict(pipeline: Machine) -> None:
    body = pipeline["States"]["RecordFailure"]["Arguments"]["Body"]
    assert evaluate(expression(body["gate"]), judged={}) is None
    assert evaluate(expression(body["validation"]), judged={}) == {}
    judged = {"gate": {"passed": True}, "validation": {"auc": 0.97}}
    assert evaluate(expression(body["gate"]), judged=judged) == {"passed": True}
    assert evaluate(expression(body["validation"]), judged=judged) == {"auc": 0.97}


def test_script_mode_values_are_json(pipeline: Machine) -> None:
    values = pipeline["States"]["Train"]["Arguments"]["HyperParameters"]
    assert json.loads(values["sagemaker_program"]) == "train.py"
    assert json.loads(values["sagemaker_submit_directory"]).endswith("/labs/churn-xgboost/source.tar.gz")
    for value in values.values():
        json.loads(value)


@pytest.mark.parametrize(
    ("cause", "reason"),
    [
        (
            '{"ExitMessage": "churn.csv, row 7: no number", "FailureReason": "AlgorithmError: see logs"}',
            "churn.csv",
        ),
        ('{"FailureReason": "AlgorithmError: bad label"}', "AlgorithmError: bad label"),
        ('{"errorMessage": "no evaluation.json", "errorType": "BadEvaluation"}', "no evaluation.json"),
        ('{"ExitMessage": "", "FailureReason": "InternalServerError"}', "InternalServerError"),
        ("User is not authorized to perform: sagemaker:CreateModel", "User is not authorized"),
        (None, "States.Timeout"),
    ],
)
def test_a_failure_tells_the_jobs_own_reason(pipeline: Machine, cause: str | None, reason: str) -> None:
    (caught,) = pipeline["States"]["Prepare"]["Catch"]
    error = {"Error": "States.Timeout"} | ({"Cause": cause} if cause else {})
    told = evaluate(expression(caught["Assign"]["reason"]), states={"errorOutput": error})
    assert told.startswith(f"Prepare: {reason}")


def test_the_gate_says_what_was_too_low(pipeline: Machine) -> None:
    cause = expression(pipeline["States"]["StoppedByGate"]["Cause"])
    low = evaluate(cause, judged={"gate": {"metric": "auc", "value": 0.91, "at_least": 0.96, "passed": False}})
    assert low == "the validation auc is 0.91, below the threshold of 0.96"


def test_below_the_gate_no_model_is_made(pipeline: Machine) -> None:
    assert pipeline["States"]["GatePassed"]["Default"] == "RecordStopped"
    after = reached(pipeline, "RecordStopped")
    assert after == {"RecordStopped", "StoppedByGate"}


def test_limits_of_the_lab_hold(pipeline: Machine) -> None:
    train = pipeline["States"]["Train"]
    assert train["Arguments"]["StoppingCondition"] == {"MaxRuntimeInSeconds": 900}
    assert train["TimeoutSeconds"] == 900 + PROVISIONING_SECONDS
    assert pipeline["TimeoutSeconds"] > sum(state.get("TimeoutSeconds", 0) for _, state in tasks(pipeline))


def _context(arguments: Machine) -> dict[str, list[str]]:
    """The condition keys SageMaker would take from a request."""
    text = json.dumps(arguments)
    instances = re.findall(r'"InstanceType": "([^"]+)"', text)
    limits = re.findall(r'"MaxRuntimeInSeconds": (\d+)', text)
    tags = {f"aws:requesttag/{tag['Key']}".lower(): [tag["Value"]] for tag in arguments["Tags"]}
    return (
        tags
        | ({"sagemaker:instancetypes": instances} if instances else {})
        | ({"sagemaker:maxruntimeinseconds": limits} if limits else {})
    )
