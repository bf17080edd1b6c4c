"""Botocore's models of AWS's services, each read once for the whole engine: SageMaker's takes a quarter second."""

from __future__ import annotations

import functools

import botocore.session
from botocore.loaders import Loader
from botocore.model import ServiceModel


@functools.cache
def services() -> frozenset[str]:
    """The names of all services, as botocore has them."""
    return frozenset(_session().get_available_services())


@functools.cache
def service_model(service: str) -> ServiceModel:
    """A service's model; UnknownServiceError if there is no such service."""
    return _session().get_service_model(service)


def loader() -> Loader:
    """What holds the files that were read, for sessions that make clients."""
    found: Loader = _session().get_component("data_loader")
    return found


@functools.cache
def _session() -> botocore.session.Session:
    return botocore.session.Session()
