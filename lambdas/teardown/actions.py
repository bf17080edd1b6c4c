"""The actions of the state machine, a slice each: every one may be cut anywhere and asked for again."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from classlab.contract import (
    TEARDOWN_PREFIX,
    TEARDOWN_REPORT_KEY,
    TeardownAction,
    TeardownAnswer,
    TeardownRequest,
    ledger_key,
    plan_key,
)
from lambdas.shared.clock import Budget
from lambdas.shared.telemetry import LOGGER
from lambdas.teardown.applying import apply_slice, seconds_to_wait
from lambdas.teardown.documents import Documents
from lambdas.teardown.facts import Facts
from lambdas.teardown.freezing import freeze, thaw
from lambdas.teardown.kinds import KINDS, MAKERS, STOPPED_FIRST
from lambdas.teardown.kinds.jobs import FINAL
from lambdas.teardown.ledger import Ledger, Scan
from lambdas.teardown.lock import Lock
from lambdas.teardown.preview import preview_of
from lambdas.teardown.reporting import Report, report_of
from lambdas.teardown.scanning import new_scan, scan_slice
from lambdas.teardown.scope import Context
from lambdas.teardown.verdict import verdict
from lambdas.teardown.verifying import take_in, verify_slice

FREEZE_SECONDS = 10  # until a changed policy is in force everywhere in IAM
_DONE: TeardownAnswer = {"done": True, "wait_seconds": 1}
_AT_ONCE: TeardownAnswer = {"done": False, "wait_seconds": 1}


class WrongOrder(Exception):  # noqa: N818 - the state machine's log shows it as its name says
    """An action was asked for that another one must precede."""


@dataclass(frozen=True, kw_only=True)
class Run:
    """One execution of the teardown state machine, during one slice."""

    context: Context
    request: TeardownRequest
    boundary_arn: str
    budget: Budget

    @property
    def name(self) -> str:
        """Names the run's documents."""
        return self.request["execution"].rpartition(":")[2]

    @property
    def documents(self) -> Documents:
        """The class bucket's teardown folder."""
        return Documents(self.context.clients, self.context.scope.class_bucket, self.context.clock)

    @property
    def lock(self) -> Lock:
        """The class's lock, as this execution sees it."""
        return Lock(self.context, self.request["execution"])

    def ledger(self) -> Ledger:
        """The run's ledger; a new one knows what earlier runs proved."""
        known = self.documents.read_ledger(self.name)
        if known is None:
            known = Ledger(
                classroom=self.context.scope.classroom,
                run=self.name,
                reason=self.request["reason"],
                started=datetime.fromisoformat(self.request["started"]),
                dry_run=self.request["dry_run"],
                memory=self.documents.memory_of_earlier_runs(self.name),
            )
        known.slices += 1
        return known

    def saver(self, ledger: Ledger) -> Callable[[], None]:
        """Stores the ledger, with the calls made so far."""
        clients = self.context.clients
        before = ledger.api_calls

        def save() -> None:
            ledger.api_calls = before + clients.calls
            self.documents.write(ledger_key(self.name), ledger)

        return save

    def seeing(self, facts: Facts) -> Context:
        """The context with these facts."""
        return replace(self.context, facts=facts)


def perform(run: Run) -> TeardownAnswer:
    """One slice of the action asked for. A dry run only ever scans."""
    run.context.clients.calls = 0
    action = run.request["action"]
    if run.request["dry_run"]:
        if action != "scan":
            raise WrongOrder(f"a dry run was asked to {action}; it only scans")
        return _preview(run)
    if action not in ("lock", "report", "unlock"):
        run.lock.require()
    LOGGER.info("slice", extra={"action": action, "run": run.name})
    return _ACTIONS[action](run)


def _lock(run: Run) -> TeardownAnswer:
    run.lock.take()
    return _DONE


def _freeze(run: Run) -> TeardownAnswer:
    changed = freeze(run.context.clients.iam, run.boundary_arn)
    return {"done": False, "wait_seconds": FREEZE_SECONDS} if changed else _DONE


