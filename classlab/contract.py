"""Every string that two parts of ClassLab must agree on: names, tags, keys, documents.

Imports nothing of ours and only the standard library: it is bundled with the Lambdas. Names follow decision 10 of
the architecture: a stack is ``<classroom>--<attendee>``, jobs are ``<stack>--<step>--<12 hex>``, and ``--`` is
forbidden inside either part, so that ``ann`` never reaches ``ann-b``.
"""

import re
from typing import Literal, NotRequired, TypedDict

SEPARATOR = "--"
CLASSROOM_MAX = 12
ATTENDEE_MAX = 20
STEP_MAX = 13
LAB_MAX = 20
JOB_NAME_MAX = 63
TUNING_NAME_MAX = 32  # of a tuning job's name; its training jobs get -NNN-<8 hex> behind it
RUN_ID_PATTERN = r"[0-9a-f]{12}"

CLASSROOM_PATTERN = re.compile(rf"(?!.*--)[a-z]([a-z0-9-]{{0,{CLASSROOM_MAX - 2}}}[a-z0-9])?")
ATTENDEE_PATTERN = re.compile(rf"(?!.*--)[a-z0-9]([a-z0-9-]{{0,{ATTENDEE_MAX - 2}}}[a-z0-9])?")

TAG_CLASSROOM = "classlab:classroom"
TAG_ATTENDEE = "classlab:attendee"

# --- names of stacks, roles, parameters --------------------------------------------------------------------------


def classroom_stack_name(classroom: str) -> str:
    """The class stack bears the classroom's own name; no attendee stack can, for lack of the separator."""
    return classroom


def attendee_stack_name(classroom: str, attendee: str) -> str:
    """The stack of one attendee, at most 34 characters."""
    return f"{classroom}{SEPARATOR}{attendee}"


def split_stack_name(stack: str) -> tuple[str, str] | None:
    """``(classroom, attendee)`` of an attendee stack's name, or None where the name is not of that form."""
    classroom, separator, attendee = stack.partition(SEPARATOR)
    if separator and CLASSROOM_PATTERN.fullmatch(classroom) and ATTENDEE_PATTERN.fullmatch(attendee):
        return classroom, attendee
    return None


def job_name(stack: str, step: str, run: str) -> str:
    """Name of a job, model or transform of one run: ``<stack>--<step>--<run>``, 63 characters at most."""
    return f"{stack}{SEPARATOR}{step}{SEPARATOR}{run}"


def tuning_prefix(classroom: str, digits: str) -> str:
    """What a seat's tuning jobs are called before their own ``-<name>``: ``<classroom>---<8 hex digits>``.

    A stack's name would leave no room for one. The digits are the first of the stack's own id, and three dashes tell
    the prefix from the name of any seat, since no attendee's id begins with a dash. At least 8 characters are left.
    """
    return f"{classroom}{SEPARATOR}-{digits}"


def role_path(classroom: str) -> str:
    """IAM path of every role an attendee stack creates."""
    return f"/classlab/{classroom}/"


def service_role_path(classroom: str) -> str:
    """IAM path of the class stack's own roles and policies, which the teardown leaves alone."""
    return f"/classlab-services/{classroom}/"


def notebook_name(stack: str) -> str:
    """Name of the notebook instance, and of its lifecycle configuration, in an attendee stack."""
    return f"{stack}{SEPARATOR}notebook"


def teardown_machine_name(classroom: str) -> str:
    """Name of the teardown state machine in the class stack."""
    return f"{classroom}-teardown"


def schedule_group(classroom: str) -> str:
    """Scheduler group that holds the class's one schedule."""
    return f"classlab-{classroom}"


def function_log_group(classroom: str, function: str) -> str:
    """Log group of a function of the class stack."""
    return f"/classlab/{classroom}/{function}"


def machine_log_group(machine: str) -> str:
    """Log group of a state machine; this prefix spares the account-wide log resource policy."""
    return f"/aws/vendedlogs/states/{machine}"


