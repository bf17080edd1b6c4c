"""Every kind the teardown knows, in the order a scan asks: stacks and roles first, for they prove the rest."""

from lambdas.teardown.kinds.base import After, Kind, Listed, Page, Step
from lambdas.teardown.kinds.bucket import Bucket
from lambdas.teardown.kinds.endpoint import Endpoint
from lambdas.teardown.kinds.endpoint_config import EndpointConfig
from lambdas.teardown.kinds.events_rule import EventsRule
from lambdas.teardown.kinds.hyper_parameter_tuning_job import HyperParameterTuningJob
from lambdas.teardown.kinds.log_group import LogGroup
from lambdas.teardown.kinds.log_stream import LogStream
from lambdas.teardown.kinds.model import Model
from lambdas.teardown.kinds.notebook_instance import NotebookInstance
from lambdas.teardown.kinds.notebook_lifecycle_config import NotebookLifecycleConfig
from lambdas.teardown.kinds.pipeline_execution import PipelineExecution
from lambdas.teardown.kinds.processing_job import ProcessingJob
from lambdas.teardown.kinds.role import Role
from lambdas.teardown.kinds.stack import Stack
from lambdas.teardown.kinds.training_job import TrainingJob
from lambdas.teardown.kinds.transform_job import TransformJob

__all__ = ["KINDS", "MAKERS", "STOPPED_FIRST", "After", "Kind", "Listed", "Page", "Step"]

_ALL: tuple[Kind, ...] = (
    Stack(),
    Role(),
    PipelineExecution(),
    HyperParameterTuningJob(),
    Model(),
    EndpointConfig(),
    Endpoint(),
    TrainingJob(),
    ProcessingJob(),
    TransformJob(),
    NotebookLifecycleConfig(),
    NotebookInstance(),
    Bucket(),
    LogGroup(),
    LogStream(),
    EventsRule(),
)
KINDS: dict[str, Kind] = {kind.name: kind for kind in _ALL}
MAKERS = ("pipeline_execution", "hyper_parameter_tuning_job")  # they make jobs by themselves, as long as they run
STOPPED_FIRST = ("stack", "role", *MAKERS)  # what the action ``stop`` asks for
