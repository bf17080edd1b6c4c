"""Attendee stacks: they take their own resources along. The class stack is recognised here, and never deleted."""

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from classlab.contract import TAG_CLASSROOM, boundary_export, classroom_stack_name
from lambdas.shared.faults import code
from lambdas.teardown.facts import resource_key
from lambdas.teardown.kinds.base import After, Kind, Listed, Page, Step, stamp
from lambdas.teardown.ownership import Evidence, Judgement, Seen, by_name, by_tags, judge
from lambdas.teardown.scope import Context

if TYPE_CHECKING:
    from mypy_boto3_cloudformation.type_defs import StackTypeDef

_GONE = "DELETE_COMPLETE"
_COMPLETE = frozenset({"CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE"})
_NEVER_BEGUN = "REVIEW_IN_PROGRESS"  # a change set that nobody executed
_PROTECTED = "protected"
_MISSING = "ValidationError"


class Stack(Kind):
    """Last of its attendee's: its roles must outlive what acts under them, its bucket must be empty."""

    name = "stack"
    after = tuple(
        After(kind, "attendee")
        for kind in (
            "pipeline_execution",
            "endpoint",
            "endpoint_config",
            "model",
            "hyper_parameter_tuning_job",
            "training_job",
            "processing_job",
            "transform_job",
            "notebook_instance",
            "notebook_lifecycle_config",
            "bucket",
        )
    )
    deadline = timedelta(minutes=45)

    def page(self, context: Context, token: str | None) -> Page:
        """DescribeStacks of all; deleted ones and nested ones are not listed."""
        more: dict[str, Any] = {"NextToken": token} if token else {}
        answer = context.clients.cloudformation.describe_stacks(**more)
        stacks = [stack for stack in answer["Stacks"] if stack["StackStatus"] != _GONE and "ParentId" not in stack]
        listed = [Listed(stack.get("StackId", ""), stack["StackName"]) for stack in stacks]
        return Page(listed, answer.get("NextToken"))

    def describe(self, context: Context, listed: Listed) -> Seen | None:
        """DescribeStacks by ARN: it tells deleted stacks for ninety days, then that there is none."""
        try:
            stack = context.clients.cloudformation.describe_stacks(StackName=listed.arn)["Stacks"][0]
        except ClientError as error:
            if code(error) == _MISSING and not self._is_listed(context, listed.arn):
                return None
            raise
        return None if stack["StackStatus"] == _GONE else self._seen(stack)

    def _seen(self, stack: "StackTypeDef") -> Seen:
        return Seen(
            kind=self.name,
            arn=stack.get("StackId", ""),
            name=stack["StackName"],
            created=stamp(stack["CreationTime"]),
            state=stack["StackStatus"],
            detail=_PROTECTED if stack.get("EnableTerminationProtection") else "",
            tags={tag["Key"]: tag["Value"] for tag in stack.get("Tags", [])},
        )

    def _is_listed(self, context: Context, arn: str) -> bool:
        pages = context.clients.cloudformation.get_paginator("describe_stacks").paginate()
        return any(stack.get("StackId") == arn for page in pages for stack in page["Stacks"])

    def prove(self, context: Context, seen: Seen) -> Judgement:
        """The class tag, a name of this class, and once it is complete, the import that every seat has."""
        classroom, tags = context.scope.classroom, seen.tags or {}
        if seen.name == classroom_stack_name(classroom) and tags.get(TAG_CLASSROOM) == classroom:
            return Judgement(standing="class")
        evidence = by_tags(tags, classroom)
        if evidence.proofs:
            evidence += self._against(context, seen)
        judged = judge(evidence + by_name(seen.name, resembles=context.scope.resembles(seen.name)))
        return Judgement(
            standing=judged.standing, proof=judged.proof, why=judged.why, attendee=context.scope.attendee_of(seen.name)
        )

    def _against(self, context: Context, seen: Seen) -> Evidence:
        attendee = context.scope.attendee_of(seen.name)
        if attendee is None:
            return Evidence(contradictions=(f"its name {seen.name!r} is no seat of the class",))
        if seen.state in _COMPLETE and seen.name not in _importers(context):
            return Evidence(contradictions=("it does not import the class's boundary, as every seat does",))
        return Evidence()

    def learn(self, context: Context, seen: Seen, judgement: Judgement) -> None:
        """Keeps what a stack of ours holds: the ground of proof S."""
        facts = context.facts
        facts.note(seen, judgement)
        if judgement.standing not in ("ours", "class"):
            facts.others.add(seen.arn)
            return
        paginator = context.clients.cloudformation.get_paginator("list_stack_resources")
        for page in paginator.paginate(StackName=seen.arn):
            for resource in page["StackResourceSummaries"]:
                physical = resource.get("PhysicalResourceId")
                if physical and resource["ResourceStatus"] != _GONE:
                    facts.owners[resource_key(resource["ResourceType"], physical)] = seen.arn
        if judgement.standing == "class":
            facts.class_stack, facts.class_created = seen.arn, seen.created
        else:
            facts.stacks[seen.arn] = judgement.attendee or ""

    def step(self, seen: Seen) -> Step:
        """Whatever is in progress must end first."""
        waits = seen.state.endswith("_IN_PROGRESS") and seen.state != _NEVER_BEGUN
        return "wait" if waits else "delete"

    def hands_over(self, seen: Seen) -> bool:
        """A failed deletion leaves what it could not delete."""
        return seen.state == "DELETE_FAILED"

    def refusal(self, seen: Seen) -> str:
        """Somebody protected it: then all it holds is to stay as it is."""
        return "it is protected from termination; end the protection and run the teardown again" if seen.detail else ""

    def delete(self, context: Context, seen: Seen) -> None:
        """DeleteStack, which acts by the role the stack was made with; nothing is ever retained."""
        context.clients.cloudformation.delete_stack(StackName=seen.arn)


def _importers(context: Context) -> set[str]:
    """Names of the stacks that import the class's boundary; an export nobody imports is an error to CloudFormation."""
    paginator = context.clients.cloudformation.get_paginator("list_imports")
    try:
        pages = list(paginator.paginate(ExportName=boundary_export(context.scope.classroom)))
    except ClientError as error:
        if code(error) == _MISSING:
            return set()
        raise
    return {name for page in pages for name in page.get("Imports", [])}
