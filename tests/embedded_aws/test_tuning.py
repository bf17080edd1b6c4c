"""Tuning jobs on a running engine: training jobs as real processes, side by side, to the best of them."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.embedded_aws.account import Account, allow, fresh, polls
from tests.embedded_aws.bench import CLUSTER, SCIKIT_LEARN, XGBOOST, Bench, archive, bench

GROUP = "/aws/sagemaker/TrainingJobs"
AUC = [{"Name": "auc", "Regex": "auc=([-0-9.]+)"}]
ETA = {"Name": "eta", "MinValue": "0.1", "MaxValue": "0.9"}
BOWL = """
    import argparse, json, os
    options = argparse.ArgumentParser()
    options.add_argument("--eta", type=float, required=True)
    options.add_argument("--tree", default="deep")
    given = options.parse_args()
    print(f"auc={1 - abs(given.eta - 0.5)}")
    print("SM_HPS", os.environ["SM_HPS"])
"""


@pytest.fixture(scope="module")
def at(account: Account) -> Bench:
    return bench(account)


def start(at: Bench, script: str, *, jobs: int = 4, parallel: int = 2, **more: Any) -> str:  # noqa: ANN401 # members of the request
    """A tuning job of a script; its name."""
    name = fresh("tune")
    source = at.put(f"{name}/sourcedir.tar.gz", archive(train_py=script))
    config = {
        "Strategy": "Random",
        "RandomSeed": 11,
        "HyperParameterTuningJobObjective": {"Type": "Maximize", "MetricName": "auc"},
        "ResourceLimits": {"MaxNumberOfTrainingJobs": jobs, "MaxParallelTrainingJobs": parallel},
        "ParameterRanges": {"ContinuousParameterRanges": [ETA]},
        **more.pop("config", {}),
    }
    metrics = more.pop("metrics", AUC)
    definition = {
        "RoleArn": at.role,
        "AlgorithmSpecification": {
            "TrainingImage": more.pop("image", SCIKIT_LEARN),
            "TrainingInputMode": "File",
            **({"MetricDefinitions": metrics} if metrics else {}),
        },
        "StaticHyperParameters": {"sagemaker_program": "train.py", "sagemaker_submit_directory": source},
        "OutputDataConfig": {"S3OutputPath": f"s3://{at.bucket}/out"},
        "ResourceConfig": CLUSTER,
        "StoppingCondition": {"MaxRuntimeInSeconds": 60},
    }
    client = more.pop("client", at.sagemaker)
    client.create_hyper_parameter_tuning_job(
        HyperParameterTuningJobName=name, HyperParameterTuningJobConfig=config, TrainingJobDefinition=definition, **more
    )
    return name


def ended(at: Bench, name: str) -> dict[str, Any]:
    return at.ended("hyper_parameter_tuning_job", "HyperParameterTuningJob", name, seconds=120)


def children(at: Bench, name: str, **more: str) -> list[dict[str, Any]]:
    listed: list[dict[str, Any]] = at.sagemaker.list_training_jobs_for_hyper_parameter_tuning_job(
        HyperParameterTuningJobName=name, SortBy="CreationTime", **more
    )["TrainingJobSummaries"]
    return listed


def test_random_search_finds_the_best_of_its_training_jobs(at: Bench) -> None:
    name = start(at, BOWL, Tags=[{"Key": "class", "Value": "x"}])
    job = ended(at, name)
    assert job["HyperParameterTuningJobStatus"] == "Completed"
    assert job["TrainingJobStatusCounters"]["Completed"] == job["ObjectiveStatusCounters"]["Succeeded"] == 4
    assert job["HyperParameterTuningEndTime"] > job["CreationTime"]
    assert job["ConsumedResources"]["RuntimeInSeconds"] >= 1
    values = {
        one["TrainingJobName"]: one["FinalHyperParameterTuningJobObjectiveMetric"]["Value"]
        for one in children(at, name)
    }
    best = job["BestTrainingJob"]
    assert best["TrainingJobName"] == max(values, key=lambda one: values[one])
    eta = float(best["TunedHyperParameters"]["eta"])
    assert values[best["TrainingJobName"]] == pytest.approx(1 - abs(eta - 0.5))
    child = at.sagemaker.describe_training_job(TrainingJobName=best["TrainingJobName"])
    assert child["TuningJobArn"] == job["HyperParameterTuningJobArn"]
    assert child["ModelArtifacts"]["S3ModelArtifacts"].endswith(f"out/{best['TrainingJobName']}/output/model.tar.gz")
    assert at.sagemaker.list_tags(ResourceArn=child["TrainingJobArn"])["Tags"] == [{"Key": "class", "Value": "x"}]
    again = ended(at, start(at, BOWL))
    assert again["BestTrainingJob"]["TunedHyperParameters"] == best["TunedHyperParameters"]


def test_a_script_gets_its_values_and_the_log_says_what_differs(at: Bench) -> None:
    name = start(at, BOWL, jobs=1)
    ended(at, name)
    (child,) = children(at, name)
    lines = at.log(GROUP, f"{child['TrainingJobName']}/algo-1-")
    assert lines[-1] == f'SM_HPS {{"eta": {child["TunedHyperParameters"]["eta"]}}}'
    assert "[embedded AWS] Random search draws other values than AWS's, with the same RandomSeed too" in lines
    described = at.sagemaker.describe_training_job(TrainingJobName=child["TrainingJobName"])
    said = {step["Status"]: step["StatusMessage"] for step in described["SecondaryStatusTransitions"]}
    assert "Random search draws other values" in said["Training"]


def test_a_grid_tries_every_combination(at: Bench) -> None:
    ranges = {
        "CategoricalParameterRanges": [
            {"Name": "eta", "Values": ["0.2", "0.5"]},
            {"Name": "tree", "Values": ["deep", "flat"]},
        ]
    }
    config = {
        "Strategy": "Grid",
        "ParameterRanges": ranges,
        "ResourceLimits": {"MaxParallelTrainingJobs": 2},
    }
    name = start(at, BOWL, config=config)
    assert ended(at, name)["HyperParameterTuningJobStatus"] == "Completed"
    tried = [tuple(sorted(one["TunedHyperParameters"].items())) for one in children(at, name)]
    assert tried == [(("eta", eta), ("tree", tree)) for eta in ("0.2", "0.5") for tree in ("deep", "flat")]


def test_a_script_on_the_image_of_an_algorithm_is_judged_by_the_algorithms_own_metrics(at: Bench) -> None:
    """AWS defines the metrics of its XGBoost image, reads a tab as #011, and lets nobody define others."""
    config = {"HyperParameterTuningJobObjective": {"Type": "Minimize", "MetricName": "validation:logloss"}}
    script = BOWL + "    print(f'[9]\\ttrain-logloss:0.1\\tvalidation-logloss:{given.eta}')\n"
    job = ended(at, start(at, script, jobs=2, image=XGBOOST, config=config, metrics=None))
    best = job["BestTrainingJob"]
    value = best["FinalHyperParameterTuningJobObjectiveMetric"]["Value"]
    assert value == pytest.approx(float(best["TunedHyperParameters"]["eta"]))
    with pytest.raises(ClientError, match="can't override the metric definitions"):
        start(at, script, image=XGBOOST, config=config)


