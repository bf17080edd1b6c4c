"""What Step Functions refuses in a definition, as CreateStateMachine and ValidateStateMachineDefinition say it.

No emulator import. Texts that executions against AWS have shown are AWS's; where a function says so, they are not.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from embedded_aws.sdk_names import unsupported
from embedded_aws.states import (
    choice_rules,
    definition_fields,
    definition_shapes,
    distributed_map_fields,
    optimized_integrations,
)
from embedded_aws.states.optimized_integrations import input_shape
from embedded_aws.states.step_functions import SAGEMAKER_ACTIONS, SYNC_JOBS, Integration, integration, known_operation

State = Mapping[str, Any]
_WITHOUT_NEXT = ("Choice", "Succeed", "Fail")
_UNKNOWN_SAGEMAKER = ("createLabelingJob",)
_LONGEST = 99_999_999
_LONGEST_DELAY = 31_622_400
_LONGEST_NAME = 80
_TEMPLATES = ("Parameters", "ResultSelector", "ItemSelector", "Assign")
_SCHEMA = "SCHEMA_VALIDATION_FAILED"


@dataclass(frozen=True)
class Fault:
    """One error: its code, what it says and where (a path like `/States/Name`)."""

    code: str
    message: str
    location: str = ""

    def diagnostic(self) -> dict[str, str]:
        """As ValidateStateMachineDefinition has it."""
        place = {"location": self.location} if self.location else {}
        return {"severity": "ERROR", "code": self.code, "message": self.message, **place}

    def __str__(self) -> str:
        """As CreateStateMachine's message has it."""
        return f"{self.code}: {self.message}" + (f" at {self.location}" if self.location else "")


def faults(definition: str, kind: str) -> Iterator[Fault]:
    """Every fault of a definition for a STANDARD or EXPRESS machine; the text of wrong kinds of parts is not AWS's."""
    try:
        machine = json.loads(definition) if definition.strip() else None
    except json.JSONDecodeError as error:
        yield Fault("INVALID_JSON_DESCRIPTION", str(error))
        return
    if not isinstance(machine, dict):
        yield Fault(_SCHEMA, "Definition must be a valid JSON object")
        return
    wrong = [Fault(_SCHEMA, f"Expected {words}", place) for place, words in definition_shapes.wrong(machine)]
    yield from wrong
    if not wrong:
        yield from _machine(machine, "", machine.get("QueryLanguage", "JSONPath"), kind)
        yield from _labels(machine)
        yield from _names(machine)


def _labels(machine: State) -> Iterator[Fault]:
    """Labels of Distributed Maps are unique in a machine."""
    labels = [state["Label"] for _, state in every_state(machine) if "Label" in state]
    for label in sorted({label for label in labels if labels.count(label) > 1}):
        yield Fault(_SCHEMA, f"Label {label} is not unique")


def _names(machine: State) -> Iterator[Fault]:
    """Names of states are unique in a machine; the text as users report it (aws-cloudformation/cfn-lint issue 3616)."""
    names = [name for name, _ in every_state(machine)]
    for name in sorted({name for name in names if names.count(name) > 1}):
        yield Fault("DUPLICATE_STATE_NAME", f"Duplicate State name: {name}")
    for name in (name for name in names if len(name) > _LONGEST_NAME):
        yield Fault(_SCHEMA, f"The name of a state has at most {_LONGEST_NAME} characters", f"/States/{name}")


def every_state(machine: State) -> Iterator[tuple[str, State]]:
    """Every state of a machine with its name, those of branches and map processors included."""
    for name, state in machine.get("States", {}).items():
        yield name, state
        inner = [*state.get("Branches", []), state.get("ItemProcessor"), state.get("Iterator")]
        for machine_inside in filter(None, inner):
            yield from every_state(machine_inside)


def _machine(machine: State, place: str, language: str, kind: str) -> Iterator[Fault]:
    missing = [field for field in ("States", "StartAt") if field not in machine]
    if missing:
        yield Fault(_SCHEMA, f"These fields are required: [{', '.join(missing)}]", place or "/")
        return
    for field in definition_fields.unknown_of_machine(machine, inner=bool(place)):
        yield _unsupported(place, field)
    states = machine["States"]
    yield from _targets(machine, place)
    for name, state in states.items():
        yield from _state(state, f"{place}/States/{name}", language, kind)


def _targets(machine: State, place: str) -> Iterator[Fault]:
    """Every state that is named must be there, and every state must be reached."""
    states = machine["States"]
    named = [(f"{place}/StartAt", machine["StartAt"])]
    for name, state in states.items():
        named += [(f"{place}/States/{name}/{field}", target) for field, target in _named(state)]
    for location, target in named:
        if target not in states:
            yield Fault("MISSING_TRANSITION_TARGET", f"Missing 'Next' target: {target}", location)
    reached = {target for _, target in named}
    for name in states:
        if name not in reached:
            yield Fault("MISSING_TRANSITION_TARGET", f'State "{name}" is not reachable.', f"{place}/States/{name}")


