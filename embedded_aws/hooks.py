"""The hooks into the emulator: what each is for, and what it expects to find there.

Nothing here imports the emulator: places are resolved by name when hooks are checked.
"""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

EMULATOR = "ministack"
Apply = Callable[[Any], None]
Table = Mapping[str, tuple[str, Mapping[str, str | None]]]
"""Of each hook its name, what it is for, and its places (see `Hook`)."""


class HookError(RuntimeError):
    """The emulator is no longer what a hook was written for; the text names hook and place."""


@dataclass(frozen=True)
class Hook:
    """One place, or a few that belong together, where the adapter changes the emulator.

    `places` maps `module:attribute`, below the emulator's package, to the parameters a function there must
    take; None where it is no function.
    """

    number: int
    name: str
    purpose: str
    places: Mapping[str, str | None]

    def check(self) -> None:
        """Raise HookError, naming the hook, if a place is gone or takes other parameters."""
        for place, parameters in self.places.items():
            found = self._resolve(place)
            if parameters is None:
                continue
            taken = ", ".join(inspect.signature(found).parameters)
            if taken != parameters:
                raise HookError(
                    f"hook {self.number} ({self.name}): {EMULATOR}.{place} takes ({taken}), "
                    f"the adapter was written for ({parameters})"
                )

    def _resolve(self, place: str) -> Any:  # noqa: ANN401 # any object of a foreign package
        module_name, _, path = place.partition(":")
        try:
            found: Any = importlib.import_module(f"{EMULATOR}.{module_name}")
            for part in path.split("."):
                found = getattr(found, part)
        except (ImportError, AttributeError) as error:
            raise HookError(f"hook {self.number} ({self.name}): {EMULATOR}.{place} is gone ({error})") from error
        return found


class Hooks:
    """All hooks of the table, each with the function that applies it."""

    def __init__(self, table: Table) -> None:
        self.all = [
            Hook(number, name, purpose, places)
            for number, (name, (purpose, places)) in enumerate(table.items(), start=1)
        ]
        self._apply: dict[str, Apply] = {}

    def applies(self, name: str) -> Callable[[Apply], Apply]:
        """A decorator: the function applies the hook of that name."""

        def keep(apply: Apply) -> Apply:
            self._apply[name] = apply
            return apply

        return keep

    def apply(self, target: object) -> None:
        """Check every hook, then apply all in the table's order."""
        for hook in self.all:
            hook.check()
        for hook in self.all:
            self._apply[hook.name](target)
