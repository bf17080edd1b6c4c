"""The pipeline of a seat: prepare → train → gate → model → infer → score → result object."""

import json
import re
from typing import cast

import pytest

from classlab.contract import LabOutputs, PipelineResult, pipeline_output
from classlab.labs import PROCESSING_STARTER, Lab, read_lab
from classlab.settings import read_classroom
from infra.asl.jobs import Run
from infra.asl.lab_pipeline import PROVISIONING_SECONDS, Pipeline
from infra.asl.language import THROTTLED
from infra.seat import Seat
from tests.synth.conftest import CLASSROOM_FILE, LABS, Template
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


@pytest.fixture(scope="module", params=LABS, ids=lambda lab: lab.name)
def any_pipeline(request: pytest.FixtureRequest, full_attendee_template: Template) -> tuple[Lab, Machine]:
    """Every lab's machine in one seat."""
    return request.param, definition(full_attendee_template, "sample--ann", pipeline_output(request.param.name))


def test_jobs_wait_and_end(any_pipeline: tuple[Lab, Machine]) -> None:
    lab, machine = any_pipeline
    resources = {name: state["Resource"].rpartition(":::")[2] for name, state in tasks(machine)}
    facts = {"ReadFacts": "aws-sdk:s3:getObject"} if lab.pipeline.train.facts else {}
    assert resources == {
        "Prepare": "sagemaker:createProcessingJob.sync",
        **facts,
        "Train": "sagemaker:createTrainingJob.sync",
        "Gate": "lambda:invoke",
        "Model": "sagemaker:createModel",
        "Infer": "sagemaker:createTransformJob.sync",
        "Score": "sagemaker:createProcessingJob.sync",
        "ReadMetrics": "aws-sdk:s3:getObject",
        "KeepOutputs": "aws-sdk:s3:putObject",
        "RecordSuccess": "aws-sdk:s3:putObject",
        "RecordStopped": "aws-sdk:s3:putObject",
        "RecordFailure": "aws-sdk:s3:putObject",
    }


def test_whatever_is_throttled_is_tried_again(any_pipeline: tuple[Lab, Machine]) -> None:
    asking = [state for _, state in tasks(any_pipeline[1]) if ":::sagemaker:" in state["Resource"]]
    assert asking
    for state in asking:
        first = state["Retry"][0]
        assert (set(first["ErrorEquals"]), first["MaxAttempts"]) == (set(THROTTLED), 5)


def test_everything_made_is_tagged_for_the_class_and_named_after_the_seat(
    any_pipeline: tuple[Lab, Machine], full_attendee_template: Template, full_class_template: Template
) -> None:
    role = SeatRoles("ann", full_attendee_template, full_class_template).pipeline
    creates = [(name, state) for name, state in tasks(any_pipeline[1]) if "sagemaker:create" in state["Resource"]]
    for name, state in creates:
        arguments = state["Arguments"]
        tags = {tag["Key"]: tag["Value"] for tag in arguments["Tags"]}
        assert tags == {"classlab:classroom": "sample", "classlab:attendee": "ann"}
        action = state["Resource"].rpartition(":create")[2].removesuffix(".sync")
        made = evaluate(expression(arguments[f"{action}Name"]), run=RUN)
        assert made == f"sample--ann--{name.lower()}--{RUN}"
        assert role.may(f"sagemaker:Create{action}", sagemaker_arn(KINDS[action], made), _context(arguments)), name


def test_a_run_writes_below_its_own_prefix_and_tells_later_labs(
    any_pipeline: tuple[Lab, Machine], full_attendee_template: Template, full_class_template: Template
) -> None:
    lab, machine = any_pipeline
    paths = set(re.findall(r"seatbucket-[0-9a-z]+/[^\"]*", json.dumps(machine)))
    assert paths
    assert all(path.partition("/")[2].startswith(f"runs/{lab.name}/' & $run & '/") for path in paths)
    kept = machine["States"]["KeepOutputs"]["Arguments"]
    assert kept["Key"] == f"outputs/{lab.name}.json"
    role = SeatRoles("ann", full_attendee_template, full_class_template)
    assert role.pipeline.may("s3:PutObject", f"arn:aws:s3:::{role.bucket}/{kept['Key']}")


def test_what_is_read_may_be_read(
    any_pipeline: tuple[Lab, Machine], full_attendee_template: Template, full_class_template: Template
) -> None:
    role = SeatRoles("ann", full_attendee_template, full_class_template)
    for _, state in tasks(any_pipeline[1]):
        if state["Resource"].endswith("getObject"):
            key = evaluate(expression(state["Arguments"]["Key"]), run=RUN)
            assert role.pipeline.may("s3:GetObject", f"arn:aws:s3:::{role.bucket}/{key}")


def test_outputs_have_the_contracts_keys(pipeline: Machine) -> None:
    body = pipeline["States"]["KeepOutputs"]["Arguments"]["Body"]
    assert set(body) == set(LabOutputs.__annotations__)
    judged = {"validation": {"auc": 0.97}}
    assert pipeline["States"]["Train"]["Assign"]["hyperparameters"] == "{% $states.result.HyperParameters %}"
    told = evaluate(expression(body["validation"]), judged=judged, training_seconds=61)
    assert told == {"auc": 0.97, "training_seconds": 61}


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
    text = expression(pipeline["States"]["Train"]["Arguments"]["HyperParameters"])
    values = evaluate(text, settings={"prepare": {}, "train": {}})
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


