"""Botocore's models of AWS's services, each read once for whoever looks things up: SageMaker's takes a quarter second.

Clients read models of their own: they change them (S3's lose the bucket in their paths).
"""

from __future__ import annotations

import functools

import botocore.session
from botocore.model import ServiceModel


@functools.cache
def services() -> frozenset[str]:
    """The names of all services, as botocore has them."""
    return frozenset(_session().get_available_services())


@functools.cache
def service_model(service: str) -> ServiceModel:
    """A service's model; UnknownServiceError if there is no such service."""
    return _session().get_service_model(service)


@functools.cache
def _session() -> botocore.session.Session:
    return botocore.session.Session()
