"""What the person who started the job has done wrong."""

from __future__ import annotations


class CustomerError(Exception):
    """Told to the person as "Customer Error" in the log and as ClientError in the job's FailureReason."""
