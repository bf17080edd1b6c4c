"""Several machines that train one model: SageMaker tells who they are, TensorFlow wants to hear it as TF_CONFIG."""

import json
import os

import tensorflow as tf

PORT = 8890


def tell_tensorflow() -> None:
    """Set TF_CONFIG from SM_HOSTS and SM_CURRENT_HOST, unless something already has."""
    if "TF_CONFIG" in os.environ:
        return
    hosts: list[str] = json.loads(os.environ.get("SM_HOSTS", '["localhost"]'))
    here = os.environ.get("SM_CURRENT_HOST", hosts[0])
    workers = {"worker": [f"{host}:{PORT}" for host in hosts]}
    os.environ["TF_CONFIG"] = json.dumps({"cluster": workers, "task": {"type": "worker", "index": hosts.index(here)}})


class Workers(tf.distribute.MultiWorkerMirroredStrategy):
    """As TensorFlow's, but reduces what Keras 3.15 hands over: a batch (a pair), and lone numbers along an axis."""

    def reduce(self, reduce_op: object, value: object, axis: int | None = None) -> object:
        """Each value of the structure over all workers; a lone number has no axis."""
        of_one = super().reduce

        def reduced(one: object) -> object:
            lone = self.experimental_local_results(one)[0].shape.rank == 0
            return of_one(reduce_op, one, None if lone else axis)

        return tf.nest.map_structure(reduced, value)


def strategy(*, multi_worker: bool) -> tf.distribute.Strategy:
    """Every GPU of every machine, or of this one; gradients are averaged after each batch."""
    if multi_worker:
        tell_tensorflow()
        return Workers()
    if len(tf.config.list_physical_devices("GPU")) > 1:
        return tf.distribute.MirroredStrategy()
    return tf.distribute.get_strategy()


def first() -> bool:
    """Whether this machine saves and reports for all."""
    return json.loads(os.environ.get("TF_CONFIG", "{}")).get("task", {}).get("index", 0) == 0
