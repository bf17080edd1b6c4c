"""A report with something of everything, for the renderers' tests."""

from classlab.reporting.report import (
    DataRow,
    EnvironmentRow,
    GateRow,
    JudgeReport,
    KeptItem,
    LabRow,
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


WORKSHOP = [
    ("churn-xgboost", "Customer churn with XGBoost", "", "auc", 0.96, {"auc": 0.9883, "accuracy": 0.96, "f1": 0.8571}),
    ("churn-autogluon", "Customer churn with AutoGluon", "churn-xgboost", "auc", 0.96, {"auc": 0.9921, "f1": 0.8722}),
    ("image-data", "Pictures of animals", "", "accuracy", 0.3, {"accuracy": 0.4412, "macro_f1": 0.4321}),
    ("image-builtin", "Built-in image classification", "image-data", "validation:accuracy", 0.6, {}),
    ("image-tensorflow", "ResNet50 in TensorFlow", "image-data", "accuracy", 0.6, {"accuracy": 0.94, "macro_f1": 0.93}),
    ("image-pytorch", "ResNet18 in PyTorch", "image-data", "accuracy", 0.6, {"accuracy": 0.95, "macro_f1": 0.94}),
]


def workshop_report() -> Report:
    """One attendee and six labs: one that starts from the pictures was stopped by its gate."""
    rows = [_lab_run(*lab) for lab in WORKSHOP]
    read = [NotebookRow(attendee="ann", lab=row.lab, status="succeeded", cells=31, seconds=48.0) for row in rows]
    read.append(NotebookRow(attendee="ann", lab="image-pytorch", notebook="image-comparison", status="skipped", cells=0,
                            seconds=0, reason="it starts from image-data"))  # fmt: skip
    labs = [
        LabRow(
            name=name, title=title, starts_from=before, status="held" if metrics else "failed", pipelines=1,
            pipelines_succeeded=int(bool(metrics)), notebooks=1, notebooks_succeeded=1, seconds=row.seconds,
            metrics=metrics,
        )
        for (name, title, before, _, _, metrics), row in zip(WORKSHOP, rows, strict=True)
    ]  # fmt: skip
    return sample_report().model_copy(update={"labs": labs, "pipelines": rows, "notebooks": read})


def _lab_run(
    name: str, _title: str, before: str, metric: str, at_least: float, metrics: dict[str, float]
) -> PipelineRow:
    source = f"s3://sample--ann-seatbucket/runs/{before}/0123456789ab/prepare/" if before else f"s3://class/data/{name}"
    steps = [("ReadFacts", 0.4), *PIPELINE_STEPS] if name == "image-builtin" else PIPELINE_STEPS
    each = {f"f1_{animal}": 0.9 for animal in ("bear", "bird", "cat", "cow")} if "image" in name and metrics else {}
    return PipelineRow(
        attendee="ann",
        lab=name,
        status="succeeded" if metrics else "stopped-by-gate",
        reason="" if metrics else "the validation validation:accuracy is 0.41, below the threshold of 0.6",
        metrics=metrics | each,
        gate=GateRow(metric=metric, at_least=at_least, passed=bool(metrics), value=0.97 if metrics else 0.41),
        data=DataRow(source=source, sha256=("ab" if "churn" in name else "cd") * 32, generated="image" in name),
        seconds=61.4 if metrics else 0,
        steps=[PipelineStepRow(name=step, seconds=seconds) for step, seconds in steps],
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
