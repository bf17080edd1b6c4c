"""CloudWatch Logs tells times in milliseconds."""

from datetime import UTC, datetime

from lambdas.teardown.kinds.base import stamp


def moment(milliseconds: int) -> str:
    """A time of CloudWatch Logs, as identities hold it."""
    return stamp(datetime.fromtimestamp(milliseconds / 1000, UTC))
