"""What a benchmark's ratios must keep, whatever the machine; `report.run` ends with status 1 where one is missed."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Limit:
    """The bounds of one measured value, each inclusive; ``about`` says what they stand for."""

    key: str
    about: str
    least: float | None = None
    most: float | None = None


LABS = (
    Limit(
        key="prepare_seconds_per_row_5m_to_500k",
        about="prepare.py grows no worse than linearly",
        most=1.2,  # of processor seconds; they stray by some per cent from run to run
    ),
    Limit(key="prepare_peak_mib_5m", about="five million rows are prepared in less than 2 GB", most=2_000),
    Limit(key="pytorch_loader_to_step", about="PyTorch's network does not wait for pictures", least=1),
    Limit(
        key="tensorflow_32px_reading_to_step", about="TensorFlow's small network does not wait for pictures", least=1
    ),
    Limit(key="tensorflow_128px_reading_to_step", about="TensorFlow's network does not wait for pictures", least=1),
)


def missed(found: Mapping[str, float], limits: Sequence[Limit]) -> Iterator[str]:
    """A line for every limit that is not kept; what was not measured keeps none."""
    for limit in limits:
        value = found.get(limit.key)
        if value is None:
            yield f"{limit.key} was not measured, so nothing shows that {limit.about}"
        elif limit.least is not None and not value >= limit.least:
            yield f"{limit.key} is {value:g}, at least {limit.least:g} is asked: {limit.about}"
        elif limit.most is not None and not value <= limit.most:
            yield f"{limit.key} is {value:g}, at most {limit.most:g} is asked: {limit.about}"
