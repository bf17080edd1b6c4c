"""Log streams of proven jobs and notebook instances in the groups that the whole account shares."""

import json
from typing import Any

from botocore.exceptions import ClientError

from classlab.contract import SEPARATOR
from lambdas.shared.faults import Fault, classify
from lambdas.teardown.kinds.base import After, Kind, Listed, Page
from lambdas.teardown.kinds.log_group import SHARED
from lambdas.teardown.kinds.log_times import moment
from lambdas.teardown.ownership import Evidence, Judgement, Seen, by_name, judge
from lambdas.teardown.scope import Context


class LogStream(Kind):
    """Its name begins with its job's; the job is the proof, and the stream must not be older than the job.

    Its ``name`` is ``<group>:<stream>``; neither part can hold a colon.
    """

    name = "log_stream"
    after = tuple(After(kind, "parent") for kind in SHARED.values())
    costs = "its storage"

    def page(self, context: Context, token: str | None) -> Page:
        """One page of one question; the token holds the number of the question and AWS's own token."""
        number, more = json.loads(token) if token else (0, None)
        questions = _questions(context)
        group, prefix = questions[number]
        listed, more = self._ask(context, group, prefix, more)
        if more is None:
            number += 1
        return Page(listed, json.dumps([number, more]) if number < len(questions) else None)

    def _ask(self, context: Context, group: str, prefix: str, token: str | None) -> tuple[list[Listed], str | None]:
        more: dict[str, Any] = {"nextToken": token} if token else {}
        try:
            answer = context.clients.logs.describe_log_streams(
                logGroupName=group, logStreamNamePrefix=prefix, limit=50, **more
            )
        except ClientError as error:
            if classify(error) is Fault.GONE:
                return [], None
            raise
        names = [stream["logStreamName"] for stream in answer["logStreams"]]
        return [Listed(_arn(context, group, name), f"{group}:{name}") for name in names], answer.get("nextToken")

    def describe(self, context: Context, listed: Listed) -> Seen | None:
        """DescribeLogStreams by prefix, and of these the exact name."""
        group, stream = split(listed.name)
        paginator = context.clients.logs.get_paginator("describe_log_streams")
        try:
            pages = list(paginator.paginate(logGroupName=group, logStreamNamePrefix=stream))
        except ClientError as error:
            if classify(error) is Fault.GONE:
                return None
            raise
        for page in pages:
            for found in page["logStreams"]:
                if found["logStreamName"] == stream:
                    return self._seen(listed, found["creationTime"])
        return None

    def _seen(self, listed: Listed, created: int) -> Seen:
        group, stream = split(listed.name)
        parent = f"{SHARED[group]}/{stream.partition('/')[0]}"
        return Seen(kind=self.name, arn=listed.arn, name=listed.name, created=moment(created), parent=parent)

    def prove(self, context: Context, seen: Seen) -> Judgement:
        """Its job or notebook instance."""
        parent = context.facts.parent_of(seen.parent or "", seen.created)
        proof = Evidence(proofs=("P",), attendee=parent.attendee) if parent else Evidence()
        stream = split(seen.name)[1]
        return judge(proof + by_name(stream, resembles=context.scope.resembles(stream)))

    def delete(self, context: Context, seen: Seen) -> None:
        """DeleteLogStream; its group is never touched."""
        group, stream = split(seen.name)
        context.clients.logs.delete_log_stream(logGroupName=group, logStreamName=stream)


def split(name: str) -> tuple[str, str]:
    """Group and stream of a name of this kind."""
    group, _, stream = name.partition(":")
    return group, stream


def _questions(context: Context) -> list[tuple[str, str]]:
    """Group and prefix: what looks like the class's, and what bears the name of something proven that does not.

    The whole of a shared group is never read: it holds the account's history.
    """
    scope, proven = context.scope, context.facts.proven
    asked = [(group, scope.classroom + SEPARATOR) for group in SHARED]
    for group, kind in SHARED.items():
        names = (key.partition("/")[2] for key in proven if key.startswith(f"{kind}/"))
        asked += [(group, f"{name}/") for name in sorted(names) if not scope.resembles(name)]
    return asked


def _arn(context: Context, group: str, stream: str) -> str:
    return context.scope.arn("logs", f"log-group:{group}:log-stream:{stream}")
