"""What a seat's execution role may do besides SageMaker: own bucket, the class's files, public data, logs, images."""

from collections.abc import Sequence

from classlab.contract import ASSETS_PREFIX, DATA_PREFIX, SEPARATOR, SHARED_PREFIX, notebook_name
from classlab.labs import Lab, image_uri
from infra.arns import OWN
from infra.policy import Statement, allow

_LISTING = ["s3:ListBucket", "s3:GetBucketLocation"]
_OBJECTS = [
    "s3:GetObject",
    "s3:PutObject",
    "s3:DeleteObject",
    "s3:AbortMultipartUpload",
    "s3:ListMultipartUploadParts",
]
BUCKET_ACTIONS = [*_LISTING, *_OBJECTS]
_TRAINING_LOG_GROUP = "/aws/sagemaker/TrainingJobs"
ENDPOINT_LOGS = "/aws/sagemaker/Endpoints/"
_SHARED_LOG_GROUPS = ("TrainingJobs", "ProcessingJobs", "TransformJobs", "NotebookInstances")


def own_bucket(bucket_arn: str) -> list[Statement]:
    """Everything in the attendee's own bucket, named exactly."""
    return [
        allow("ListOwnBucket", _LISTING, [bucket_arn]),
        allow("UseOwnBucket", _OBJECTS, [f"{bucket_arn}/*"], why="All objects of the one bucket"),
    ]


def class_files(bucket_arn: str) -> list[Statement]:
    """The class's assets, data and shared outputs, to read; others' work lies in the same bucket and is not of them."""
    prefixes = [f"{ASSETS_PREFIX}*", f"{DATA_PREFIX}*", f"{SHARED_PREFIX}*"]
    return [
        allow("ListClassFiles", ["s3:ListBucket"], [bucket_arn], {"StringLike": {"s3:prefix": prefixes}}),
        allow(
            "ReadClassFiles",
            ["s3:GetObject"],
            [f"{bucket_arn}/{prefix}" for prefix in prefixes],
            why="Three folders to read",
        ),
    ]


def public_data(labs: Sequence[Lab]) -> list[Statement]:
    """The files the labs' manifests name as public sources. SageMaker lists a prefix even for one object."""
    keys = public_keys(labs)
    if not keys:
        return []
    buckets = sorted({key.partition("/")[0] for key in keys})
    only = {"StringLike": {"s3:prefix": [key.partition("/")[2] for key in keys]}}
    return [
        allow("ListPublicData", ["s3:ListBucket"], [OWN.bucket(name) for name in buckets], only),
        allow("ReadPublicData", ["s3:GetObject"], [OWN.bucket(key) for key in keys]),
    ]


def public_keys(labs: Sequence[Lab]) -> list[str]:
    """``bucket/key`` of every public source."""
    sources = {lab.data.public_source for lab in labs if lab.data}
    return sorted(source.removeprefix("s3://") for source in sources if source)


def logs_and_metrics(stack: str, tuning: str) -> list[Statement]:
    """Job and notebook logs: in the account's shared groups the seat's own streams; an endpoint has its own group.

    Whoever deletes an endpoint deletes its logs too: without it nothing proves any more whose they were.
    ``tuning`` is what the names of training jobs of the seat's tuning jobs begin with.
    """
    shared = [f"/aws/sagemaker/{name}" for name in _SHARED_LOG_GROUPS]
    endpoints = f"{ENDPOINT_LOGS}{stack}{SEPARATOR}*"
    groups = [OWN.log_group(name) for name in (*shared, endpoints)]
    streams = [  # one pattern for the shared groups: a role's inline policies may have 10,240 characters
        OWN.regional("logs", f"log-group:/aws/sagemaker/*:log-stream:{stack}{SEPARATOR}*"),
        OWN.regional("logs", f"log-group:{_TRAINING_LOG_GROUP}:log-stream:{tuning}-*"),
    ]
    sagemaker = {"StringLike": {"cloudwatch:namespace": "/aws/sagemaker/*"}}
    why = "Names of streams are SageMaker's choice, behind the attendee's stack"
    return [
        allow("OpenLogs", ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:DescribeLogStreams"], groups, why=why),
        allow("UseLogs", ["logs:PutLogEvents", "logs:GetLogEvents"], [*streams, OWN.log_group(endpoints)], why=why),
        allow("DropEndpointLogs", ["logs:DeleteLogGroup"], [OWN.log_group(endpoints)], why=why),
        allow("JobMetrics", ["cloudwatch:PutMetricData"], ["*"], sagemaker, why="CloudWatch knows namespaces only"),
    ]


def own_notebook(stack: str) -> Statement:
    """Look at the own notebook instance, and stop it when it idles; opening it is the instructor's."""
    notebook = OWN.sagemaker("notebook-instance", notebook_name(stack))
    return allow("OwnNotebook", ["sagemaker:DescribeNotebookInstance", "sagemaker:StopNotebookInstance"], [notebook])


def images(labs: Sequence[Lab], region: str) -> list[Statement]:
    """Pull the images that the labs name, from AWS's registries."""
    steps = {step.image for lab in labs for step in lab.pipeline.jobs.values()}
    uris = {image_uri(image, region) for image in steps.union(*(lab.more_images.values() for lab in labs))}
    pull = ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"]
    return [
        allow("RegistryToken", ["ecr:GetAuthorizationToken"], ["*"], why="The token is of the whole registry"),
        allow("PullImages", pull, sorted({_repository(uri) for uri in uris})),
    ]


def _repository(uri: str) -> str:
    """ARN of the repository in `<account>.dkr.ecr.<region>.amazonaws.com/<repository>:<tag>`."""
    host, _, image = uri.partition("/")
    account, _, _, region, *_ = host.split(".")
    return f"arn:{OWN.partition}:ecr:{region}:{account}:repository/{image.partition(':')[0]}"