def parameter_name(classroom: str, key: "ClassParameter") -> str:
    """SSM parameter that hands a value of the class stack to the attendee template."""
    return f"/classlab/{classroom}/{key}"


def boundary_export(classroom: str) -> str:
    """Export of the class stack (ARN of the boundary policy) that every attendee stack imports."""
    return f"{classroom}-attendee-boundary"


ClassParameter = Literal["class-bucket", "asset-prefix", "pipeline-function-arn", "pipeline-function-role-arn"]

# --- objects in the class bucket ---------------------------------------------------------------------------------

ASSETS_PREFIX = "assets/"  # assets/<build id>/...: what `classlab build` made, copied there by the class stack
DATA_PREFIX = "data/"  # data/<file>: what `classlab data put` uploaded
SHARED_PREFIX = "shared/"  # shared/<key in a seat's bucket>: outputs that `classlab share` took from one seat for all
WORK_PREFIX = "work/"  # work/<attendee>/...: archived by the teardown before a seat's bucket goes (`archive_key`)
TEARDOWN_PREFIX = "teardown/"
TEARDOWN_LOCK_KEY = TEARDOWN_PREFIX + "lock.json"
TEARDOWN_REPORT_KEY = TEARDOWN_PREFIX + "report.json"  # the latest run's report


def ledger_key(run: str) -> str:
    """Ledger of one teardown run; ``run`` is the name of its state machine execution."""
    return f"{TEARDOWN_PREFIX}runs/{run}/ledger.json"


def plan_key(run: str) -> str:
    """What a dry run would delete."""
    return f"{TEARDOWN_PREFIX}runs/{run}/plan.json"


# --- objects in an attendee's bucket -----------------------------------------------------------------------------

STATUS_KEY = "status/environment.json"
SEAT_WORK_PREFIX = "work/"
RUNS_PREFIX = "runs/"
OUTPUTS_PREFIX = "outputs/"


def run_prefix(lab: str, run: str) -> str:
    """Everything one pipeline run writes lies under this key prefix."""
    return f"{RUNS_PREFIX}{lab}/{run}/"


def outputs_key(lab: str) -> str:
    """What the lab's latest success left for later labs, see :class:`LabOutputs`."""
    return f"{OUTPUTS_PREFIX}{lab}.json"


def result_key(lab: str, run: str) -> str:
    """The result object of a pipeline run, see :class:`PipelineResult`."""
    return run_prefix(lab, run) + "result.json"


# --- on a notebook instance, below /home/ec2-user/SageMaker ------------------------------------------------------

SEAT_LABS_FOLDER = "labs"  # the clone of the lab bundle, a folder a lab
SEAT_STATE_FOLDER = ".classlab"  # kernels, tools, and `seat.json`, which tells a notebook whose seat it is in


def seat_notebook(lab: str, notebook: str = "") -> str:
    """Path of a lab's notebook for Jupyter, or of one of its further ones; ``lab`` is the name in its manifest."""
    return f"{SEAT_LABS_FOLDER}/{lab}/{notebook or lab}.ipynb"


def archive_key(attendee: str, key: str) -> str:
    """Where an object of a seat's bucket is kept in the class bucket when the seat goes; empty where it is not.

    Outputs lie beside the work, in the folder that the instance never copies from. Prepared data can be made again.
    """
    folder = f"{WORK_PREFIX}{attendee}/"
    if key.startswith(SEAT_WORK_PREFIX):
        return folder + key.removeprefix(SEAT_WORK_PREFIX)
    if key.startswith((OUTPUTS_PREFIX, RUNS_PREFIX)) and "/prepare/" not in key:
        return f"{folder}{SEAT_STATE_FOLDER}/{key}"
    return ""


# --- outputs of the stacks ---------------------------------------------------------------------------------------


class ClassroomOutput:
    """Output keys of the class stack."""

    BUCKET = "ClassBucket"
    TEARDOWN_MACHINE = "TeardownStateMachineArn"
    SCHEDULE = "TeardownScheduleName"
    SCHEDULE_GROUP = "TeardownScheduleGroup"
    BOUNDARY = "AttendeeBoundaryArn"
    INSTRUCTOR_ROLE = "InstructorRoleArn"  # for colleagues who run the class but deploy nothing
    LOG_GROUPS = "LogGroups"  # comma-separated names of every log group the class stack's functions write to


