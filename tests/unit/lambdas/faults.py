"""Faults at the client: throttling, refusals, lost answers, and the death of the function after any call."""

import random
from collections.abc import Callable
from dataclasses import dataclass, field

from botocore.exceptions import ClientError, ReadTimeoutError

Hook = Callable[[str, str], None]  # gets "<service>.<Operation>" and the request, raises what the caller shall see


class Killed(BaseException):
    """The function's process died: nothing in it may catch this."""


@dataclass
class Faults:
    """What goes wrong before a call is made, and after it was carried out; and a list of all calls."""

    before: list[Hook] = field(default_factory=list)
    after: list[Hook] = field(default_factory=list)
    calls: list[str] = field(default_factory=list)

    def on_call(self, call: str, request: str) -> None:
        """Before the call."""
        self.calls.append(call)
        for hook in list(self.before):
            hook(call, request)

    def on_answer(self, call: str) -> None:
        """After the call was carried out."""
        for hook in list(self.after):
            hook(call, "")

    def clear(self) -> None:
        """From now on nothing goes wrong."""
        self.before.clear()
        self.after.clear()

    def fail(
        self, call: str, code: str, *, times: int = 10**9, about: str = "", message: str = "as the test wants it"
    ) -> None:
        """The call is refused with this code, so often or always, or only where the request speaks of something."""
        left = [times]

        def hook(made: str, request: str) -> None:
            if made == call and about in request and left[0] > 0:
                left[0] -= 1
                raise refusal(code, call, message)

        self.before.append(hook)

    def throttle(self, share: float, seed: int) -> None:
        """This share of all requests is throttled; a call makes three, fewer than botocore would."""
        draw = random.Random(seed)  # noqa: S311 # repeatable faults, no secret

        def hook(made: str, _request: str) -> None:
            if all(draw.random() < share for _ in range(3)):
                raise refusal("ThrottlingException", made, "Rate exceeded")

        self.before.append(hook)

    def lose_answers(self, call: str, *, times: int) -> None:
        """So many such calls are carried out, and their answers never arrive."""
        left = [times]

        def hook(made: str, _request: str) -> None:
            if made == call and left[0] > 0:
                left[0] -= 1
                raise ReadTimeoutError(endpoint_url="https://aws")

        self.after.append(hook)

    def kill_after(self, count: int) -> None:
        """The process dies after that many more calls, once."""
        left = [count]

        def hook(_call: str, _request: str) -> None:
            left[0] -= 1
            if left[0] == 0:
                raise Killed

        self.after.append(hook)


def refusal(code: str, call: str, message: str) -> ClientError:
    """An error as botocore raises it."""
    status = {"AccessDenied": 403, "AccessDeniedException": 403}.get(code, 400)
    return ClientError(
        {"Error": {"Code": code, "Message": message}, "ResponseMetadata": {"HTTPStatusCode": status}},  # type: ignore[typeddict-item] # only what is read
        call.partition(".")[2],
    )
