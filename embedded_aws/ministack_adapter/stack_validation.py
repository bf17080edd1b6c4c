"""The hook of CloudFormation's pre-deployment validation: of stacks, and of change sets."""

from __future__ import annotations

import copy
from typing import Any

from ministack.services import cloudformation as cfn
from ministack.services.cloudformation import changesets, stacks
from ministack.services.cloudformation import engine as cfn_engine
from ministack.services.cloudformation import handlers as cfn_handlers

from embedded_aws.cloudformation import early_validation
from embedded_aws.cloudformation.property_checks import checks_of
from embedded_aws.cloudformation.static_values import StaticValues
from embedded_aws.engine import Engine
from embedded_aws.ministack_adapter.common import HOOKS, Reply


@HOOKS.applies("stack-validation")
def _stack_validation(engine: Engine) -> None:
    validation = _Validation(engine.place.region)
    stacks._validation_errors = validation.errors
    cfn_handlers._ACTION_HANDLERS["CreateChangeSet"] = validation.create_change_set
    cfn_handlers._ACTION_HANDLERS["DescribeEvents"] = validation.describe_events


class _Validation:
    """The emulator's validation with the schemas' beside it, and that of change sets, which it has not."""

    def __init__(self, region: str) -> None:
        self._checks = checks_of(region)
        self._errors = stacks._validation_errors
        self._create = cfn_handlers._ACTION_HANDLERS["CreateChangeSet"]
        self._describe = cfn_handlers._ACTION_HANDLERS["DescribeEvents"]

    def errors(
        self, resources: Any, ordered: Any, params: Any, conditions: Any, mappings: Any, name: str, own: str, *more: Any
    ) -> list[early_validation.Problem]:
        emulators = self._errors(resources, ordered, params, conditions, mappings, name, own, *more)

        def resolve(call: Any) -> Any:
            return cfn_engine._resolve_refs(copy.deepcopy(call), {}, params, conditions, mappings, name, own)

        def refers(call: Any) -> bool:
            return any(target in resources for target, _ in cfn_engine._intrinsic_references(call))

        values = StaticValues(resolve, refers, conditions, cfn_engine._NO_VALUE)
        found = early_validation.problems(resources, ordered, values, self._checks)
        return early_validation.joined(emulators, found)

    def create_change_set(self, params: dict[str, Any]) -> Reply:
        reply: Reply = self._create(params)
        _, made = changesets._find_change_set(_text(params, "ChangeSetName"), _text(params, "StackName"))
        if reply[0] < 400 and made and made["Status"] == "CREATE_COMPLETE" and not made["_disable_validation"]:
            self._validate(made)
        return reply

    def _validate(self, change_set: dict[str, Any]) -> None:
        template, params = change_set["_template"], change_set["_resolved_params"]
        conditions = cfn_handlers._evaluate_conditions(template, params)
        stack = cfn._stacks[change_set["StackName"]]
        owned = frozenset(held["PhysicalResourceId"] for held in stack["_resources"].values())
        ordered = cfn_engine._topological_sort(template["Resources"], conditions)
        place = (template.get("Mappings", {}), stack["StackName"], stack["StackId"], owned)
        found = self.errors(template["Resources"], ordered, params, conditions, *place)
        if not found:
            return
        change_set.update(
            Status="FAILED", ExecutionStatus="UNAVAILABLE", StatusReason=early_validation.FAILED_REASON, Changes=[]
        )
        operation = stacks.new_uuid()
        change_set["_operation"] = operation
        stack["_operation_events"] = [
            *(stack.get("_operation_events") or []),
            *(_event(stack["StackId"], operation, problem) for problem in found),
        ]

    def describe_events(self, params: dict[str, Any]) -> Reply:
        """The emulator keeps the events of stacks only: those of a change set lie with its stack."""
        name = _text(params, "ChangeSetName")
        if name:
            _, found = changesets._find_change_set(name, _text(params, "StackName"))
            operation = (found or {}).get("_operation", "none")
            stack = {"StackName": [found["StackName"]]} if found else {}
            params = {**params, **stack, "OperationId": [operation]}
        reply: Reply = self._describe(params)
        return reply


def _event(stack_id: str, operation: str, problem: early_validation.Problem) -> dict[str, str]:
    logical_id, kind, name, path, reason = problem
    told: dict[str, str] = stacks._operation_event(
        stack_id,
        operation,
        "VALIDATION_ERROR",
        "CREATE_CHANGESET",
        LogicalResourceId=logical_id,
        ResourceType=kind,
        ValidationFailureMode="FAIL",
        ValidationName=name,
        ValidationStatus="FAILED",
        ValidationStatusReason=reason,
        ValidationPath=path,
    )
    return told


def _text(params: dict[str, Any], name: str) -> str:
    return str(cfn_handlers._p(params, name))
