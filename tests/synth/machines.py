"""State machines as texts: what the tests of each of them look at."""

import json
from collections.abc import Iterator
from typing import Any

import jsonata

from tests.synth.resolving import Resolver, only
from tests.synth.roles import EXPORTS

Machine = dict[str, Any]


def definition(template: Machine, stack: str, beginning: str) -> Machine:
    """The machine of a template whose logical id begins so, with physical names."""
    resolver = Resolver(stack, template, EXPORTS)
    text = resolver.resource(only(template, "AWS::StepFunctions::StateMachine", beginning))["DefinitionString"]
    found: Machine = json.loads(text)
    return found


def tasks(machine: Machine) -> list[tuple[str, Machine]]:
    """Its Task states."""
    return [(name, state) for name, state in machine["States"].items() if state["Type"] == "Task"]


def targets(state: Machine) -> Iterator[str]:
    """Where a state can lead."""
    for place in (state, *state.get("Choices", []), *state.get("Catch", [])):
        yield from (place[key] for key in ("Next", "Default") if key in place)


def reached(machine: Machine, start: str) -> set[str]:
    """Every state that can come after ``start``, and itself."""
    found: set[str] = set()
    waiting = [start]
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting += targets(machine["States"][name])
    return found


def expressions(node: object) -> Iterator[str]:
    """Every JSONata expression below a node."""
    if isinstance(node, dict):
        for value in node.values():
            yield from expressions(value)
    elif isinstance(node, list):
        for value in node:
            yield from expressions(value)
    elif isinstance(node, str) and node.startswith("{%"):
        yield node.removeprefix("{%").removesuffix("%}").strip()


def expression(node: object) -> str:
    """The one expression below a node."""
    (found,) = expressions(node)
    return found


def evaluate(text: str, **variables: object) -> Any:  # noqa: ANN401 # any JSON
    """The value of an expression; ``$parse`` is Step Functions' own."""
    compiled = jsonata.Jsonata(text)
    compiled.register_lambda("parse", json.loads)
    return compiled.evaluate(None, variables)