def _named(state: State) -> Iterator[tuple[str, str]]:
    for field in ("Next", "Default"):
        if field in state:
            yield field, state[field]
    for group in ("Choices", "Catch"):
        for number, member in enumerate(state.get(group, [])):
            if "Next" in member:
                yield f"{group}[{number}]/Next", member["Next"]


def _state(state: State, place: str, language: str, kind: str) -> Iterator[Fault]:
    own = state.get("QueryLanguage", language)
    if language == "JSONata" and own == "JSONPath":
        yield Fault(_SCHEMA, "'QueryLanguage' can not be 'JSONPath' if set to 'JSONata' for whole state machine", place)
    if state.get("Type") not in definition_fields.TYPES:
        yield Fault(_SCHEMA, f"Type must be one of {', '.join(definition_fields.TYPES)}", f"{place}/Type")
        return
    if state["Type"] not in _WITHOUT_NEXT and ("Next" in state) == bool(state.get("End")):
        yield Fault(_SCHEMA, "These fields are required: [Next]" if "Next" not in state else "End and Next", place)
    if needed := definition_shapes.missing(state):
        yield Fault(_SCHEMA, f"These fields are required: [{needed}]", place)
    for field in definition_fields.unknown(state, own):
        yield _unsupported(place, field)
    yield from _catchers(state, place)
    yield from _of_language(state, place, own)
    if state["Type"] == "Task":
        yield from _task(state, place, kind)
    if state["Type"] == "Map":
        yield from (Fault(_SCHEMA, text, place) for text in distributed_map_fields.faults(state))
    yield from _inner(state, place, own, kind)


def _of_language(state: State, place: str, language: str) -> Iterator[Fault]:
    """Rules of Choice states, and the fields that JSONPath computes."""
    for number, rule in enumerate(state.get("Choices", [])):
        yield from _choice(rule, f"{place}/Choices[{number}]", language)
    if language == "JSONPath":
        for field in _TEMPLATES:
            yield from _template(state.get(field), f"{place}/{field}")


def _template(part: object, place: str) -> Iterator[Fault]:
    """Fields that are computed: AWS's text."""
    if isinstance(part, list):
        for item in part:
            yield from _template(item, place)
    for name, value in part.items() if isinstance(part, dict) else ():
        if not name.endswith(".$"):
            yield from _template(value, place)
        elif not (isinstance(value, str) and value.startswith(("$", "States."))):
            text = f"The value for the field '{name}' must be a valid JSONPath or a valid intrinsic function call"
            yield Fault(_SCHEMA, text, place)


def _unsupported(place: str, field: str) -> Fault:
    """A field that is not known there. The text is not AWS's."""
    return Fault(_SCHEMA, "Field is not supported", f"{place}/{field}")


def _choice(rule: State, place: str, language: str) -> Iterator[Fault]:
    needed = ("Next",) if language == "JSONPath" else ("Condition", "Next")
    if missing := [field for field in needed if field not in rule]:
        yield Fault(_SCHEMA, f"These fields are required: [{', '.join(missing)}]", place)
    elif language == "JSONPath":
        yield from _rule(rule, place)


def _rule(rule: State, place: str) -> Iterator[Fault]:
    """A rule has one operator. The rule is AWS's, the text is not."""
    operators = [name for name in rule if name not in ("Variable", "Next", "Comment")]
    if len(operators) != 1:
        yield Fault(_SCHEMA, "A choice rule must have exactly one operator", place)
        return
    [operator] = operators
    if operator in ("And", "Or"):
        for number, part in enumerate(rule[operator]):
            yield from _rule(part, f"{place}/{operator}[{number}]")
    elif operator == "Not":
        yield from _rule(rule["Not"], f"{place}/Not")
    elif operator not in choice_rules.OPERATORS or "Variable" not in rule:
        yield Fault(_SCHEMA, f"{operator} is not an operator of a Variable", place)
    elif not choice_rules.takes(operator, rule[operator]):
        yield Fault(_SCHEMA, f"{operator} cannot be {json.dumps(rule[operator])}", f"{place}/{operator}")


def _inner(state: State, place: str, language: str, kind: str) -> Iterator[Fault]:
    for number, branch in enumerate(state.get("Branches", [])):
        yield from _machine(branch, f"{place}/Branches[{number}]", language, kind)
    for field in ("ItemProcessor", "Iterator"):
        if field not in state:
            continue
        config = state[field].get("ProcessorConfig") or {}
        distributed = config.get("Mode") == "DISTRIBUTED"
        if distributed and kind == "EXPRESS":
            yield Fault(_SCHEMA, "Express state machine does not support Distributed Map", place)
        inside = str(config.get("ExecutionType", kind)) if distributed else kind
        yield from _machine(state[field], f"{place}/{field}", language, inside)


