"""A report with something of everything, for the renderers' tests."""

from classlab.reporting.report import (
    DataRow,
    EnvironmentRow,
    GateRow,
    JudgeReport,
    KeptItem,
    NotebookRow,
    PipelineRow,
    PipelineStepRow,
    Report,
    StepRow,
    TeardownItem,
    TeardownReport,
)

STEPS = [
    ("engine", "Start the embedded AWS", 0.2, 1.4, "held"),
    ("bootstrap", "Bootstrap the account", 1.6, 14.2, "held"),
    ("class-stack", "Deploy the class stack", 15.8, 21.0, "held"),
    ("attendee-stacks", "Deploy 3 attendee stacks", 36.8, 24.6, "held"),
    ("pipelines", "Run the pipelines", 61.4, 22.8, "failed"),
    ("notebook", "Execute the notebook as ann", 84.2, 0.0, "skipped"),
    ("teardown", "End the class by its schedule", 84.2, 75.3, "held"),
    ("close", "Close the class", 159.5, 12.1, "held"),
]
PIPELINE_STEPS = [("Prepare", 4.1), ("Train", 6.2), ("Gate", 0.9), ("Model", 0.2), ("Infer", 5.5), ("Score", 3.9)]
FINGERPRINTS = {"ann": "1f" * 32, "ann-b": "1f" * 32, "anna": "9c" * 32}


def sample_report() -> Report:
    """A class of three: one environment drifted, one pipeline was stopped by its gate."""
    data = DataRow(source="s3://sample-classbucket/data/churn.csv", sha256="ab" * 32, generated=True)
    return Report(
        classroom="sample",
        engine="embedded",
        started_at="2026-11-20T10:00:00Z",
        seconds=173.4,
        template_sha256=["5e" * 32],
        environments=[_environment(attendee) for attendee in FINGERPRINTS],
        environments_identical=False,
        pipelines=[_pipeline(attendee, data) for attendee in FINGERPRINTS],
        notebooks=[NotebookRow(attendee="ann", lab="churn-xgboost", status="succeeded", cells=31, seconds=48.0)],
        teardown=_teardown(),
        judge=JudgeReport(asked=61, baseline=61, strangers=14, leftovers=["s3 buckets sample--ann-bucket"]),
        steps=[
            StepRow(name=name, title=title, started=started, seconds=seconds, outcome=outcome)
            for name, title, started, seconds, outcome in STEPS
        ],
        notes=["The data is generated: same schema, same gate, same code."],
        problems=["ann-b: the pipeline was stopped by its gate", "left behind: s3 buckets sample--ann-bucket"],
        ok=False,
    )


def _environment(attendee: str) -> EnvironmentRow:
    drifted = attendee == "anna"
    return EnvironmentRow(
        attendee=attendee,
        status="ready",
        fingerprint=FINGERPRINTS[attendee],
        seconds_to_ready=18.3,
        differs=["kernels.churn-xgboost.packages.pandas: 2.2.3 instead of 2.3.3"] if drifted else [],
    )


def _pipeline(attendee: str, data: DataRow) -> PipelineRow:
    stopped = attendee == "ann-b"
    return PipelineRow(
        attendee=attendee,
        lab="churn-xgboost",
        status="stopped-by-gate" if stopped else "succeeded",
        reason="auc is 0.9120, and at least 0.96 is asked for" if stopped else "",
        metrics={} if stopped else {"auc": 0.9871, "accuracy": 0.948, "rows": 500},
        gate=GateRow(metric="auc", at_least=0.96, passed=not stopped, value=0.912 if stopped else 0.985),
        data=data,
        seconds=21.4,
        steps=[PipelineStepRow(name=name, seconds=seconds) for name, seconds in PIPELINE_STEPS[: 3 if stopped else 6]],
    )


def _teardown() -> TeardownReport:
    arn = "arn:aws:sagemaker:us-east-1:123456789012:"
    return TeardownReport(
        verdict="CLEAN",
        kept=[KeptItem(arn=arn + "transform-job/sample--ann--infer--0123456789ab", why="AWS has no call to delete it")],
        planned=2,
        deleted=2,
        unattributed=[{"arn": arn + "model/sample--zoe--model", "reason": "only the name looks like ours"}],
        strangers_seen=14,
        scans=2,
        api_calls=412,
        seconds=71.2,
        items=[
            TeardownItem(arn=arn + f"endpoint/{name}", kind="Endpoint", proof="tag", outcome="deleted", attempts=2)
            for name in ("churn-ann", "churn-anna")
        ],
    )