def _stop(run: Run) -> TeardownAnswer:
    """Running pipelines and tuning jobs first: they would go on making jobs while the scan looks for them."""
    ledger = run.ledger()
    save = run.saver(ledger)
    ledger.stop_scan = ledger.stop_scan or new_scan(run.context, ledger.memory)
    scan = ledger.stop_scan
    if not scan_slice(run.seeing(scan.facts), scan, STOPPED_FIRST, budget=run.budget, save=save):
        return _AT_ONCE
    if not ledger.items:
        running = [found for found in scan.found.values() if found.kind in MAKERS and found.state not in FINAL]
        take_in(ledger, scan, running)
    return _apply_with(run, ledger, save)


def _scan(run: Run) -> TeardownAnswer:
    ledger = run.ledger()
    save = run.saver(ledger)
    scan = _full_scan(run, ledger, save)
    if scan is None:
        return _AT_ONCE
    new = [found for found in scan.found.values() if found.identity not in ledger.items]
    take_in(ledger, scan, new)
    save()
    return {**_DONE, "planned": len(ledger.items)}


def _full_scan(run: Run, ledger: Ledger, save: Callable[[], None]) -> Scan | None:
    """The run's first scan over every kind, or None while it is not finished."""
    ledger.scan = ledger.scan or new_scan(run.context, ledger.memory)
    done = scan_slice(run.seeing(ledger.scan.facts), ledger.scan, KINDS, budget=run.budget, save=save)
    return ledger.scan if done else None


def _preview(run: Run) -> TeardownAnswer:
    """The plan, written where it can be read; the ledger is kept only between slices."""
    ledger = run.ledger()
    scan = _full_scan(run, ledger, lambda: None)
    if scan is None:
        run.saver(ledger)()
        return _AT_ONCE
    preview = preview_of(run.context, scan, run=run.name)
    run.documents.write(plan_key(run.name), preview)
    return {**_DONE, "planned": len(preview.actions)}


def _apply(run: Run) -> TeardownAnswer:
    ledger = run.ledger()
    if ledger.scan is None or ledger.scan.finished is None:
        raise WrongOrder("apply was asked for before the scan was finished")
    return _apply_with(run, ledger, run.saver(ledger))


def _apply_with(run: Run, ledger: Ledger, save: Callable[[], None]) -> TeardownAnswer:
    context = run.seeing(ledger.memory)
    if apply_slice(context, ledger, budget=run.budget, save=save):
        return {**_DONE, "remaining": 0}
    remaining = len(ledger.pending)
    return {"done": False, "wait_seconds": seconds_to_wait(context, ledger), "remaining": remaining}


def _verify(run: Run) -> TeardownAnswer:
    ledger = run.ledger()
    save = run.saver(ledger)
    verified = verify_slice(run.context, ledger, budget=run.budget, save=save)
    save()
    return {"done": verified.done, "wait_seconds": verified.wait_seconds}


def _report(run: Run) -> TeardownAnswer:
    report = _written_report(run)
    LOGGER.info("report", extra={"verdict": report.verdict, "leftovers": len(report.leftovers)})
    return {**_DONE, "verdict": report.verdict}


def _written_report(run: Run) -> Report:
    ledger = run.ledger()
    ledger.finished = run.context.clock.now()
    run.saver(ledger)()
    report = report_of(run.context, ledger, error=run.request.get("error", ""))
    run.documents.write(f"{TEARDOWN_PREFIX}runs/{run.name}/report.json", report)
    run.documents.write(TEARDOWN_REPORT_KEY, report)
    return report


def _unlock(run: Run) -> TeardownAnswer:
    """Nothing is left to freeze once no seat is left; the class stack's deletion must find its policy as it made it."""
    if verdict(run.ledger()) == "CLEAN":
        thaw(run.context.clients.iam, run.boundary_arn)
    run.lock.give_back()
    return _DONE


_ACTIONS: dict[TeardownAction, Callable[[Run], TeardownAnswer]] = {
    "lock": _lock,
    "freeze": _freeze,
    "stop": _stop,
    "scan": _scan,
    "apply": _apply,
    "verify": _verify,
    "report": _report,
    "unlock": _unlock,
}
