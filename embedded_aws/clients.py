"""Calls to the engine's own API over loopback, as a principal: what a service does on somebody's behalf.

Going through the front door gives these calls the same signatures, validation and IAM checks as anybody's.
Never call from the engine's event loop: the answer would wait for itself.
"""

from __future__ import annotations

import secrets
import threading
from collections.abc import Mapping
from contextvars import ContextVar
from typing import Any

import botocore.session
from botocore import xform_name
from botocore.config import Config
from botocore.credentials import Credentials as BotocoreCredentials
from botocore.credentials import ReadOnlyCredentials
from botocore.exceptions import BotoCoreError, ClientError, ParamValidationError

from embedded_aws.sagemaker.errors import AwsError
from embedded_aws.sagemaker.ports import Credentials

_CONFIG = Config(
    retries={"total_max_attempts": 1},
    read_timeout=910,
    max_pool_connections=64,
    inject_host_prefix=False,
    s3={"addressing_style": "path"},
    proxies={},
)
MARK_HEADER = "x-embedded-aws-service"
"""Says, with a value that only this process knows, that a request is one of the engine's services'."""
_signer: ContextVar[Credentials] = ContextVar("signer")


class _CallersCredentials(BotocoreCredentials):
    """The credentials of whoever is calling in this context; one client serves all principals."""

    def get_frozen_credentials(self) -> ReadOnlyCredentials:
        held = _signer.get()
        return ReadOnlyCredentials(held.access_key_id, held.secret_access_key, held.session_token or None)


class Clients:
    """One client for each service, made when first used."""

    def __init__(self, endpoint_url: str, region: str) -> None:
        self._endpoint_url = endpoint_url
        self._region = region
        self._session = botocore.session.Session()
        # botocore has no other way to sign as whoever is calling.
        setattr(self._session, "_credentials", _CallersCredentials("by", "context"))  # noqa: B010 # private to botocore
        self.mark = secrets.token_hex(16)
        self._session.get_component("event_emitter").register("before-sign", self._add_mark)
        self._clients: dict[str, Any] = {}
        self._lock = threading.Lock()

    def call(self, credentials: Credentials, service: str, operation: str, params: Mapping[str, Any]) -> dict[str, Any]:
        """The answer of an operation called as a principal; AwsError with AWS's code and text if it fails."""
        client = self._client(service)
        token = _signer.set(credentials)
        try:
            answer: dict[str, Any] = getattr(client, xform_name(operation))(**params)
        except ClientError as error:
            raise _aws_error(error) from error
        except ParamValidationError as error:
            raise AwsError("ValidationException", str(error)) from error
        except BotoCoreError as error:
            raise AwsError("InternalFailure", str(error), 500) from error
        finally:
            _signer.reset(token)
        answer.pop("ResponseMetadata", None)
        return answer

    def model(self, service: str) -> Any:  # noqa: ANN401 # botocore's ServiceModel is untyped
        """Botocore's model of a service."""
        return self._client(service).meta.service_model

    def _add_mark(self, request: Any, **_: Any) -> None:  # noqa: ANN401 # botocore's events are untyped
        request.headers[MARK_HEADER] = self.mark

    def _client(self, service: str) -> Any:  # noqa: ANN401 # a botocore client has its methods from the model
        with self._lock:
            if service not in self._clients:
                self._clients[service] = self._session.create_client(
                    service, region_name=self._region, endpoint_url=self._endpoint_url, config=_CONFIG
                )
            return self._clients[service]


def _aws_error(error: ClientError) -> AwsError:
    details = error.response.get("Error", {})
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 400)
    return AwsError(details.get("Code", "Unknown"), details.get("Message", str(error)), status)
