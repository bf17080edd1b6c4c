"""Start `prepare_spark.py` on SageMaker's Spark image: for a churn file that one machine should not read alone.

In a terminal of a seat's environment, in the folder of this lab and with its kernel's Python (`sys.executable` there)::

    python spark_job.py --instances 4 --data s3://BUCKET/PREFIX/churn.csv

The job reads the file from S3 and writes ``train``, ``validation``, ``test`` and ``labels`` below ``churn/spark/`` of
the seat's bucket; ``prefix = "churn/spark"`` in the notebook lets the training job read them there. It is a cluster of
so many instances: two ml.m5.large cost about a quarter of a dollar an hour. Without ``--data`` it is the class's file.
"""

import argparse
import json
import sys
import time
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3

SEAT = Path.home() / "SageMaker/.classlab/seat.json"
SCRIPTS = ("prepare.py", "prepare_spark.py")
CODE = "/opt/ml/processing/input/code"
POLL_SECONDS = 15
ENDED = ("Completed", "Failed", "Stopped")


@dataclass(frozen=True)
class Cluster:
    """What the job runs on, and for how long at most."""

    instance_type: str
    instances: int
    minutes: int
    volume_gib: int = 30


def request(seat: dict[str, Any], *, image: str, cluster: Cluster, data: str, sha256: str, run: str) -> dict[str, Any]:
    """CreateProcessingJob's members; ``sha256`` may be empty, then the file may be any."""
    home = f"s3://{seat['bucket']}/churn/spark"
    code = {"S3Uri": f"{home}-code/", "LocalPath": CODE, "S3DataType": "S3Prefix", "S3InputMode": "File"}
    return {
        "ProcessingJobName": f"{seat['stack']}--spark--{run}",
        "RoleArn": seat["role_arn"],
        "AppSpecification": {
            "ImageUri": image,
            "ContainerEntrypoint": ["smspark-submit", f"{CODE}/prepare_spark.py"],
            "ContainerArguments": ["--input", data, "--output", home],
        },
        "Environment": {"CLASSLAB_DATA_URI": data, "CLASSLAB_DATA_SHA256": sha256},
        "ProcessingInputs": [{"InputName": "code", "S3Input": code}],
        "ProcessingResources": {
            "ClusterConfig": {
                "InstanceCount": cluster.instances,
                "InstanceType": cluster.instance_type,
                "VolumeSizeInGB": cluster.volume_gib,
            }
        },
        "StoppingCondition": {"MaxRuntimeInSeconds": cluster.minutes * 60},
        "Tags": seat["tags"],
    }


def wait(client: Any, name: str) -> dict[str, Any]:  # noqa: ANN401 - boto3's clients have no types here
    """The job's description once it has ended, its status printed whenever it changes."""
    said = ""
    while True:
        job: dict[str, Any] = client.describe_processing_job(ProcessingJobName=name)
        if job["ProcessingJobStatus"] != said:
            said = job["ProcessingJobStatus"]
            print(f"{name}: {said}", flush=True)
        if said in ENDED:
            return job
        time.sleep(POLL_SECONDS)


def main() -> None:
    """Upload the two scripts, start the job, wait for it; a failed job's reason ends this with status 1."""
    lab, seat = json.loads(Path("lab.json").read_text()), json.loads(SEAT.read_text())
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", default=f"s3://{seat['class_bucket']}/data/churn.csv")
    parser.add_argument("--sha256", default="", help="what the file's checksum must be; empty: any")
    parser.add_argument("--instances", type=int, default=2)
    parser.add_argument("--instance-type", default=lab["instance_types"]["train"])
    parser.add_argument("--minutes", type=int, default=30)
    options = parser.parse_args()
    s3, sagemaker = boto3.client("s3"), boto3.client("sagemaker")
    for script in SCRIPTS:
        s3.upload_file(script, seat["bucket"], f"churn/spark-code/{script}")
    cluster = Cluster(options.instance_type, options.instances, options.minutes)
    image, run = lab["images"]["spark"], uuid.uuid4().hex[:12]
    asked = request(seat, image=image, cluster=cluster, data=options.data, sha256=options.sha256, run=run)
    sagemaker.create_processing_job(**asked)
    job = wait(sagemaker, asked["ProcessingJobName"])
    if job["ProcessingJobStatus"] != "Completed":
        sys.exit(job.get("ExitMessage") or job.get("FailureReason") or "the job was stopped")
    print(f"prepared: s3://{seat['bucket']}/churn/spark/")


if __name__ == "__main__":
    main()
