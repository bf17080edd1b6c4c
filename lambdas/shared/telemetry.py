"""Logger, tracer and metrics of a function; service, namespace and level come from its environment."""

from aws_lambda_powertools import Logger, Metrics, Tracer

from classlab.contract import METRICS_NAMESPACE

LOGGER = Logger()
TRACER = Tracer(patch_modules=["botocore"])
METRICS = Metrics(namespace=METRICS_NAMESPACE)
