"""Build the request that trains SageMaker's built-in image classification: no script runs in that job, only AWS's.

The notebook calls :func:`training_request` and hands the answer to ``create_training_job``. By hand, it is printed:
``python train.py --name NAME --prepared s3://… --output s3://… --facts hyperparameters.json > request.json``, and
``aws sagemaker create-training-job --cli-input-json file://request.json`` starts it. ``lab.json`` and the seat's file
say the rest: image, instance, role, tags and hyperparameters.
"""

import argparse
import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

CHANNELS = ("train", "validation")
RECORDS = "application/x-recordio"
VOLUME_GB = 10
MINUTES = 30  # a limit, not a plan: a job that hangs must not cost a day
VALIDATED = "validation:accuracy"  # its name among the job's final metrics
SEAT = Path("~/SageMaker/.classlab/seat.json")


@dataclass(frozen=True, kw_only=True)
class Job:
    """What one training job is called, reads and writes; ``prepared`` and ``output`` are S3 URIs of folders."""

    name: str
    prepared: str
    output: str
    minutes: int = MINUTES


def hyperparameters(
    lab: Mapping[str, Any], facts: Mapping[str, str], *, small: bool = False, changes: Mapping[str, str] | None = None
) -> dict[str, str]:
    """The manifest's, then the small set's for miniature data, then your changes, then what follows from the data.

    Facts come last, as in the pipeline: a wrong number of classes or of pictures helps nobody.
    """
    settings = lab["small"]["train"] if small else {}
    return {**lab["hyperparameters"], **settings, **(changes or {}), **facts}


def training_request(
    lab: Mapping[str, Any], seat: Mapping[str, Any], job: Job, values: Mapping[str, str]
) -> dict[str, Any]:
    """CreateTrainingJob's request: the algorithm's image, its channels of records, and where the model goes."""
    prepared = job.prepared.rstrip("/")
    return {
        "TrainingJobName": job.name,
        "RoleArn": seat["role_arn"],
        "AlgorithmSpecification": {"TrainingImage": lab["images"]["train"], "TrainingInputMode": "File"},
        "HyperParameters": dict(values),
        "InputDataConfig": [channel(name, f"{prepared}/{name}/") for name in CHANNELS],
        "OutputDataConfig": {"S3OutputPath": job.output},
        "ResourceConfig": {
            "InstanceType": lab["instance_types"]["train"],
            "InstanceCount": 1,
            "VolumeSizeInGB": VOLUME_GB,
        },
        "StoppingCondition": {"MaxRuntimeInSeconds": job.minutes * 60},
        "Tags": list(seat["tags"]),
    }


def channel(name: str, uri: str) -> dict[str, Any]:
    """A folder of records; the algorithm takes every ``.rec`` below it."""
    source = {"S3DataType": "S3Prefix", "S3Uri": uri, "S3DataDistributionType": "FullyReplicated"}
    return {"ChannelName": name, "ContentType": RECORDS, "DataSource": {"S3DataSource": source}}


def final_metrics(described: Mapping[str, Any]) -> dict[str, float]:
    """What DescribeTrainingJob says the algorithm measured last, by name (``validation:accuracy`` …)."""
    return {item["MetricName"]: float(item["Value"]) for item in described.get("FinalMetricDataList", [])}


def assignment(text: str) -> tuple[str, str]:
    """``name=value``."""
    name, sign, value = text.partition("=")
    if not (name and sign and value):
        raise argparse.ArgumentTypeError(f"{text!r} is no name=value")
    return name, value


def read_json(path: Path) -> dict[str, Any]:
    """A file that the class brought; ends the program with its name if it is missing or broken."""
    try:
        loaded: dict[str, Any] = json.loads(path.expanduser().read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        sys.exit(f"{path}: {error}")
    return loaded


def main() -> None:
    """Print the request as JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--name", required=True, help="of the job; begins with your seat's name and two hyphens")
    parser.add_argument("--prepared", required=True, help="S3 URI of the folder with train/ and validation/")
    parser.add_argument("--output", required=True, help="S3 URI of the folder for the model")
    parser.add_argument("--facts", type=Path, required=True, help="hyperparameters.json that prepare.py wrote")
    parser.add_argument("--lab", type=Path, default=Path("lab.json"))
    parser.add_argument("--seat", type=Path, default=SEAT)
    parser.add_argument("--small", action="store_true", help="the hyperparameters for generated, miniature data")
    parser.add_argument("--set", type=assignment, action="append", default=[], help="name=value in place of the lab's")
    options = parser.parse_args()
    lab, seat, facts = (read_json(path) for path in (options.lab, options.seat, options.facts))
    values = hyperparameters(lab, facts, small=options.small, changes=dict(options.set))
    job = Job(name=options.name, prepared=options.prepared, output=options.output)
    print(json.dumps(training_request(lab, seat, job, values), indent=2))


if __name__ == "__main__":
    main()