class AttendeeOutput:
    """Output keys of an attendee stack. The pipeline of a lab is ``PIPELINE_PREFIX + camel_case(lab)``."""

    BUCKET = "Bucket"
    NOTEBOOK = "NotebookInstanceName"
    EXECUTION_ROLE = "ExecutionRoleArn"


def pipeline_output(lab: str) -> str:
    """Output key that holds the ARN of a lab's pipeline state machine (``PipelineChurnXgboost``)."""
    return "Pipeline" + "".join(part.capitalize() for part in re.split(r"[-_]", lab))


def pipeline_machine_name(stack: str, lab: str) -> str:
    """Name of a lab's pipeline state machine in an attendee stack."""
    return f"{stack}{SEPARATOR}{lab}"


# --- environment variables ---------------------------------------------------------------------------------------


class InstanceVariable:
    """What the lifecycle configuration's header exports on a notebook instance."""

    STACK = "CLASSLAB_STACK"
    REGION = "AWS_DEFAULT_REGION"
    BUCKET = "CLASSLAB_BUCKET"
    CLASS_BUCKET = "CLASSLAB_CLASS_BUCKET"
    ASSET_PREFIX = "CLASSLAB_ASSET_PREFIX"
    ROLE_ARN = "CLASSLAB_ROLE_ARN"
    CLASSROOM = "CLASSLAB_CLASSROOM"
    ATTENDEE = "CLASSLAB_ATTENDEE"
    NOTEBOOK = "CLASSLAB_NOTEBOOK_INSTANCE"
    TUNING_PREFIX = "CLASSLAB_TUNING_PREFIX"
    IDLE_MINUTES = "CLASSLAB_IDLE_MINUTES"


class FunctionVariable:
    """Environment variables of the class stack's functions; every function gets all that it reads, checked there."""

    CLASSROOM = "CLASSLAB_CLASSROOM"
    CLASS_BUCKET = "CLASSLAB_CLASS_BUCKET"
    BOUNDARY_ARN = "CLASSLAB_BOUNDARY_ARN"  # teardown only
    SERVICE = "POWERTOOLS_SERVICE_NAME"
    METRICS_NAMESPACE = "POWERTOOLS_METRICS_NAMESPACE"
    LOG_LEVEL = "POWERTOOLS_LOG_LEVEL"


class JobVariable:
    """What the prepare job of a pipeline finds in its environment."""

    DATA_URI = "CLASSLAB_DATA_URI"
    DATA_SHA256 = "CLASSLAB_DATA_SHA256"


METRICS_NAMESPACE = "ClassLab"  # of every function's metrics, written as log lines

# --- documents ---------------------------------------------------------------------------------------------------


class EnvironmentStatus(TypedDict):
    """The status object that the worker on a notebook instance writes (``STATUS_KEY``)."""

    state: Literal["preparing", "ready", "broken"]
    reason: str  # empty unless broken
    log_tail: str  # the end of the worker's log when broken
    at: str  # when it was written: ISO 8601, UTC
    ready_at: NotRequired[str]  # when the seat became ready after its last start; only while it is ready
    fingerprint: str  # SHA-256 over the canonical JSON of `parts`; empty until measured
    parts: dict[str, object]  # what was measured, by part name


class PipelineData(TypedDict):
    """Where the input of a pipeline run lies: a file, or the prefix that an earlier lab prepared."""

    source: str  # s3://...
    sha256: str  # of the raw file that it goes back to
    generated: bool


class PipelineSettings(TypedDict):
    """What a run does otherwise than its lab's manifest says; empty mappings where nothing."""

    prepare: dict[str, str]  # environment variables of the prepare job
    train: dict[str, str]  # hyperparameters as SageMaker gets them: JSON-encoded for a script, plain for an algorithm


