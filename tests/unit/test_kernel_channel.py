"""A cell's outputs as JupyterLab would store them."""

import json
from collections.abc import Iterator, Mapping
from typing import Any
from unittest.mock import create_autospec

from websockets.sync.client import ClientConnection

from classlab.kernel_channel import KernelChannel

WIDGET = {"application/vnd.jupyter.widget-view+json": {"model_id": "1"}, "text/plain": "Output()"}


def stream(text: str) -> tuple[str, Mapping[str, Any]]:
    return "stream", {"name": "stdout", "text": text}


def shown(data: Mapping[str, Any]) -> tuple[str, Mapping[str, Any]]:
    return "display_data", {"data": data, "metadata": {}}


def clear(*, wait: bool) -> tuple[str, Mapping[str, Any]]:
    return "clear_output", {"wait": wait}


def stored(*messages: tuple[str, Mapping[str, Any]]) -> list[str]:
    """Texts of the outputs that are kept of a cell whose kernel says this."""
    connection = create_autospec(ClientConnection, instance=True)
    channel = KernelChannel(connection)

    def frames() -> Iterator[str]:
        (request,) = [json.loads(call.args[0])["header"]["msg_id"] for call in connection.send.call_args_list]
        ended = [("execute_reply", {"status": "ok"}), ("status", {"execution_state": "idle"})]
        for kind, content in [*messages, *ended]:
            yield json.dumps({"msg_type": kind, "parent_header": {"msg_id": request}, "content": content})

    said = frames()
    connection.recv.side_effect = lambda timeout: next(said)  # as the connection's
    outputs = channel.execute("").outputs
    return [output.get("text") or output["data"]["text/plain"] for output in outputs]


def test_a_stream_is_one_output() -> None:
    assert stored(stream("a\n"), stream("b\n")) == ["a\nb\n"]


def test_a_panel_that_is_drawn_anew_takes_the_place_of_the_one_before() -> None:
    """The SageMaker SDK's panel of a job: some ten drawings a second."""
    drawn = [part for number in range(3) for part in (clear(wait=True), shown({"text/plain": f"panel {number}"}))]
    assert stored(stream("before"), shown(WIDGET), *drawn) == ["before", "Output()", "panel 2"]


def test_what_is_to_be_cleared_stays_until_something_takes_its_place() -> None:
    assert stored(stream("a"), clear(wait=True)) == ["a"]
    assert stored(stream("a"), clear(wait=True), stream("b")) == ["b"]


def test_what_is_cleared_at_once_is_gone() -> None:
    assert stored(stream("a"), shown({"text/plain": "b"}), clear(wait=False)) == []
