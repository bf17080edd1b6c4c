"""How long a training takes, told by its processor seconds: a clock would tell how busy the machine is."""

import resource
from collections.abc import Iterator
from contextlib import contextmanager

CORES, MINUTES = 2, 3  # what a training on the miniature pictures may take


@contextmanager
def within_a_labs_time() -> Iterator[None]:
    """Fails where the processes that the block starts and waits for take more than two cores have in three minutes."""
    before = _spent()
    yield
    spent, limit = _spent() - before, CORES * MINUTES * 60
    assert spent <= limit, f"{spent:.0f} processor seconds, at most {limit}"


def _spent() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime
