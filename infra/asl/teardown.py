"""The teardown state machine: lock → freeze → stop → scan → apply → verify → report → unlock, in slices of a Lambda.

The function does the work (``contract.TeardownRequest``); the machine only repeats a slice until it is done, waits as
long as the function asks for, and sees to it that a failure is still reported and the lock still given back. A dry
run scans and ends. Only the verdict CLEAN ends the execution well.
"""

from dataclasses import dataclass

from classlab.contract import TEARDOWN_REPORT_KEY, TeardownAction
from infra.asl.language import (
    LAMBDA_TRANSIENT,
    State,
    States,
    catch,
    choice,
    expression,
    fail,
    machine,
    never_retry,
    retry,
    task,
)

_SLICE_SECONDS = 15 * 60
_OVERALL_SECONDS = 8 * 60 * 60
_SLICES: list[tuple[str, TeardownAction, str]] = [
    ("Freeze", "freeze", "Stop"),
    ("Stop", "stop", "Scan"),
    ("Scan", "scan", "Apply"),
    ("Apply", "apply", "Verify"),
    ("Verify", "verify", "Report"),
]


@dataclass(frozen=True, kw_only=True)
class Teardown:
    """The teardown of one class; members may be CDK tokens."""

    function_arn: str
    class_bucket: str

    def definition(self) -> dict[str, object]:
        """The whole machine."""
        failed = catch(["States.ALL"], "Report", {"problem": _problem()})
        gone = catch(["States.ALL"], "Broken", {"problem": _problem()})
        states: States = {
            "Begin": _begin(),
            "DryRun": choice("$dry_run", then="Plan", otherwise="Lock"),
            **self._slice("Plan", "scan", then="Planned", caught=gone),
            "Planned": {"Type": "Succeed"},
            **self._slice("Lock", "lock", then="Freeze", caught=gone),
        }
        for name, action, then in _SLICES:
            states |= self._slice(name, action, then=then, caught=failed)
        return machine(
            {**states, **self._ending(gone)},
            start="Begin",
            comment="Ends a class: deletes what is provably its own, proves that nothing is left, reports",
            timeout_seconds=_OVERALL_SECONDS,
        )

    def _ending(self, gone: dict[str, object]) -> States:
        unreported = catch(["States.ALL"], "Unlock", {"problem": _problem()})
        verdict = {
            "verdict": expression("$exists($states.result.Payload.verdict) ? $states.result.Payload.verdict : $verdict")
        }
        report = self._slice("Report", "report", then="Unlock", caught=unreported)
        report["Report"]["Assign"] = {"answer": expression("$states.result.Payload"), **verdict}
        where = f"'; see s3://{self.class_bucket}/{TEARDOWN_REPORT_KEY}'"
        return {
            **report,
            **self._slice("Unlock", "unlock", then="Clean", caught=gone),
            "Clean": choice("$verdict = 'CLEAN' and $problem = ''", then="Done", otherwise="NotClean"),
            "Done": {"Type": "Succeed", "Output": {"verdict": expression("$verdict")}},
            "NotClean": fail("TeardownNotClean", f"$verdict & {where} & ($problem = '' ? '' : '; ' & $problem)"),
            "Broken": fail("TeardownBroken", "$problem"),
        }

    def _slice(self, name: str, action: TeardownAction, *, then: str, caught: dict[str, object]) -> States:
        """Call the function for one action again and again until it is done."""
        return {
            name: task(
                "lambda:invoke",
                {"FunctionName": self.function_arn, "Payload": _event(action)},
                Assign={"answer": expression("$states.result.Payload")},
                Output=expression("$states.result.Payload"),
                TimeoutSeconds=_SLICE_SECONDS,
                Retry=[
                    never_retry("LockHeld"),
                    retry(LAMBDA_TRANSIENT, interval=1, attempts=8),
                    # A slice resumes where it was cut, so whatever went wrong is worth a second and a third try.
                    retry(["States.TaskFailed", "States.Timeout"], interval=5, attempts=2),
                ],
                Catch=[caught],
                Next=f"{name}Done",
            ),
            f"{name}Done": choice("$answer.done", then=then, otherwise=f"{name}Wait"),
            f"{name}Wait": {"Type": "Wait", "Seconds": expression("$answer.wait_seconds"), "Next": name},
        }


def _begin() -> State:
    """Who gives no ``dry_run`` gets one."""
    assign = {
        "dry_run": expression("$exists($states.input.dry_run) ? $states.input.dry_run : true"),
        "why": expression("$exists($states.input.reason) ? $states.input.reason : 'not stated'"),
    }
    return {"Type": "Pass", "Assign": {**assign, "problem": "", "verdict": "UNKNOWN"}, "Next": "DryRun"}


def _event(action: TeardownAction) -> str:
    """Expression: a ``TeardownRequest``, with the error only where there was one."""
    return expression(
        f"$merge([{{'action': '{action}', 'execution': $states.context.Execution.Id, "
        "'started': $states.context.Execution.StartTime, 'dry_run': $dry_run, 'reason': $why}, "
        "$problem = '' ? {} : {'error': $problem}])"
    )


def _problem() -> str:
    return expression(
        "$states.errorOutput.Error & ($exists($states.errorOutput.Cause) ? ': ' & $states.errorOutput.Cause : '')"
    )