def test_bayesian_search_runs_to_its_end_and_says_that_it_is_not_awss(at: Bench) -> None:
    name = start(at, BOWL, jobs=5, config={"Strategy": "Bayesian"})
    job = ended(at, name)
    assert (job["HyperParameterTuningJobStatus"], job["ObjectiveStatusCounters"]["Succeeded"]) == ("Completed", 5)
    last = children(at, name)[-1]["TrainingJobName"]
    assert any("Parzen" in line for line in at.log(GROUP, f"{last}/algo-1-"))


def test_no_more_training_jobs_run_at_once_than_are_allowed(at: Bench) -> None:
    name = start(at, "import time; time.sleep(1); print('auc=1')", jobs=4, parallel=2)
    ended(at, name)
    marks = [(one["CreationTime"], 1) for one in children(at, name)]
    marks += [(one["TrainingEndTime"], -1) for one in children(at, name)]
    running = [sum(change for time, change in marks if time <= moment) for moment, _ in marks]
    assert max(running) == 2


def test_one_that_fails_does_not_end_the_search(at: Bench) -> None:
    script = BOWL + "    assert given.eta < 0.5, 'too steep'\n"
    job = ended(at, start(at, script, jobs=6, parallel=3))
    counters = job["TrainingJobStatusCounters"]
    assert job["HyperParameterTuningJobStatus"] == "Completed"
    assert counters["Completed"] + counters["NonRetryableError"] == 6
    assert counters["NonRetryableError"] == job["ObjectiveStatusCounters"]["Failed"] > 0
    assert float(job["BestTrainingJob"]["TunedHyperParameters"]["eta"]) < 0.5


