"""The error that a person can cause: its text says what is wrong, where, and what to do."""


class UserError(Exception):
    """Shown as one line, without a traceback; the command exits with status 2."""
