"""Lets an application close the connection instead of answering, which ASGI has no message for."""

from __future__ import annotations

from typing import Any

from embedded_aws.faults.door import HANG_UP


def teach_server() -> None:
    """Make hypercorn's HTTP/1.1 understand `HANG_UP`: the connection ends without a byte of an answer."""
    from hypercorn.protocol import h11
    from hypercorn.protocol.events import StreamClosed
    from hypercorn.protocol.http_stream import HTTPStream

    class Stream(HTTPStream):  # type: ignore[misc] # hypercorn is only in the engine's environment
        async def app_send(self, message: Any) -> None:  # noqa: ANN401 # hypercorn's events
            if message is None or message["type"] != HANG_UP:
                await super().app_send(message)
            elif not self.closed:
                await self.send(StreamClosed(stream_id=self.stream_id))

    h11.HTTPStream = Stream
