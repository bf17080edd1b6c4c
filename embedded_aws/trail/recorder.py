"""Makes an event of each call and keeps it ("CloudTrail record contents", CloudTrail's user guide)."""

from __future__ import annotations

import re
import time
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from botocore.model import OperationModel

from embedded_aws.trail import calls, events_shown, parameters, resources
from embedded_aws.trail.calls import Call
from embedded_aws.trail.identity import Principal, iso, user_identity, user_name
from embedded_aws.trail.resources import Resource
from embedded_aws.trail.store import Store

_VERSION = "1.11"
_REQUEST_ID = re.compile(rb"<RequestId>([\w-]+)</RequestId>")
_HIDDEN_ERRORS = frozenset(
    {
        *("InvalidClientTokenId", "UnrecognizedClientException", "InvalidAccessKeyId", "SignatureDoesNotMatch"),
        *("InvalidSignatureException", "MissingAuthenticationToken", "MissingAuthenticationTokenException"),
        *("IncompleteSignature", "IncompleteSignatureException", "ExpiredToken", "ExpiredTokenException"),
    }
)


@dataclass(frozen=True)
class Origin:
    """Who called, and the service that did so on the principal's behalf, if one did."""

    principal: Principal
    invoked_by: str | None = None


class Recorder:
    """Writes the event history of one account and region."""

    def __init__(self, store: Store, account: str, region: str) -> None:
        self.store = store
        self._account = account
        self._region = region

    def record(self, call: Call, origin: Origin) -> None:
        """Keep a call, if it is a management event that AWS has and whose caller is known.

        Requests that fail authentication are of nobody, and not in the event history.
        """
        if call.service == "s3" and events_shown.is_data_event("s3", "", call.path):
            return
        model = calls.service_model(call.service)
        operation = calls.operation_name(call, model)
        known = calls.operation_model(model, operation)
        if known is None or events_shown.is_data_event(call.service, operation, call.path):
            return
        # The answers of reads are many and long, and not shown.
        read = call.status >= 300 or events_shown.gives_response(operation)
        parsed = parameters.answer(call, known) if read else {}
        error = parsed.get("Error") if call.status >= 300 else None
        if error and error.get("Code") in _HIDDEN_ERRORS:
            return
        asked = parameters.request_parameters(call, known)
        given = parameters.response_elements(parsed, known) if read and not error else None
        fields: dict[str, Any] = {
            "requestParameters": asked,
            "responseElements": given,
            "requestID": _request_id(call),
            "userAgent": call.headers.get("user-agent", ""),
            **(_failure(error, known) if error else {}),
        }
        self._keep(call.service, operation, origin, fields, resources.of_call(call.service, asked, given))

    def record_act(self, action: str, origin: Origin, named: Sequence[Resource], error: str | None = None) -> None:
        """Keep what a service did inside the engine without a request: `action` is `service:Operation`.

        Parameters and answer of such a call are not known, and null; so is a failure's code, by its text alone.
        """
        service, _, operation = action.partition(":")
        if events_shown.is_data_event(service, operation):
            return
        code = "AccessDenied" if "not authorized to perform" in (error or "") else "Unknown"
        failure = {"errorCode": code, "errorMessage": error} if error else {}
        fields = {"requestParameters": None, "responseElements": None, "requestID": str(uuid.uuid4()), **failure}
        self._keep(service, operation, origin, fields, named)

    def record_session(self, service: str, role: Mapping[str, Any], session_name: str, access_key_id: str) -> None:
        """Keep that a service took a role."""
        identity = {"type": "AWSService", "invokedBy": service}
        arn = f"arn:aws:sts::{self._account}:assumed-role/{role['RoleName']}/{session_name}"
        assumed = {"assumedRoleId": f"{role['RoleId']}:{session_name}", "arn": arn}
        fields = {
            "requestParameters": {"roleArn": role["Arn"], "roleSessionName": session_name},
            "responseElements": {
                "credentials": {"accessKeyId": access_key_id, "sessionToken": parameters.HIDDEN},
                "assumedRoleUser": assumed,
            },
            "requestID": str(uuid.uuid4()),
        }
        named = [("AWS::IAM::Role", str(role["Arn"])), ("AWS::IAM::AccessKey", access_key_id)]
        self._write("sts", "AssumeRole", {**fields, "userIdentity": identity, **_by(service)}, None, named)

    def _keep(
        self, service: str, operation: str, origin: Origin, fields: Mapping[str, Any], named: Sequence[Resource]
    ) -> None:
        identity = user_identity(origin.principal, origin.invoked_by)
        own = _by(origin.invoked_by) if origin.invoked_by else {}
        self._write(service, operation, {**fields, "userIdentity": identity, **own}, user_name(origin.principal), named)

    def _write(
        self, service: str, operation: str, fields: Mapping[str, Any], username: str | None, named: Sequence[Resource]
    ) -> None:
        now = time.time()
        event = {
            "eventVersion": _VERSION,
            "userIdentity": fields["userIdentity"],
            "eventTime": iso(now),
            "eventSource": f"{service}.amazonaws.com",
            "eventName": events_shown.event_name(service, operation),
            "awsRegion": self._region,
            "sourceIPAddress": "127.0.0.1",
            "readOnly": events_shown.is_read_only(operation),
            "eventID": str(uuid.uuid4()),
            "eventType": "AwsApiCall",
            "managementEvent": True,
            "recipientAccountId": self._account,
            "eventCategory": "Management",
            **fields,
        }
        arns = [{"accountId": self._account, "type": kind, "ARN": name} for kind, name in named if name[:4] == "arn:"]
        self.store.add({**event, "resources": arns} if arns else event, now, username, named)


def _request_id(call: Call) -> str:
    """A Query service's answer has its own; the head of any other says it."""
    found = _REQUEST_ID.search(call.reply[-200:])
    return found[1].decode() if found else call.request_id


def _failure(error: Mapping[str, Any], operation: OperationModel) -> dict[str, str]:
    return {
        "errorCode": parameters.error_code(str(error.get("Code", "")), operation),
        "errorMessage": str(error.get("Message", "")),
    }


def _by(service: str) -> dict[str, str]:
    """Where a service's own calls come from."""
    return {"sourceIPAddress": service, "userAgent": service}
