"""What SageMaker's kinds have in common: tags by ARN, roles by Describe, and how one learns that something is gone."""

from abc import abstractmethod
from typing import Any, ClassVar

from botocore.exceptions import ClientError

from lambdas.shared.faults import Fault, classify, code
from lambdas.teardown.kinds.base import Kind, Listed, Page
from lambdas.teardown.kinds.proofs import by_maker, by_memory, by_stack
from lambdas.teardown.ownership import Judgement, Seen, by_name, by_roles, by_tags, judge
from lambdas.teardown.scope import Context

PAGE_SIZE = 100


class SageMakerKind(Kind):
    """A kind of SageMaker; proofs S, T, R and L."""

    cloudformation_type: ClassVar[str]

    @abstractmethod
    def summaries(self, context: Context, **filters: Any) -> Page:  # noqa: ANN401 - members of the list call
        """One list call."""

    @abstractmethod
    def ask(self, context: Context, name: str) -> Seen:
        """One Describe call."""

    def roles(self, context: Context, seen: Seen) -> tuple[str, ...]:  # noqa: ARG002 - hosting follows a chain
        """ARNs of the roles it acts under."""
        return seen.roles

    def page(self, context: Context, token: str | None) -> Page:
        """One page, newest first or as AWS pleases: order does not matter."""
        more = {"NextToken": token} if token else {}
        return self.summaries(context, MaxResults=PAGE_SIZE, **more)

    def describe(self, context: Context, listed: Listed) -> Seen | None:
        """Describe answers a ValidationException for what is gone, but not for that alone: the list decides."""
        try:
            return self.ask(context, listed.name)
        except ClientError as error:
            if classify(error) is Fault.GONE:
                return None
            if code(error) == "ValidationException" and not self._is_listed(context, listed.name):
                return None
            raise

    def _is_listed(self, context: Context, name: str) -> bool:
        token: dict[str, str] = {}
        while True:
            page = self.summaries(context, NameContains=name, MaxResults=PAGE_SIZE, **token)
            if any(listed.name == name for listed in page.listed):
                return True
            if not page.token:
                return False
            token = {"NextToken": page.token}

    def prove(self, context: Context, seen: Seen) -> Judgement:
        """Stack, tags and roles, asked afresh."""
        facts, scope = context.facts, context.scope
        stack = facts.stack_of(self.cloudformation_type, seen.arn, seen.name)
        if stack and stack == facts.class_stack:
            return Judgement(standing="class")
        tags = context.clients.sagemaker.list_tags(ResourceArn=seen.arn)["Tags"]
        tagged = {tag["Key"]: tag["Value"] for tag in tags}
        return judge(
            by_stack(context, stack)
            + by_maker(context, tagged)
            + by_roles(self.roles(context, seen), facts.roles, scope.role_prefix)
            + by_tags(tagged, scope.classroom)
            + by_memory(context, seen)
            + by_name(seen.name, resembles=scope.resembles(seen.name))
        )
