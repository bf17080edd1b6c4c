"""Drives the teardown as its state machine does: action by action, each until it is done, waiting in between."""

import json
from dataclasses import dataclass, replace
from typing import Any, get_args

from classlab.contract import TEARDOWN_REPORT_KEY, TeardownAction, TeardownAnswer, plan_key
from lambdas.shared.clock import Budget, Clock
from lambdas.shared.faults import AWS_ERRORS
from lambdas.teardown.actions import Run, perform
from lambdas.teardown.facts import Facts
from lambdas.teardown.preview import Preview
from lambdas.teardown.scope import Context, Scope
from tests.embedded_aws.sagemaker_stubs import ACCOUNT, REGION
from tests.unit.lambdas.account import Account
from tests.unit.lambdas.faults import Killed
from tests.unit.lambdas.seats import CLASS_BUCKET, CLASSROOM

ACTIONS: tuple[TeardownAction, ...] = get_args(TeardownAction)
SCOPE = Scope(classroom=CLASSROOM, class_bucket=CLASS_BUCKET, partition="aws", account=ACCOUNT, region=REGION)
_SLICES_MAX = 3000


def execution(name: str = "run-1") -> str:
    """ARN of an execution of the teardown state machine."""
    return f"arn:aws:states:{REGION}:{ACCOUNT}:execution:{CLASSROOM}-teardown:{name}"


class CountedBudget(Budget):
    """A slice that is over after so many looks at the clock, on a fast machine and on a slow one."""

    def __init__(self, clock: Clock, looks: int) -> None:
        super().__init__(clock=clock, seconds=0)
        self._looks = looks

    @property
    def spent(self) -> bool:
        """One look less."""
        self._looks -= 1
        return self._looks < 0


@dataclass
class Conductor:
    """The state machine of one run."""

    account: Account
    boundary: str
    name: str = "run-1"
    dry_run: bool = False
    slice_looks: int = 10**6  # at the clock, before the slice is over
    retries: int = 0  # of slices that end in an error of AWS, as Step Functions makes them
    deaths: int = 0
    failures: int = 0

    def __post_init__(self) -> None:
        """The run starts now."""
        self.started = self.account.clock.now().isoformat()

    @property
    def context(self) -> Context:
        """What the function works with."""
        return Context(clients=self.account.clients, scope=SCOPE, facts=Facts(), clock=self.account.clock)

    def slice(self, action: TeardownAction, error: str = "") -> TeardownAnswer:
        """One call of the function."""
        return perform(
            Run(
                context=self.context,
                request={
                    "action": action,
                    "execution": execution(self.name),
                    "started": self.started,
                    "dry_run": self.dry_run,
                    "reason": "test",
                    **({"error": error} if error else {}),  # type: ignore[typeddict-item] # only where there is one
                },
                boundary_arn=self.boundary,
                budget=CountedBudget(self.account.clock, self.slice_looks),
            )
        )

    def until_done(self, action: TeardownAction) -> TeardownAnswer:
        """The action, slice by slice; a killed slice is asked for again."""
        for _ in range(_SLICES_MAX):
            try:
                answer = self.slice(action)
            except Killed:
                self.deaths += 1
                continue
            except AWS_ERRORS:
                if self.failures >= self.retries:
                    raise
                self.failures += 1
                continue
            if answer["done"]:
                return answer
            self.account.clock.sleep(answer["wait_seconds"])
        raise AssertionError(f"{action} does not come to an end")

    def run(self) -> dict[str, Any]:
        """All actions; the report."""
        self.through("unlock")
        return self.report()

    def through(self, last: TeardownAction) -> None:
        """Every action up to and including this one."""
        for action in ACTIONS[: ACTIONS.index(last) + 1]:
            self.until_done(action)

    def report(self) -> dict[str, Any]:
        """The report in the class bucket."""
        report: dict[str, Any] = self.document(TEARDOWN_REPORT_KEY)
        return report

    def document(self, key: str) -> Any:  # noqa: ANN401 # JSON
        """A document in the class bucket."""
        return json.loads(self.account.own.s3.get_object(Bucket=CLASS_BUCKET, Key=key)["Body"].read())

    def preview(self) -> Preview:
        """What a dry run says now."""
        dry = replace(self, name="look", dry_run=True)
        dry.until_done("scan")
        return Preview.model_validate(dry.document(plan_key(dry.name)))
