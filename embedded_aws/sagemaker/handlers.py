"""Which function answers which call. A call that is not in this table is refused by its name."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

from embedded_aws.sagemaker import endpoints, jobs, models, notebooks, searching, tags, tuning, verbs, warm_pools
from embedded_aws.sagemaker.kinds import (
    ENDPOINT_CONFIG,
    KINDS,
    MODEL,
    PROCESSING_JOB,
    TRAINING_JOB,
    TRANSFORM_JOB,
    TUNING_JOB,
    Kind,
)

if TYPE_CHECKING:
    from embedded_aws.sagemaker.control_plane import ControlPlane
    from embedded_aws.sagemaker.ports import Caller
    from embedded_aws.sagemaker.verbs import Params

Handler = Callable[["ControlPlane", dict[str, Any], "Caller | None"], dict[str, Any]]
_OfPlane = Callable[["ControlPlane", dict[str, Any]], dict[str, Any]]
_OfKind = Callable[["ControlPlane", Kind, dict[str, Any]], dict[str, Any]]


def _plain(function: _OfPlane) -> Handler:
    """A handler that does not care who calls."""

    def handler(plane: ControlPlane, params: Params, caller: Caller | None) -> Params:
        del caller
        return function(plane, params)

    return handler


def _of(kind: Kind, function: _OfKind) -> Handler:
    """A handler of one kind by a function for all."""
    return _plain(partial(_bound, kind, function))


def _bound(kind: Kind, function: _OfKind, plane: ControlPlane, params: Params) -> Params:
    return function(plane, kind, params)


HANDLERS: dict[str, Handler] = {
    **{f"Describe{kind.name}": _of(kind, verbs.describe) for kind in KINDS.values()},
    **{f"List{kind.name}s": _of(kind, verbs.list_all) for kind in KINDS.values()},
    **{f"Stop{kind.name}": _of(kind, jobs.stop) for kind in (TRAINING_JOB, PROCESSING_JOB, TRANSFORM_JOB, TUNING_JOB)},
    **{f"Delete{kind.name}": _of(kind, jobs.delete) for kind in (TRAINING_JOB, PROCESSING_JOB, TUNING_JOB)},
    **{f"Delete{kind.name}": _of(kind, verbs.delete_at_once) for kind in (MODEL, ENDPOINT_CONFIG)},
    "CreateTrainingJob": jobs.create_training,
    "UpdateTrainingJob": _plain(warm_pools.update),
    "CreateProcessingJob": jobs.create_processing,
    "CreateTransformJob": jobs.create_transform,
    "CreateHyperParameterTuningJob": tuning.create,
    "ListTrainingJobsForHyperParameterTuningJob": _plain(tuning.list_children),
    "CreateModel": models.create,
    "CreateEndpointConfig": endpoints.create_config,
    "CreateEndpoint": endpoints.create,
    "UpdateEndpoint": _plain(endpoints.update),
    "UpdateEndpointWeightsAndCapacities": _plain(endpoints.update_weights),
    "DeleteEndpoint": _plain(endpoints.delete),
    "CreateNotebookInstance": notebooks.create,
    "StartNotebookInstance": _plain(notebooks.start),
    "StopNotebookInstance": _plain(notebooks.stop),
    "UpdateNotebookInstance": _plain(notebooks.update),
    "DeleteNotebookInstance": _plain(notebooks.delete),
    "CreatePresignedNotebookInstanceUrl": _plain(notebooks.presigned_url),
    "CreateNotebookInstanceLifecycleConfig": notebooks.create_config,
    "UpdateNotebookInstanceLifecycleConfig": _plain(notebooks.update_config),
    "DeleteNotebookInstanceLifecycleConfig": _plain(notebooks.delete_config),
    "Search": _plain(searching.search),
    "AddTags": _plain(tags.add),
    "ListTags": _plain(tags.show),
    "DeleteTags": _plain(tags.delete),
}