def _catchers(state: State, place: str) -> Iterator[Fault]:
    """States.ALL stands alone and last. The rules are AWS's, the texts are not."""
    for group in ("Retry", "Catch"):
        members = state.get(group, [])
        for number, member in enumerate(members):
            where, names = f"{place}/{group}[{number}]", member.get("ErrorEquals") or []
            if not names:
                yield Fault(_SCHEMA, "ErrorEquals must not be empty", where)
            if "States.ALL" in names and (len(names) > 1 or number < len(members) - 1):
                yield Fault(_SCHEMA, "States.ALL must appear alone and in the last member", f"{where}/ErrorEquals")
            if group == "Retry":
                yield from _retrier(member, where)
            elif "Next" not in member:
                yield Fault(_SCHEMA, "These fields are required: [Next]", where)
            for field in member:
                if field not in definition_fields.MEMBERS[group]:
                    yield _unsupported(where, field)


def _retrier(retrier: State, place: str) -> Iterator[Fault]:
    interval, longest = retrier.get("IntervalSeconds", 1), retrier.get("MaxDelaySeconds")
    if not 0 < interval <= _LONGEST or not 0 <= retrier.get("MaxAttempts", 3) <= _LONGEST:
        yield Fault(_SCHEMA, f"IntervalSeconds and MaxAttempts are limited to {_LONGEST}", place)
    if retrier.get("BackoffRate", 2.0) < 1:
        yield Fault(_SCHEMA, "BackoffRate must be at least 1.0", place)
    if longest is not None and not interval < longest < _LONGEST_DELAY:
        yield Fault(_SCHEMA, f"MaxDelaySeconds must be between IntervalSeconds and {_LONGEST_DELAY}", place)
    if retrier.get("JitterStrategy", "NONE") not in ("NONE", "FULL"):
        yield Fault(_SCHEMA, "JitterStrategy must be NONE or FULL", place)


def _task(state: State, place: str, kind: str) -> Iterator[Fault]:
    resource = str(state.get("Resource", ""))
    found = integration(resource)
    if not (resource.startswith("arn:") and (found or ":function:" in resource or ":activity:" in resource)):
        yield _not_recognized(resource, place)
        return
    if found is not None:
        refused = list(_integration(found, resource, place))
        yield from refused or _parameters(state, found, place)
        for pattern in ("sync", "waitForTaskToken"):
            if kind == "EXPRESS" and found.pattern.startswith(pattern):
                text = f"Express state machine does not support '.{pattern}' service integration "
                yield Fault(_SCHEMA, text, f"{place}/Resource")
    elif ":activity:" in resource and kind == "EXPRESS":
        yield Fault(_SCHEMA, "Express state machine does not support activities", f"{place}/Resource")
    yield from _times(state, found, place)


def _integration(found: Integration, resource: str, place: str) -> Iterator[Fault]:
    if found.sdk:
        known = known_operation(found) and found.pattern in ("", "waitForTaskToken")
    elif found.service == "sagemaker" and found.action in _UNKNOWN_SAGEMAKER:
        yield Fault(_SCHEMA, f"{resource} is not implemented by the embedded AWS", f"{place}/Resource")
        return
    elif found.service == "sagemaker":
        known = found.action in SAGEMAKER_ACTIONS and found.pattern in ("", "sync")
        known = known and (not found.sync or found.action in SYNC_JOBS)
    elif found.service in optimized_integrations.SERVICES:
        known = optimized_integrations.knows(found)
    else:
        yield Fault(_SCHEMA, f"{resource} is not implemented by the embedded AWS", f"{place}/Resource")
        return
    if not known:
        yield _not_recognized(resource, place)


def _parameters(state: State, found: Integration, place: str) -> Iterator[Fault]:
    """Parameters that the operation does not have, or that are not in Pascal case; the text is AWS's."""
    shape = input_shape(found)
    for name in ("Parameters", "Arguments"):
        for field in unsupported(shape, state.get(name)):
            yield Fault(_SCHEMA, f'The field "{field}" is not supported by Step Functions', f"{place}/{name}")


def _not_recognized(resource: str, place: str) -> Fault:
    text = (
        f"The resource provided {resource} is not recognized. The value is not a valid resource ARN, or the resource "
        "is not available in this region."
    )
    return Fault(_SCHEMA, text, f"{place}/Resource")


def _times(state: State, found: Integration | None, place: str) -> Iterator[Fault]:
    """A heartbeat is shorter than the timeout. The rule is AWS's, the text is not."""
    beats = "HeartbeatSeconds" in state or "HeartbeatSecondsPath" in state
    calls_back = found.pattern == "waitForTaskToken" if found else ":activity:" in str(state.get("Resource"))
    if beats and not calls_back:
        yield Fault(_SCHEMA, "Heartbeats of this resource are not implemented by the embedded AWS", place)
    heartbeat, timeout = state.get("HeartbeatSeconds"), state.get("TimeoutSeconds")
    if isinstance(heartbeat, int) and isinstance(timeout, int) and heartbeat >= timeout:
        yield Fault(_SCHEMA, "HeartbeatSeconds must be smaller than TimeoutSeconds", place)
