"""Which faults are asked for, and which requests and state changes they strike. Standard library only."""

from __future__ import annotations

import random
import re
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from fnmatch import fnmatchcase
from itertools import count as counting
from math import isfinite
from types import NoneType
from typing import Any, Literal

Kind = Literal["throttle", "error", "lost", "denied", "slow", "stuck"]
KINDS: tuple[Kind, ...] = ("throttle", "error", "lost", "denied", "slow", "stuck")
_TYPES: Mapping[str, tuple[type, ...]] = {
    **dict.fromkeys(("kind", "operation", "resource", "status"), (str,)),
    "count": (int, NoneType),
    "probability": (int, float),
    "seed": (int,),
    "seconds": (int, float),
}
_BEFORE: frozenset[Kind] = frozenset({"throttle", "error", "denied"})


@dataclass(frozen=True, kw_only=True)
class Fault:
    """What is to go wrong, where, and how often.

    - `throttle`, `error`, `denied`: the request is not carried out and answered with AWS's error
    - `lost`: it is carried out, and the connection closed without an answer
    - `slow`: it is carried out, and answered `seconds` later
    - `stuck`: a notebook instance, endpoint or job stays in its state until the fault is cleared

    `operation` is a pattern (`*`, `?`, `[...]`) of an action as IAM names it (`sagemaker:*`, `lambda:InvokeFunction`,
    `s3:ListBucket`) or, of APIs whose requests name their operation, of that (`budgets:DescribeBudget`); `resource` one
    of an ARN or of a name in it; `status`, for `stuck`, one of the state it stays in. `count` is how often it strikes,
    without end if None; `probability` below 1 leaves some out, drawn with `seed`.
    """

    kind: Kind
    operation: str = "*"
    resource: str = "*"
    status: str = "*"
    count: int | None = None
    probability: float = 1.0
    seed: int = 0
    seconds: float = 0.0

    def __post_init__(self) -> None:
        for wrong, text in self._mistakes():
            if wrong:
                raise ValueError(text)

    def _mistakes(self) -> Iterator[tuple[bool, str]]:
        for name, allowed in _TYPES.items():
            value = getattr(self, name)
            yield not isinstance(value, allowed) or isinstance(value, bool), f"{name} cannot be {value!r}"
        yield "" in (self.operation, self.resource, self.status), "an empty pattern strikes nothing"
        stuck = self.kind == "stuck"
        yield self.kind not in KINDS, f"{self.kind} is no fault; there are {', '.join(KINDS)}"
        yield stuck and self.operation != "*", "stuck strikes changes of state: it takes status, no operation"
        yield not stuck and self.status != "*", f"{self.kind} strikes requests: it takes operation, no status"
        yield (self.kind == "slow") != (self.seconds > 0), "slow, and no other fault, takes seconds (more than 0)"
        yield not isfinite(self.seconds), "seconds have an end: what never answers is lost"
        yield self.count is not None and self.count < 1, "count is at least 1"
        yield not 0 < self.probability <= 1, "probability is more than 0 and at most 1"


@dataclass(frozen=True)
class Request:
    """A request as faults see it: whose action on what it is, and who asks.

    `operations` are its names: the API's, and IAM's action where that is another.
    """

    namespace: str
    operations: tuple[str, ...]
    resource: str
    principal: str = ""


class _Armed:
    """A fault with what it has done so far."""

    def __init__(self, fault: Fault) -> None:
        self.fault = fault
        self.strikes = 0
        self._random = random.Random(fault.seed)  # noqa: S311 # repeatable draws, no secret

    @property
    def spent(self) -> bool:
        """Whether it strikes no more."""
        return self.fault.count is not None and self.strikes >= self.fault.count

    def strike(self) -> bool:
        """Whether it strikes what it was found to match."""
        if self.spent or self._random.random() >= self.fault.probability:
            return False
        self.strikes += 1
        return True


class Faults:
    """The faults of one engine; safe for many threads."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._armed: dict[str, _Armed] = {}
        self._numbers = counting(1)

    def add(self, fault: Fault) -> str:
        """Ask for a fault; the id with which it is cleared."""
        with self._changed:
            own = f"fault-{next(self._numbers)}"
            self._armed[own] = _Armed(fault)
            return own

    def clear(self, own: str | None = None) -> int:
        """End a fault, or all; how many. What was stuck by it goes on."""
        with self._changed:
            ended = list(self._armed) if own is None else [own] if own in self._armed else []
            for key in ended:
                del self._armed[key]
            self._changed.notify_all()
            return len(ended)

    def listed(self) -> list[dict[str, Any]]:
        """Every fault that is not cleared, with its id and how often it struck."""
        with self._changed:
            return [{"id": own, **asdict(armed.fault), "strikes": armed.strikes} for own, armed in self._armed.items()]

    @property
    def strike_requests(self) -> bool:
        """Whether any request could be struck: most of the time none can, and then nobody has to ask."""
        return any(not armed.spent and armed.fault.kind != "stuck" for armed in list(self._armed.values()))

    def struck(self, request: Request) -> list[Fault]:
        """What strikes a request, in the order asked for: at most one fault that keeps it from being carried out."""
        found: list[Fault] = []
        with self._changed:
            for armed in self._armed.values():
                fault = armed.fault
                if fault.kind in _BEFORE and any(one.kind in _BEFORE for one in found):
                    continue
                if fault.kind != "stuck" and _meets(fault, request) and armed.strike():
                    found.append(fault)
        return found

    def hold(self, arn: str, status: str) -> Callable[[], None] | None:
        """If a resource is to be stuck in a state: what returns once it no longer is."""
        with self._changed:
            for own, armed in self._armed.items():
                fault = armed.fault
                meant = fault.kind == "stuck" and fnmatchcase(status, fault.status) and names(fault.resource, arn)
                if meant and armed.strike():
                    return lambda: self._until_cleared(own)
        return None

    def _until_cleared(self, own: str) -> None:
        with self._changed:
            self._changed.wait_for(lambda: own not in self._armed)


def _meets(fault: Fault, request: Request) -> bool:
    actions = (f"{request.namespace}:{operation}".lower() for operation in request.operations)
    return any(fnmatchcase(action, fault.operation.lower()) for action in actions) and names(
        fault.resource, request.resource
    )


def names(pattern: str, arn: str) -> bool:
    """Whether a pattern means an ARN: as a whole, from its resource part on, or by a name in it."""
    own = arn.split(":", 5)[-1]
    return any(fnmatchcase(text, pattern) for text in (arn, own, own.partition("/")[2], *re.split("[:/]", own)))
