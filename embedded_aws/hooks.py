"""The list of places where the adapter plugs into the emulator, each with what it expects to find there.

Nothing here imports the emulator: modules are resolved by name when hooks are checked and applied.
"""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

EMULATOR = "ministack"
Apply = Callable[[Any], None]


class HookError(RuntimeError):
    """The emulator is no longer what a hook was written for; the text names hook and place."""


@dataclass(frozen=True)
class Hook:
    """One place where the adapter changes the emulator.

    `expects` maps `module:attribute` (below the emulator's package) to the parameters a function there must
    take, or None where any object will do.
    """

    number: int
    name: str
    expects: Mapping[str, str | None]
    apply: Apply

    def check(self) -> None:
        """Raise HookError, naming the hook, if a place is gone or takes other parameters."""
        for place, parameters in self.expects.items():
            found = _resolve(place, self)
            if parameters is not None and _parameters(found) != parameters:
                raise HookError(
                    f"hook {self.number} ({self.name}): {EMULATOR}.{place} takes ({_parameters(found)}), "
                    f"the adapter was written for ({parameters})"
                )


class Hooks:
    """Hooks in the order of their numbers; `register` is the decorator that adds one."""

    def __init__(self) -> None:
        self.all: list[Hook] = []

    def register(self, name: str, expects: Mapping[str, str | None]) -> Callable[[Apply], Apply]:
        """A decorator that adds the function as the next hook."""

        def add(apply: Apply) -> Apply:
            self.all.append(Hook(len(self.all) + 1, name, expects, apply))
            return apply

        return add

    def check(self) -> None:
        """Check every hook before the first one is applied."""
        for hook in self.all:
            hook.check()

    def apply(self, target: Any) -> None:  # noqa: ANN401 # the adapter's own engine object, handed through
        """Check all, then apply all, in order."""
        self.check()
        for hook in self.all:
            hook.apply(target)


def _resolve(place: str, hook: Hook) -> Any:  # noqa: ANN401 # any object of a foreign package
    module_name, _, path = place.partition(":")
    try:
        found: Any = importlib.import_module(f"{EMULATOR}.{module_name}")
        for part in path.split("."):
            found = getattr(found, part)
    except (ImportError, AttributeError) as error:
        raise HookError(f"hook {hook.number} ({hook.name}): {EMULATOR}.{place} is gone ({error})") from error
    return found


def _parameters(found: Any) -> str:  # noqa: ANN401 # any callable of a foreign package
    return ", ".join(inspect.signature(found).parameters)
