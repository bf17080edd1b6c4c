"""Which class, where, and by what means: everything the teardown's logic works with."""

from dataclasses import dataclass

from classlab.contract import SEPARATOR, role_path, split_stack_name
from lambdas.shared.clients import Clients
from lambdas.shared.clock import Clock
from lambdas.teardown.facts import Facts


@dataclass(frozen=True, kw_only=True)
class Scope:
    """One class in one region of one account."""

    classroom: str
    class_bucket: str
    partition: str
    account: str
    region: str

    @property
    def role_prefix(self) -> str:
        """What the ARN of every role under the class's path begins with."""
        return f"arn:{self.partition}:iam::{self.account}:role{role_path(self.classroom)}"

    def arn(self, service: str, resource: str) -> str:
        """An ARN in this account and region."""
        return f"arn:{self.partition}:{service}:{self.region}:{self.account}:{resource}"

    def attendee_of(self, stack_name: str) -> str | None:
        """Whose seat a stack of that name would be; None where the name is no seat of this class."""
        parts = split_stack_name(stack_name)
        return parts[1] if parts and parts[0] == self.classroom else None

    def resembles(self, name: str) -> bool:
        """Whether a name looks like one of the class's: a reason to report, never a proof."""
        return name == self.classroom or name.startswith(self.classroom + SEPARATOR)


@dataclass(frozen=True, kw_only=True)
class Context:
    """What a kind needs to ask AWS and to judge what it hears."""

    clients: Clients
    scope: Scope
    facts: Facts
    clock: Clock