@pytest.mark.parametrize(
    ("script", "reason"),
    [
        ("raise SystemExit('no label')", "No training job succeeded after 2 attempts."),
        ("print('auc is high')", "No objective metrics found after running 2 training jobs."),
    ],
)
def test_a_search_in_which_nothing_succeeds_fails(at: Bench, script: str, reason: str) -> None:
    job = ended(at, start(at, script, jobs=2))
    assert job["HyperParameterTuningJobStatus"] == "Failed"
    assert job["FailureReason"].startswith(reason)
    assert "BestTrainingJob" not in job
    assert job["HyperParameterTuningEndTime"]


def test_it_gives_up_after_five_that_fail(at: Bench) -> None:
    name = start(at, "raise SystemExit(1)", jobs=9, parallel=1)
    assert ended(at, name)["FailureReason"].startswith("No training job succeeded after 5 attempts.")
    assert len(children(at, name)) == 5


def test_stop_ends_its_training_jobs_and_makes_no_more(at: Bench) -> None:
    name = start(at, "import time; print('auc=0.5', flush=True); time.sleep(60)", jobs=4, parallel=2)
    for _ in polls(30):
        states = [
            at.sagemaker.describe_training_job(TrainingJobName=one["TrainingJobName"])["SecondaryStatus"]
            for one in children(at, name)
        ]
        if states == ["Training", "Training"]:
            break
    at.sagemaker.stop_hyper_parameter_tuning_job(HyperParameterTuningJobName=name)
    job = ended(at, name)
    assert job["HyperParameterTuningJobStatus"] == "Stopped"
    assert [one["TrainingJobStatus"] for one in children(at, name)] == ["Stopped", "Stopped"]
    assert job["TrainingJobStatusCounters"]["Stopped"] == 2
    at.sagemaker.delete_hyper_parameter_tuning_job(HyperParameterTuningJobName=name)
    with pytest.raises(ClientError, match="can't find a tuning job"):
        at.sagemaker.describe_hyper_parameter_tuning_job(HyperParameterTuningJobName=name)


def test_the_caller_needs_rights_on_the_tuning_job_and_not_on_its_training_jobs(at: Bench) -> None:
    """Names, instances, time and tags are conditions, as on CreateTrainingJob; the role must be passed."""
    jobs = f"arn:aws:sagemaker:*:*:hyper-parameter-tuning-job/{fresh('tune').rpartition('-')[0]}-*"
    when: dict[str, dict[str, Any]] = {
        "StringEquals": {"aws:RequestTag/class": "x"},
        "ForAllValues:StringEquals": {"sagemaker:InstanceTypes": ["ml.m5.large"]},
        "Null": {"sagemaker:InstanceTypes": "false"},
        "NumericLessThanEquals": {"sagemaker:MaxRuntimeInSeconds": "60"},
    }
    create = allow("sagemaker:CreateHyperParameterTuningJob", resource=jobs, when=when)
    tag = allow("sagemaker:AddTags", resource=jobs)
    passing = allow("iam:PassRole", resource=at.role)
    allowed = at.account.client("sagemaker", at.account.user(create, tag, passing))
    tags = [{"Key": "class", "Value": "x"}]
    name = start(at, BOWL, jobs=1, client=allowed, Tags=tags)
    assert ended(at, name)["HyperParameterTuningJobStatus"] == "Completed"
    for missing, rights, sent in [
        ("CreateHyperParameterTuningJob", (create, tag, passing), [{"Key": "class", "Value": "y"}]),
        ("AddTags", (create, passing), tags),
        ("PassRole", (create, tag), tags),
    ]:
        with pytest.raises(ClientError, match=missing):
            start(at, BOWL, client=at.account.client("sagemaker", at.account.user(*rights)), Tags=sent)
