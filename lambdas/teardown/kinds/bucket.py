"""Attendee buckets: the work is archived, then every version goes, then the bucket."""

from datetime import timedelta
from typing import Any

from botocore.exceptions import ClientError

from lambdas.shared.clock import Budget
from lambdas.shared.emptying import empty_bucket
from lambdas.shared.faults import Fault, classify, describe
from lambdas.teardown.archiving import archive
from lambdas.teardown.kinds.base import After, Kind, Listed, Page, stamp
from lambdas.teardown.kinds.proofs import by_maker, by_memory, by_stack, is_gone_seat
from lambdas.teardown.ledger import Item
from lambdas.teardown.ownership import Evidence, Judgement, Seen, by_name, by_tags, judge
from lambdas.teardown.scope import Context

_TYPE = "AWS::S3::Bucket"


class Bucket(Kind):
    """After everything of its attendee that may still write to it.

    Proof S or L. The class tag alone is none: unlike on SageMaker's kinds, nothing forces or protects it on a bucket;
    together with AWS's own tag that names a seat which is gone, it is.
    """

    name = "bucket"
    verbs = ("archive", "empty", "delete")
    after = tuple(
        After(kind, "attendee")
        for kind in (
            "pipeline_execution",
            "endpoint",
            "hyper_parameter_tuning_job",
            "training_job",
            "processing_job",
            "transform_job",
            "notebook_instance",
        )
    )
    deadline = timedelta(hours=2)
    costs = "its storage"

    def page(self, context: Context, token: str | None) -> Page:
        """ListBuckets."""
        more: dict[str, Any] = {"ContinuationToken": token} if token else {}
        answer = context.clients.s3.list_buckets(MaxBuckets=1000, **more)
        names = [bucket["Name"] for bucket in answer.get("Buckets", [])]
        return Page([Listed(_arn(context, name), name) for name in names], answer.get("ContinuationToken"))

    def describe(self, context: Context, listed: Listed) -> Seen | None:
        """There is no Describe: the list tells when a bucket was made."""
        for page in context.clients.s3.get_paginator("list_buckets").paginate(Prefix=listed.name):
            for bucket in page.get("Buckets", []):
                if bucket["Name"] == listed.name:
                    return Seen(kind=self.name, arn=listed.arn, name=listed.name, created=stamp(bucket["CreationDate"]))
        return None

    def prove(self, context: Context, seen: Seen) -> Judgement:
        """The stack that made it; a class tag without one is reported."""
        stack = context.facts.stack_of(_TYPE, seen.name)
        if seen.name == context.scope.class_bucket or (stack and stack == context.facts.class_stack):
            return Judgement(standing="class")
        resemblance = by_name(seen.name, resembles=context.scope.resembles(seen.name))
        known = by_stack(context, stack) + by_memory(context, seen) + resemblance
        try:
            tags = _tags(context, seen.name)
        except ClientError as error:
            if classify(error) is not Fault.DENIED or known.proofs or not _by_its_owner(error):
                raise
            return judge(known + Evidence(hints=("its owner lets nobody read its tags",)))
        tagged = by_tags(tags, context.scope.classroom)
        if not is_gone_seat(context, tags):
            hints = tuple("it bears the class tag, which anybody may put on a bucket" for _ in tagged.proofs)
            tagged = Evidence(contradictions=tagged.contradictions, hints=hints)
        return judge(known + by_maker(context, tags) + tagged)

    def prepare(self, context: Context, item: Item, budget: Budget) -> bool:
        """Archive, then empty, in slices of their own: a half-emptied bucket must never be archived again."""
        if not item.archived:
            item.archived = archive(context, item, budget)
            return False
        item.attempts += 1
        if not empty_bucket(context.clients.s3, item.name, budget):
            return False
        item.archived, item.cursor = False, ""
        return True

    def delete(self, context: Context, seen: Seen) -> None:
        """DeleteBucket."""
        context.clients.s3.delete_bucket(Bucket=seen.name)


def _arn(context: Context, name: str) -> str:
    return f"arn:{context.scope.partition}:s3:::{name}"


def _tags(context: Context, bucket: str) -> dict[str, str]:
    try:
        answer = context.clients.s3.get_bucket_tagging(Bucket=bucket)
    except ClientError as error:
        if error.response.get("Error", {}).get("Code") == "NoSuchTagSet":
            return {}
        raise
    return {tag["Key"]: tag["Value"] for tag in answer["TagSet"]}


def _by_its_owner(error: ClientError) -> bool:
    """Whether the bucket's own policy denies the call, as owners of audit buckets do, and not our missing right."""
    return "explicit deny in a resource-based policy" in describe(error)
