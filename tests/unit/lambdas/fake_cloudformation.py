"""A CloudFormation of four calls that refuses as AWS does; moto's forgets imports and deletes filled buckets."""

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from tests.unit.lambdas.faults import refusal

Delete = Callable[[str], None]  # deletes a physical id, raises ClientError where AWS refuses
_PAGE = 2  # small pages, so that paging is always tried


@dataclass
class FakeStack:
    """A stack and what it holds: physical ids by type, in the order of deletion."""

    arn: str
    name: str
    tags: dict[str, str]
    created: datetime
    resources: list[tuple[str, str]] = field(default_factory=list)
    imports: tuple[str, ...] = ()
    status: str = "CREATE_COMPLETE"
    protected: bool = False
    polls_left: int = 0


class FakeCloudFormation:
    """DescribeStacks, ListStackResources, ListImports and DeleteStack."""

    def __init__(self, *, account: str, region: str, deleters: Mapping[str, Delete]) -> None:
        self.stacks: dict[str, FakeStack] = {}
        self._where = f"arn:aws:cloudformation:{region}:{account}:stack"
        self._deleters = deleters

    def make(self, name: str, *, tags: Mapping[str, str], imports: tuple[str, ...] = ()) -> FakeStack:
        """A stack that stands, without resources so far."""
        arn = f"{self._where}/{name}/{uuid.uuid4()}"
        self.stacks[arn] = FakeStack(arn=arn, name=name, tags=dict(tags), created=datetime.now(UTC), imports=imports)
        return self.stacks[arn]

    def standing(self) -> list[FakeStack]:
        """Every stack that is not deleted."""
        return [stack for stack in self.stacks.values() if stack.status != "DELETE_COMPLETE"]

    def call(self, action: str, params: Mapping[str, str]) -> dict[str, Any]:
        """One call; raises ClientError."""
        answers: dict[str, Callable[[Mapping[str, str]], dict[str, Any]]] = {
            "DescribeStacks": self._describe,
            "ListStackResources": self._resources,
            "ListImports": self._imports,
            "DeleteStack": self._delete,
        }
        return answers[action](params)

    def _find(self, wanted: str) -> FakeStack:
        if wanted in self.stacks:
            return self.stacks[wanted]
        for stack in self.standing():
            if stack.name == wanted:
                return stack
        raise refusal("ValidationError", "cloudformation.DescribeStacks", f"Stack with id {wanted} does not exist")

    def _describe(self, params: Mapping[str, str]) -> dict[str, Any]:
        if "StackName" not in params:
            return _page("Stacks", [self._shown(stack) for stack in self.standing()], params)
        stack = self._find(params["StackName"])
        self._go_on(stack)
        return {"Stacks": [self._shown(stack)]}

    def _shown(self, stack: FakeStack) -> dict[str, Any]:
        return {
            "StackId": stack.arn,
            "StackName": stack.name,
            "CreationTime": stack.created,
            "StackStatus": stack.status,
            "EnableTerminationProtection": stack.protected,
            "Tags": [{"Key": key, "Value": value} for key, value in stack.tags.items()],
        }

    def _resources(self, params: Mapping[str, str]) -> dict[str, Any]:
        stack = self._find(params["StackName"])
        shown = [
            {"ResourceType": kind, "PhysicalResourceId": physical, "ResourceStatus": "CREATE_COMPLETE"}
            for kind, physical in stack.resources
        ]
        return _page("StackResourceSummaries", shown, params)

    def _imports(self, params: Mapping[str, str]) -> dict[str, Any]:
        export = params["ExportName"]
        importers = [stack.name for stack in self.standing() if export in stack.imports]
        if not importers:
            text = f"Export '{export}' is not imported by any stack."
            raise refusal("ValidationError", "cloudformation.ListImports", text)
        return _page("Imports", importers, params)

    def _delete(self, params: Mapping[str, str]) -> dict[str, Any]:
        stack = self._find(params["StackName"])
        if stack.protected:
            text = f"Stack [{stack.name}] cannot be deleted while TerminationProtection is enabled"
            raise refusal("ValidationError", "cloudformation.DeleteStack", text)
        if stack.status != "DELETE_COMPLETE":
            stack.status, stack.polls_left = "DELETE_IN_PROGRESS", 1
        return {}

    def _go_on(self, stack: FakeStack) -> None:
        """A deletion ends at the second look, with everything gone or with what refused to go."""
        if stack.status != "DELETE_IN_PROGRESS":
            return
        if stack.polls_left > 0:
            stack.polls_left -= 1
            return
        stack.resources = [resource for resource in stack.resources if not self._gone(*resource)]
        stack.status = "DELETE_FAILED" if stack.resources else "DELETE_COMPLETE"

    def _gone(self, kind: str, physical: str) -> bool:
        try:
            self._deleters[kind](physical)
        except Exception:  # noqa: BLE001 # whatever refuses leaves its resource, as on AWS
            return False
        return True


def _page(member: str, items: list[Any], params: Mapping[str, str]) -> dict[str, Any]:
    start = int(params.get("NextToken", "0"))
    answer: dict[str, Any] = {member: items[start : start + _PAGE]}
    if start + _PAGE < len(items):
        answer["NextToken"] = str(start + _PAGE)
    return answer
