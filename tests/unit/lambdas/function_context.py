"""What Lambda hands to a handler beside the event."""

from aws_lambda_powertools.utilities.typing import LambdaContext


class FunctionContext(LambdaContext):
    """A function with some time left."""

    def __init__(self, seconds: float = 900.0) -> None:
        """The time left, in seconds."""
        self._function_name = "demo-function"
        self._memory_limit_in_mb = 512
        self._invoked_function_arn = "arn:aws:lambda:us-east-1:123456789012:function:demo-function"
        self._aws_request_id = "0e8b8b0c"
        self._seconds = seconds

    def get_remaining_time_in_millis(self) -> int:  # type: ignore[override] # powertools declares a static method
        """The time left."""
        return int(self._seconds * 1000)
