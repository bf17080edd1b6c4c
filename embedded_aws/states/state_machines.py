"""What AWS checks when a state machine is made: its definition, its role, and the rules that .sync needs.

No emulator import.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from embedded_aws.iam.authorization import Check
from embedded_aws.sagemaker.errors import AwsError
from embedded_aws.states import definition_faults
from embedded_aws.states.execution_logs import DELIVERY_ACTIONS
from embedded_aws.states.step_functions import integration

# The managed rules of the .sync integrations, and the events they wait for; the account shares them.
_MANAGED_RULES = {
    "createTrainingJob": ("TrainingJobs", "SageMaker Training Job State Change"),
    "createProcessingJob": ("ProcessingJobs", "SageMaker Processing Job State Change"),
    "createTransformJob": ("TransformJobs", "SageMaker Transform Job State Change"),
    "createHyperParameterTuningJob": ("TuningJobs", "SageMaker HyperParameter Tuning Job State Change"),
}


def vet(definition: str, kind: str = "STANDARD") -> None:
    """Refuse (InvalidDefinition) what is no definition of a STANDARD or EXPRESS machine, or is not implemented."""
    for fault in definition_faults.faults(definition, kind):
        raise _invalid(str(fault))


def managed_rules(definition: str) -> list[dict[str, str]]:
    """The rules (Name, EventPattern) that a definition's .sync tasks need in the account."""
    rules = {}
    for _, state in definition_faults.every_state(json.loads(definition)):
        found = integration(str(state.get("Resource", "")))
        if found is None or found.sdk or not found.sync:
            continue
        if found.service == "sagemaker":
            noun, detail_type = _MANAGED_RULES[found.action]
            rules[f"StepFunctionsGetEventsForSageMaker{noun}Rule"] = ("aws.sagemaker", detail_type)
        elif found.service == "states":
            detail_type = "Step Functions Execution Status Change"
            rules["StepFunctionsGetEventsForStepFunctionsExecutionRule"] = ("aws.states", detail_type)
    return [
        {"Name": name, "EventPattern": json.dumps({"source": [source], "detail-type": [detail]})}
        for name, (source, detail) in rules.items()
    ]


def _invalid(message: str) -> AwsError:
    return AwsError("InvalidDefinition", f"Invalid State Machine Definition: '{message}'")


def check_logging(configuration: Mapping[str, Any], ask: Callable[[Check], None]) -> None:
    """AwsError if logging is on and the role may not set up the delivery."""
    if configuration.get("level", "OFF") == "OFF":
        return
    for action in DELIVERY_ACTIONS:
        try:
            ask(Check(action, "*"))
        except AwsError as error:
            text = "The state machine IAM Role is not authorized to access the Log Destination"
            raise AwsError("AccessDeniedException", text) from error


def check_rule(rule: Mapping[str, str], role_arn: str, place: str, ask: Callable[[Check], None]) -> None:
    """AwsError if the role may not make a managed rule; `place` is `<region>:<account>`."""
    for action in ("events:PutRule", "events:PutTargets", "events:DescribeRule"):
        try:
            ask(Check(action, f"arn:aws:events:{place}:rule/{rule['Name']}"))
        except AwsError as error:
            text = f"'{role_arn}' is not authorized to create managed-rule."
            raise AwsError("AccessDeniedException", text) from error
