"""What a lab costs an attendee on AWS: list prices by instance type, and the manifest's minutes at them."""

from functools import cache
from pathlib import Path

import yaml

from classlab.labs import Billed

PRICES = Path(__file__).resolve().parents[1] / "instance_prices.yaml"


@cache
def hourly_prices() -> dict[str, float]:
    """US dollars an hour in us-east-1 by instance type."""
    prices: dict[str, float] = yaml.safe_load(PRICES.read_text(encoding="utf-8"))["usd_per_hour"]
    return prices


def cost(step: Billed) -> float | None:
    """US dollars of the expected minutes, or None where its instance type has no recorded price."""
    hourly = hourly_prices().get(step.instance_type)
    return None if hourly is None else hourly * step.expected_minutes / 60
