"""The account is in one region: a request that is signed for another one is refused, as an endpoint of AWS refuses it.

docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-troubleshooting.html: the credential's scope has the region of
the endpoint that is asked. Services that are one for all regions are spared: botocore signs for the client's own region
where it is given an endpoint. STS answers the same in each, and S3's clients ask until they have found a bucket's.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from typing import Any
from urllib.parse import unquote

from embedded_aws.faults.answers import Answer, Error, Protocol, formed, protocol_of

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Message, Receive, Send], Awaitable[None]]

_SCOPE = re.compile(r"Credential=[^/&,]+/\d{8}/([^/&,]+)/([^/&,]+)/aws4_request")
_SPARED = frozenset({"account", "budgets", "ce", "cloudfront", "iam", "organizations", "route53", "s3", "sts"})


def region_door(app: App, region: str) -> App:
    """Wrap an application so that only requests of a region, and those that name none, reach it."""

    async def serve(scope: Message, receive: Receive, send: Send) -> None:
        refused = _refused(scope, region) if scope["type"] == "http" else None
        if refused is None:
            await app(scope, receive, send)
            return
        while (await receive()).get("more_body", False):
            continue  # who still sends does not listen
        headers = [(name.encode(), value.encode()) for name, value in refused.headers.items()]
        await send({"type": "http.response.start", "status": refused.status, "headers": headers})
        await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else refused.body})

    return serve


def _refused(scope: Message, region: str) -> Answer | None:
    headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
    return refusal(headers, scope.get("query_string", b"").decode("latin-1"), region)


def refusal(headers: Mapping[str, str], query: str, region: str) -> Answer | None:
    """What a request gets that is signed for another region; names of headers are in lower case."""
    found = _SCOPE.search(headers.get("authorization", "")) or _SCOPE.search(unquote(query))
    if found is None or found[1] == region or found[2] in _SPARED:
        return None
    protocol = protocol_of(headers, query, found[2])
    return formed(
        _error(protocol, f"Credential should be scoped to a valid region, not '{found[1]}'. "), found[2], protocol
    )


def _error(protocol: Protocol, text: str) -> Error:
    """Code and status are those of the protocols' common errors; EC2's is of its own list of error codes."""
    if protocol == "ec2":
        return "AuthFailure", 401, text
    if protocol in {"query", "rest-xml"}:
        return "SignatureDoesNotMatch", 403, text
    return "InvalidSignatureException", 403 if protocol == "rest-json" else 400, text