CHURN = read_lab("churn_xgboost")


def _lab(**steps: dict[str, object]) -> Lab:
    """The churn lab with steps that differ."""
    changed = {name: getattr(CHURN.pipeline, name).model_copy(update=members) for name, members in steps.items()}
    return CHURN.model_copy(update={"pipeline": CHURN.pipeline.model_copy(update=changed)})


def _states(lab: Lab) -> Machine:
    """The states of a lab's machine in a seat of plain names."""
    classroom = read_classroom(CLASSROOM_FILE)
    names = {
        "bucket": "seat",
        "class_bucket": "class",
        "asset_prefix": "assets/1/",
        "role_arn": "arn:aws:iam::1:role/r",
    }
    seat = Seat(classroom=classroom, stack="sample--ann", region="us-east-1", **names)
    machine = Pipeline(run=Run(seat=seat, lab=lab), gate_function_arn="arn:gate").definition()
    return cast("Machine", machine["States"])


def test_a_run_may_do_otherwise_than_the_manifest() -> None:
    states = _states(_lab(prepare={"settings": {"IMAGE_SIZE": "224", "SEED": "1"}}))
    data = {"source": "s3://class/data/x", "sha256": "00", "generated": True}
    settings = {"prepare": {"IMAGE_SIZE": "48"}, "train": {"max_depth": '"3"'}}
    environment = evaluate(expression(states["Prepare"]["Arguments"]["Environment"]), data=data, settings=settings)
    assert environment == {
        "IMAGE_SIZE": "48",
        "SEED": "1",
        "CLASSLAB_DATA_URI": data["source"],
        "CLASSLAB_DATA_SHA256": "00",
    }
    values = evaluate(expression(states["Train"]["Arguments"]["HyperParameters"]), settings=settings)
    assert (values["max_depth"], values["early_stopping_rounds"]) == ('"3"', '"60"')


def test_values_of_the_manifest_arrive_as_they_are_written() -> None:
    odd = 'it\'s "so" \\ 값'
    states = _states(_lab(prepare={"settings": {"TITLE": odd}}, train={"hyperparameters": {"title": odd}}))
    settings: dict[str, dict[str, str]] = {"prepare": {}, "train": {}}
    data = {"source": "s3://class/data/x", "sha256": "00"}
    environment = evaluate(expression(states["Prepare"]["Arguments"]["Environment"]), data=data, settings=settings)
    assert environment["TITLE"] == odd
    values = evaluate(expression(states["Train"]["Arguments"]["HyperParameters"]), settings=settings)
    assert json.loads(values["title"]) == odd


def test_what_prepare_found_out_comes_last() -> None:
    states = _states(_lab(train={"built_in": True, "facts": True, "hyperparameters": {"epochs": "5"}}))
    assert (states["Prepare"]["Next"], states["ReadFacts"]["Next"]) == ("ReadFacts", "Train")
    text = expression(states["Train"]["Arguments"]["HyperParameters"])
    settings = {"prepare": {}, "train": {"epochs": "2", "num_classes": "3"}}
    assert evaluate(text, settings=settings, facts={"num_classes": "11"}) == {"epochs": "2", "num_classes": "11"}


def test_an_algorithm_is_judged_by_the_jobs_own_metrics_and_serves_itself() -> None:
    states = _states(_lab(train={"built_in": True}))
    assert "Environment" not in states["Model"]["Arguments"]["PrimaryContainer"]
    assert states["Gate"]["Arguments"]["Payload"]["measured"] == "{% $measured %}"
    measured = expression(states["Train"]["Assign"]["measured"])
    job = {"FinalMetricDataList": [{"MetricName": "validation:accuracy", "Value": 0.9, "Timestamp": 1}]}
    assert evaluate(measured, states={"result": job}) == {"validation:accuracy": 0.9}
    job["FinalMetricDataList"].append({"MetricName": "train:accuracy", "Value": 1.0, "Timestamp": 1})
    assert evaluate(measured, states={"result": job}) == {"validation:accuracy": 0.9, "train:accuracy": 1.0}
    assert evaluate(measured, states={"result": {}}) == {}


def test_pictures_are_sent_one_by_one() -> None:
    states = _states(_lab(infer={"split": "none", "content_type": "application/x-image", "accept": "application/json"}))
    request = states["Infer"]["Arguments"]
    given, answer = request["TransformInput"], request["TransformOutput"]
    assert (given["SplitType"], given["ContentType"]) == ("None", "application/x-image")
    assert (answer["AssembleWith"], answer["Accept"]) == ("None", "application/json")


def test_the_code_may_lie_beside_the_model() -> None:
    container = _states(_lab(infer={"code": "model"}))["Model"]["Arguments"]["PrimaryContainer"]
    assert container["Environment"]["SAGEMAKER_PROGRAM"] == "inference.py"
    assert container["Environment"]["SAGEMAKER_SUBMIT_DIRECTORY"] == "/opt/ml/model/code"


def test_processing_jobs_are_started_by_the_script_beside_theirs() -> None:
    states = _states(CHURN)
    for state, script in {"Prepare": "prepare.py", "Score": "score.py"}.items():
        request = states[state]["Arguments"]
        (code,) = (item for item in request["ProcessingInputs"] if item["InputName"] == "code")
        folder = code["S3Input"]["LocalPath"]
        entrypoint = request["AppSpecification"]["ContainerEntrypoint"]
        assert entrypoint == ["/bin/bash", f"{folder}/{PROCESSING_STARTER}", script]


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
