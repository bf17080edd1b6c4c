"""Strangers among roles, buckets, logs and stacks."""

import io
import json
import tarfile

from classlab.contract import attendee_stack_name, function_log_group, job_name, notebook_name, role_path
from classlab.rehearsal.strangers.twin import Tag, Twin, policy

RUN = "0123456789ab"
_SHARED_GROUPS = ("TrainingJobs", "ProcessingJobs", "TransformJobs", "NotebookInstances")
_TRAIN = b'print("loss=0.5")\n'
_SERVE = b'''"""The stranger's model: answers with what it is asked."""


def model_fn(model_dir):
    """No model."""
    return None


def predict_fn(data, model):
    """The input itself."""
    return data
'''


def plant_roles(twin: Twin) -> tuple[str, str]:
    """Roles below the class's own path, one of another class and one without a tag, and one that lies elsewhere.

    Returns the ARNs of the latter two.
    """
    below = role_path(twin.classroom)
    _role(twin, f"{twin.stack}-other", below, twin.tags(twin.other_class))
    plain = _role(twin, f"{twin.stack}-role", below, [])
    return plain, _role(twin, f"{twin.stack}-elsewhere", "/", [])


def _role(twin: Twin, name: str, path: str, tags: list[Tag]) -> str:
    trust = {"Effect": "Allow", "Principal": {"Service": "sagemaker.amazonaws.com"}, "Action": "sts:AssumeRole"}
    rights = {"Effect": "Allow", "Action": ["s3:*", "logs:*"], "Resource": "*"}
    answer = twin.aws.iam.create_role(RoleName=name, Path=path, AssumeRolePolicyDocument=policy(trust), Tags=tags)
    twin.aws.iam.put_role_policy(RoleName=name, PolicyName="work", PolicyDocument=policy(rights))
    return answer["Role"]["Arn"]


def plant_bucket(twin: Twin) -> str:
    """A bucket that begins like a seat's, with versions and the tag of another class; holds the stranger's code."""
    name = f"{twin.stack}-bucket-{twin.aws.account}"
    twin.aws.s3.create_bucket(Bucket=name)
    twin.aws.s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
    twin.aws.s3.put_bucket_tagging(Bucket=name, Tagging={"TagSet": twin.tags(twin.other_class)})
    for text in (b"first", b"second"):
        twin.aws.s3.put_object(Bucket=name, Key="work/notes.txt", Body=text)
    twin.aws.s3.put_object(Bucket=name, Key="model.tar.gz", Body=_archive("code/serve.py", _SERVE))
    twin.aws.s3.put_object(Bucket=name, Key="source.tar.gz", Body=_archive("train.py", _TRAIN))
    return name


def _archive(path: str, code: bytes) -> bytes:
    """A .tar.gz of one file."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        member = tarfile.TarInfo(path)
        member.size = len(code)
        archive.addfile(member, io.BytesIO(code))
    return buffer.getvalue()


def plant_logs(twin: Twin) -> None:
    """Streams in the groups that the whole account shares, and groups named like the class's."""
    for group in _SHARED_GROUPS:
        _log(twin, f"/aws/sagemaker/{group}", f"{job_name(twin.stack, 'train', RUN)}/algo-1-1")
    neighbour = notebook_name(attendee_stack_name(twin.classroom, twin.attendee)) + "-2"
    _log(twin, "/aws/sagemaker/NotebookInstances", f"{neighbour}/jupyter.log")
    _log(twin, f"/aws/sagemaker/Endpoints/{twin.stack}-gone", "AllTraffic/i-1")
    _log(twin, f"/aws/lambda/{twin.stack}-function", "stream")
    _log(twin, function_log_group(twin.other_class, "teardown"), "stream")


def _log(twin: Twin, group: str, stream: str) -> None:
    if not has_log_group(twin, group):
        twin.aws.logs.create_log_group(logGroupName=group)
    twin.aws.logs.create_log_stream(logGroupName=group, logStreamName=stream)


def has_log_group(twin: Twin, name: str) -> bool:
    """Whether a log group of exactly this name is there."""
    groups = twin.aws.logs.describe_log_groups(logGroupNamePrefix=name)["logGroups"]
    return any(group["logGroupName"] == name for group in groups)


def plant_stacks(twin: Twin) -> None:
    """A stack named like a seat without any tag, and one with another class's."""
    template = json.dumps({"Resources": {"Bucket": {"Type": "AWS::S3::Bucket"}}})
    tagged = f"{twin.stack}-tagged"
    twin.aws.cloudformation.create_stack(StackName=twin.stack, TemplateBody=template)
    twin.aws.cloudformation.create_stack(StackName=tagged, TemplateBody=template, Tags=twin.tags(twin.other_class))
    for name in (twin.stack, tagged):
        twin.wait(f"stack {name}", _StackStatus(twin, name), "CREATE_COMPLETE")


class _StackStatus:
    """Asks for one stack's status."""

    def __init__(self, twin: Twin, name: str) -> None:
        self._twin, self._name = twin, name

    def __call__(self) -> str:
        return self._twin.aws.cloudformation.describe_stacks(StackName=self._name)["Stacks"][0]["StackStatus"]
