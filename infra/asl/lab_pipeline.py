"""The state machine of a lab: prepare → train → gate → model → infer → score → outputs and result objects.

Variables: ``run``, ``data`` and ``settings`` from the input, ``facts`` (hyperparameters that prepare wrote, where the
lab's manifest says so), ``judged`` (``contract.GateAnswer``, empty before the gate), ``metrics``
from the scoring, ``reason`` from a catch. Whatever happens, a run ends with a result object
(``contract.PipelineResult``) in the attendee's bucket; a failure that prevents even that ends the execution with the
same cause.
"""

from dataclasses import dataclass

from classlab.contract import outputs_key, result_key
from classlab.labs import JobStep, image_uri
from infra.asl import jobs
from infra.asl.jobs import Request, Run
from infra.asl.language import (
    LAMBDA_TRANSIENT,
    S3_TRANSIENT,
    THROTTLED,
    State,
    States,
    catch,
    choice,
    expression,
    fail,
    machine,
    retry,
    task,
)

# AWS provisions an instance before a job's own clock starts, and cleans up after it.
PROVISIONING_SECONDS = 20 * 60
_QUOTA = ["SageMaker.ResourceLimitExceededException"]
# A failed job's cause is its Describe as JSON; a refused call's is text. The first that says something is the reason.
_REASON = (
    "($cause := $states.errorOutput.Cause; "
    "$job := $exists($cause) and $substring($cause, 0, 1) = '{' ? $parse($cause) : {}; "
    "[$job.ExitMessage, $job.FailureReason, $job.errorMessage, $cause, $states.errorOutput.Error]"
    "[$length($) > 0][0])"
)
_BELOW = (
    "($gate := $judged.gate; 'the validation ' & $gate.metric & ' is ' & "
    "($exists($gate.value) ? $string($gate.value) : 'missing') & "
    "', below the threshold of ' & $string($gate.at_least))"
)