class PipelineInput(TypedDict):
    """Input of a lab's pipeline state machine."""

    run: str  # 12 hex digits
    data: PipelineData
    settings: PipelineSettings


class LabOutputs(TypedDict):
    """What later labs, notebooks and `classlab jump` start from (``outputs_key``)."""

    lab: str
    run: str
    made_by: Literal["pipeline", "notebook", "jump"]
    data: PipelineData  # what it was made from
    prepared: str  # s3://.../: prefix of the folders that prepare wrote
    scored: str  # s3://.../: prefix of what score.py wrote
    artifact: str  # s3://.../model.tar.gz; empty where none
    hyperparameters: dict[str, str]  # of the training job, as SageMaker got them
    validation: dict[str, float]  # what the training measured, with training_seconds
    metrics: dict[str, float]  # on the test set


class GateVerdict(TypedDict):
    """What the gate decided, and on what."""

    metric: str
    value: NotRequired[float]
    at_least: float
    passed: bool


class PipelineResult(TypedDict):
    """The result object of a pipeline run (``result_key``)."""

    lab: str
    run: str
    status: Literal["succeeded", "stopped-by-gate", "failed"]
    reason: str  # empty unless failed or stopped
    data: PipelineData
    gate: GateVerdict | None
    metrics: dict[str, float]  # test metrics of the scoring step; empty where it did not run
    validation: dict[str, float]  # what train.py measured on the validation rows


# --- what the state machines say to the functions, and hear ------------------------------------------------------


class AssetFile(TypedDict):
    """One file of ``classlab build`` in the CDK's staging bucket."""

    SourceBucket: str
    SourceKey: str
    Path: str  # below the prefix in the class bucket
    Sha256: str


class AssetProperties(TypedDict):
    """Properties of the custom resource that fills the class bucket, and empties it when it is deleted.

    Its physical id is the class bucket's name whatever the build, so that an update never deletes.
    """

    ServiceToken: str
    ClassBucket: str
    Prefix: str  # ends with a slash
    Files: list[AssetFile]


class GateRequest(TypedDict):
    """Event of the pipeline function: judge the evaluation.json inside a training job's output.tar.gz.

    A built-in algorithm writes none; `measured` then holds the job's own final metrics, and the archive is not read.
    """

    bucket: str
    key: str
    metric: str
    at_least: float
    measured: NotRequired[dict[str, float]]


class GateAnswer(TypedDict):
    """Answer of the pipeline function; a missing or unreadable evaluation is an error named ``BadEvaluation``."""

    gate: GateVerdict
    validation: dict[str, float]  # everything numeric in evaluation.json


TeardownAction = Literal["lock", "freeze", "stop", "scan", "apply", "verify", "report", "unlock"]
TeardownVerdict = Literal["CLEAN", "LEFTOVERS", "UNKNOWN"]


class TeardownInput(TypedDict):
    """Input of the teardown state machine."""

    reason: str  # who or what asked: "schedule", "instructor"
    dry_run: bool  # True: scan and write plan_key(execution name) only; no lock, no freeze, nothing changed


class TeardownRequest(TypedDict):
    """Event of the teardown function: one slice of work, resumable, repeated until it is done.

    The machine calls lock, freeze, stop, scan, apply, verify, report, unlock in this order, each until ``done``.
    A dry run calls scan alone. After an error that its retries did not heal it calls report with ``error`` set (the
    verdict is then never CLEAN) and unlock. An error named ``LockHeld`` ends the run at once, without report or unlock.
    """

    action: TeardownAction
    execution: str  # ARN of the state machine's execution; its last part names the run (`ledger_key`)
    started: str  # ISO 8601, when the execution started: deadlines count from here
    dry_run: bool
    reason: str
    error: NotRequired[str]  # report only: what went wrong before it


class TeardownAnswer(TypedDict):
    """Answer of the teardown function."""

    done: bool
    wait_seconds: int  # at least 1; how long the machine waits before it asks again, where not done
    verdict: NotRequired[TeardownVerdict]  # of report
    planned: NotRequired[int]  # of scan
    remaining: NotRequired[int]  # of apply
