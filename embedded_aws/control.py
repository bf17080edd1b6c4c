"""A client of a running engine's local control: its clock, its faults, its quotas. Standard library only.

```
control = Control(engine)
control.speed(100)
with control.fault("throttle", operation="sagemaker:CreateTrainingJob", count=2):
    ...
```
"""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from dataclasses import asdict, dataclass
from types import TracebackType
from typing import Any, Protocol, Self

from embedded_aws.faults.rules import Fault, Kind

_SECONDS = 30.0


class Address(Protocol):
    """What is needed of an engine: `launcher.Engine` has it."""

    @property
    def endpoint(self) -> str:
        """Where it listens."""

    @property
    def secret_access_key(self) -> str:
        """The root's secret."""


class ControlError(RuntimeError):
    """The engine refused, or gives no answer; the text says why."""


@dataclass(frozen=True)
class Planted:
    """A fault at work; as a context manager it is cleared at the end."""

    control: Control
    id: str

    @property
    def strikes(self) -> int:
        """How often it struck; ControlError once it is cleared."""
        return self.control.strikes(self.id)

    def clear(self) -> None:
        """End it: what was stuck by it goes on."""
        self.control.clear(self.id)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.clear()


class Control:
    """Controls one engine."""

    def __init__(self, engine: Address) -> None:
        self._engine = engine

    def speed(self, speed: float | None) -> None:
        """From now on states last as long as on AWS, divided by `speed`; with None as long as their work."""
        self._call("POST", "clock", {"speed": speed})

    def fault(
        self,
        kind: Kind,
        *,
        operation: str = "*",
        resource: str = "*",
        status: str = "*",
        count: int | None = None,
        probability: float = 1.0,
        seed: int = 0,
        seconds: float = 0.0,
    ) -> Planted:
        """Plant a fault; what it takes is said in `faults.rules.Fault`, which raises ValueError for what is wrong."""
        wanted = Fault(
            kind=kind,
            operation=operation,
            resource=resource,
            status=status,
            count=count,
            probability=probability,
            seed=seed,
            seconds=seconds,
        )
        return Planted(self, str(self._call("POST", "faults", asdict(wanted))["id"]))

    def faults(self) -> dict[str, Fault]:
        """The faults that are not cleared, by id."""
        return {
            item["id"]: Fault(**{name: value for name, value in item.items() if name not in {"id", "strikes"}})
            for item in self._listed()
        }

    def strikes(self, own: str) -> int:
        """How often a fault struck."""
        for item in self._listed():
            if item["id"] == own:
                return int(item["strikes"])
        raise ControlError(f"there is no {own} (any more)")

    def clear(self, own: str | None = None) -> int:
        """End one fault, or all; how many."""
        return int(self._call("DELETE", f"faults/{own}" if own else "faults")["cleared"])

    def quota(self, name: str, limit: int | None) -> None:
        """Limit a service quota by AWS's name (`ml.m5.large for endpoint usage`); None: no limit."""
        self._call("POST", "quotas", {"name": name, "limit": limit})

    def withhold(self, instance_type: str, count: int) -> None:
        """Let the next `count` starts of an instance type find no instance."""
        self._call("POST", "capacity", {"instance_type": instance_type, "count": count})

    def _listed(self) -> list[dict[str, Any]]:
        listed: list[dict[str, Any]] = self._call("GET", "faults")["faults"]
        return listed

    def _call(self, method: str, path: str, content: dict[str, Any] | None = None) -> dict[str, Any]:
        request = urllib.request.Request(  # noqa: S310 # the engine's own address
            f"{self._engine.endpoint}/_embedded/{path}",
            data=None if content is None else json.dumps(content).encode(),
            headers={"Authorization": f"Bearer {self._engine.secret_access_key}"},
            method=method,
        )
        try:
            with _DIRECT.open(request, timeout=_SECONDS) as answer:
                answered: dict[str, Any] = json.loads(answer.read())
                return answered
        except urllib.error.HTTPError as error:
            raise ControlError(json.loads(error.read())["message"]) from error
        except OSError as error:
            raise ControlError(f"no answer from {self._engine.endpoint}: {error}") from error


# Whatever proxy the environment names: the engine is on this machine.
_DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))