@dataclass(frozen=True, kw_only=True)
class Pipeline:
    """One lab's pipeline in one attendee's stack."""

    run: Run
    gate_function_arn: str

    def definition(self) -> dict[str, object]:
        """The whole machine."""
        steps = self.run.lab.pipeline
        minutes = sum(step.minutes for step in steps.jobs.values())
        return machine(
            {**self._jobs(), **self._endings()},
            start="Begin",
            comment=f"{self.run.lab.title}: prepare, train, gate, model, infer, score",
            timeout_seconds=minutes * 60 + 5 * PROVISIONING_SECONDS,
        )

    def _jobs(self) -> States:
        run, steps = self.run, self.run.lab.pipeline
        prepare = jobs.prepare_job(run, self._image(steps.prepare))
        train = jobs.train_job(run, self._image(steps.train))
        score = jobs.score_job(run, self._image(steps.score))
        return {
            "Begin": _begin(),
            **self._facts(_job("Prepare", "Processing", steps.prepare, prepare, "Train")),
            "Train": {**_job("Train", "Training", steps.train, train, "Gate"), "Assign": self._trained()},
            "Gate": self._gate(),
            "GatePassed": choice("$judged.gate.passed", then="Model", otherwise="RecordStopped"),
            "Model": _request("Model", "createModel", jobs.model(run, self._image(steps.infer)), "Infer"),
            "Infer": _job("Infer", "Transform", steps.infer, jobs.infer_job(run), "Score"),
            "Score": _job("Score", "Processing", steps.score, score, "ReadMetrics"),
            "ReadMetrics": self._read("ReadMetrics", "score/metrics.json", "metrics", "KeepOutputs"),
            "KeepOutputs": self._keep_outputs(),
        }

    def _facts(self, prepare: State) -> States:
        """The preparation, and where the manifest says so a look at what it found out about the data."""
        if not self.run.lab.pipeline.train.facts:
            return {"Prepare": prepare}
        read = self._read("ReadFacts", "prepare/facts/hyperparameters.json", "facts", then="Train")
        return {"Prepare": {**prepare, "Next": "ReadFacts"}, "ReadFacts": read}

    def _endings(self) -> States:
        reason = expression("$reason")
        return {
            "RecordSuccess": self._record("succeeded", "", expression("$metrics"), then=None),
            "RecordStopped": self._record("stopped-by-gate", expression(_BELOW), {}, then="StoppedByGate"),
            "StoppedByGate": fail("QualityGate", _BELOW),
            "RecordFailure": self._record("failed", reason, {}, then="Failed"),
            "Failed": fail("PipelineFailed", "$reason"),
        }

    def _image(self, step: JobStep) -> str:
        return image_uri(step.image, self.run.seat.classroom.region)

    def _trained(self) -> dict[str, object]:
        """What the job's Describe says; a built-in algorithm writes no evaluation, but its metrics stand there."""
        assign: dict[str, object] = {
            "artifact": expression("$states.result.ModelArtifacts.S3ModelArtifacts"),
            "training_seconds": expression("$states.result.TrainingTimeInSeconds"),
            "hyperparameters": expression("$states.result.HyperParameters"),
        }
        if self.run.lab.pipeline.train.built_in:
            assign["measured"] = expression("$merge([{}, $states.result.FinalMetricDataList.{MetricName: Value}])")
        return assign

    def _gate(self) -> State:
        built_in = self.run.lab.pipeline.train.built_in
        archive = {"bucket": self.run.seat.bucket, "key": self.run.training_output_key()}
        measured = {"measured": expression("$measured")} if built_in else {}
        request = {**archive, **measured, **self.run.lab.pipeline.gate.model_dump()}
        return task(
            "lambda:invoke",
            {"FunctionName": self.gate_function_arn, "Payload": request},
            Assign={"judged": expression("$states.result.Payload")},
            Retry=[retry(LAMBDA_TRANSIENT, interval=1, attempts=6)],
            Catch=[_caught("Gate")],
            Next="GatePassed",
        )

    def _read(self, state: str, path: str, variable: str, then: str) -> State:
        """A JSON object that a job of this run wrote, into a variable."""
        return task(
            "aws-sdk:s3:getObject",
            {"Bucket": self.run.seat.bucket, "Key": self.run.key(path)},
            Assign={variable: expression("$parse($states.result.Body)")},
            Retry=[retry(S3_TRANSIENT, interval=1, attempts=6)],
            Catch=[_caught(state)],
            Next=then,
        )

    def _keep_outputs(self) -> State:
        """Tell later labs where this one's outputs lie."""
        outputs = {
            "lab": self.run.lab.name,
            "run": expression("$run"),
            "made_by": "pipeline",
            "data": expression("$data"),
            "prepared": self.run.uri("prepare/"),
            "scored": self.run.uri("score/"),
            "artifact": expression("$artifact"),
            "hyperparameters": expression("$hyperparameters"),
            "validation": expression("$merge([$judged.validation, {'training_seconds': $training_seconds}])"),
            "metrics": expression("$metrics"),
        }
        return task(
            "aws-sdk:s3:putObject",
            {
                "Bucket": self.run.seat.bucket,
                "Key": outputs_key(self.run.lab.name),
                "Body": outputs,
                "ContentType": "application/json",
            },
            Retry=[retry(S3_TRANSIENT, interval=1, attempts=6)],
            Catch=[_caught("KeepOutputs")],
            Next="RecordSuccess",
        )

    def _record(self, status: str, reason: str, metrics: object, *, then: str | None) -> State:
        """Write the result object; without a next state the execution succeeds with it as its output."""
        result = {
            "lab": self.run.lab.name,
            "run": expression("$run"),
            "status": status,
            "reason": reason,
            "data": expression("$data"),
            "gate": expression("$exists($judged.gate) ? $judged.gate : null"),
            "metrics": metrics,
            "validation": expression("$exists($judged.validation) ? $judged.validation : {}"),
        }
        key = expression(f"'{result_key(self.run.lab.name, jobs.RUN)}'")
        return task(
            "aws-sdk:s3:putObject",
            {"Bucket": self.run.seat.bucket, "Key": key, "Body": result, "ContentType": "application/json"},
            Retry=[retry(S3_TRANSIENT, interval=1, attempts=6)],
            **({"Next": then, "Catch": [catch(["States.ALL"], then)]} if then else {"Output": result, "End": True}),
        )


def _job(state: str, kind: str, step: JobStep, request: Request, then: str) -> State:
    """A job that the machine waits for; a transform has no time limit of its own, so the state always has one."""
    limit = step.minutes * 60 + PROVISIONING_SECONDS
    return {**_request(state, f"create{kind}Job.sync", request, then), "TimeoutSeconds": limit}


def _request(state: str, call: str, request: Request, then: str) -> State:
    retries = [retry(THROTTLED, interval=2, attempts=5), retry(_QUOTA, interval=30, attempts=10, slowest=120)]
    return task(f"sagemaker:{call}", request, Retry=retries, Catch=[_caught(state)], Next=then)


def _begin() -> State:
    assign = {name: expression(f"$states.input.{name}") for name in ("run", "data", "settings")}
    return {"Type": "Pass", "Assign": {**assign, "judged": {}, "reason": ""}, "Next": "Prepare"}


def _caught(state: str) -> dict[str, object]:
    return catch(["States.ALL"], "RecordFailure", {"reason": expression(f"'{state}: ' & {_REASON}")})
