"""Requests to the server of a model container."""

from __future__ import annotations

import http.client

from embedded_aws.sagemaker.ports import Invocation, Response

ANSWER_SECONDS = 60
OK = 200
_DROPPED = {"connection", "content-length", "content-type", "date", "server"}


def ask(port: int, invocation: Invocation, seconds: float = ANSWER_SECONDS) -> Response:
    """POST /invocations; TimeoutError when there is no answer in time."""
    headers = {"Content-Type": invocation.content_type}
    if invocation.accept:
        headers["Accept"] = invocation.accept
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=seconds)
    try:
        connection.request("POST", "/invocations", invocation.body, headers)
        answer = connection.getresponse()
        data = answer.read()
    except TimeoutError:
        raise
    except (OSError, http.client.HTTPException) as error:
        return Response(500, "text/plain", f"the container did not answer: {error}".encode())
    finally:
        connection.close()
    kept = {name: value for name, value in answer.getheaders() if name.lower() not in _DROPPED}
    return Response(answer.status, answer.getheader("Content-Type", "application/octet-stream"), data, kept)


def ping(port: int) -> bool:
    """Whether GET /ping is answered with 200."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
    try:
        connection.request("GET", "/ping")
        return connection.getresponse().status == OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
