"""Train ResNet50 on TFRecords, keep the best epoch by the validation pictures, and save it ready to be served.

Runs in script mode: ``python train.py --epochs 10 …`` in SageMaker's TensorFlow image, from the pipeline and from the
notebook alike. Reads the channels ``train`` and ``validation`` (``*.tfrecord`` and ``dataset.json``), and ``weights``
where there is one (an .h5 file of ResNet50 without its top). Writes a SavedModel ``1/`` and ``code/`` (what stands
between requests and TensorFlow Serving) to SM_MODEL_DIR, ``evaluation.json`` and ``history.csv`` to
SM_OUTPUT_DATA_DIR. The test pictures never come here. ``--multi_worker true`` trains on every machine of the job.
"""

import argparse
import json
import os
import shutil
import time
from pathlib import Path

import cluster
import keras
import network
import numpy as np
import pandas as pd
import tensorflow as tf
from infer import CLASSES_FILE
from records import Facts, augmentation, batches, facts_of, pictures_of
from sklearn.metrics import f1_score

IMAGENET = "imagenet"
NO_WEIGHTS = (
    "the weights that ResNet50 learnt on ImageNet cannot be had ({error}). Give the job a way to the internet, or a"
    " channel `weights` with resnet50_weights_tf_dim_ordering_tf_kernels_notop.h5, or begin at random: --weights none"
)


def truth(text: str) -> bool:
    """Booleans arrive as `true` (SDK) or `True` (toolkit)."""
    if text.lower() not in {"true", "false"}:
        raise argparse.ArgumentTypeError(f"{text!r} is neither true nor false")
    return text.lower() == "true"


def read_options() -> argparse.Namespace:
    """Hyperparameters and folders; an unknown hyperparameter ends the job with argparse's message."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--epochs", type=int, default=10)
    parser.add_argument("--batch_size", type=int, default=32)  # of all workers together
    parser.add_argument("--optimizer", choices=["sgd", "adam"], default="sgd")
    parser.add_argument("--learning_rate", type=float, default=0.001)
    parser.add_argument("--momentum", type=float, default=0.9)  # of sgd
    parser.add_argument("--warmup_epochs", type=float, default=0)  # while the rate rises from zero …
    parser.add_argument("--cosine", type=truth, default=False)  # … and whether it then falls to zero
    parser.add_argument("--label_smoothing", type=float, default=0.0)
    parser.add_argument("--bn_momentum", type=float, default=0.99)  # less for few steps
    parser.add_argument("--stages", type=int, choices=sorted(network.STAGES), default=4)  # fewer for small pictures
    parser.add_argument("--augment", type=truth, default=True)
    parser.add_argument("--weights", choices=[IMAGENET, "none"], default=IMAGENET)
    parser.add_argument("--seed", type=int, default=2026)
    parser.add_argument("--multi_worker", type=truth, default=False)
    parser.add_argument("--weights_file", type=Path, default=os.environ.get("SM_CHANNEL_WEIGHTS"))
    parser.add_argument("--train", type=Path, default=os.environ.get("SM_CHANNEL_TRAIN"))
    parser.add_argument("--validation", type=Path, default=os.environ.get("SM_CHANNEL_VALIDATION"))
    parser.add_argument("--model_dir", type=Path, default=os.environ.get("SM_MODEL_DIR"))
    parser.add_argument("--output_data_dir", type=Path, default=os.environ.get("SM_OUTPUT_DATA_DIR"))
    return parser.parse_args()


class BestEpoch(keras.callbacks.Callback):
    """Remembers the weights of the epoch with the most validation pictures right, of equals the one with less loss."""

    def __init__(self) -> None:
        super().__init__()
        self.number = 0
        self.weights: list[np.ndarray] = []
        self._best = (-1.0, 0.0)

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        """Look at the epoch that ended, and say how it was."""
        found = logs or {}
        print(f"epoch {epoch + 1}: " + "; ".join(f"{name}={value:.4f}" for name, value in found.items()) + ";")
        reached = (found["val_accuracy"], -found["val_loss"])
        if reached > self._best:
            self._best, self.number, self.weights = reached, epoch + 1, self.model.get_weights()


def schedule(options: argparse.Namespace, steps: int) -> float | keras.optimizers.schedules.LearningRateSchedule:
    """The learning rate: the same throughout, or rising, or falling, or both."""
    warm, whole = round(options.warmup_epochs * steps), options.epochs * steps
    if not warm and not options.cosine:
        return float(options.learning_rate)
    return keras.optimizers.schedules.CosineDecay(
        initial_learning_rate=0.0 if warm else options.learning_rate,
        decay_steps=max(1, whole - warm),
        alpha=0.0 if options.cosine else 1.0,
        warmup_target=options.learning_rate if warm else None,
        warmup_steps=warm,
    )


def optimizer(options: argparse.Namespace, steps: int) -> keras.optimizers.Optimizer:
    """How the weights follow the gradients; ``steps`` an epoch."""
    rate = schedule(options, steps)
    return keras.optimizers.Adam(rate) if options.optimizer == "adam" else keras.optimizers.SGD(rate, options.momentum)


def weights_of(options: argparse.Namespace) -> str | None:
    """What the network begins with: None, a file of the channel, or the published weights, which Keras downloads."""
    files = sorted(options.weights_file.glob("*.h5")) if options.weights_file else []
    if options.weights == IMAGENET and files:
        print(f"the network begins with {files[0].name}")
        return str(files[0])
    return None if options.weights == "none" else IMAGENET


def built(options: argparse.Namespace, facts: Facts, weights: str | None) -> keras.Model:
    """The network that the hyperparameters ask for."""
    return network.resnet50(
        len(facts.classes), facts.image_size, weights=weights, bn_momentum=options.bn_momentum, stages=options.stages
    )


def compiled(options: argparse.Namespace, facts: Facts) -> keras.Model:
    """The network with its optimizer; SystemExit where its first weights cannot be had."""
    weights = weights_of(options)
    try:
        model = built(options, facts, weights)
    except Exception as error:  # a bare one, where Keras cannot download
        if weights is None:
            raise
        raise SystemExit(NO_WEIGHTS.format(error=error)) from error
    loss = keras.losses.CategoricalCrossentropy(label_smoothing=options.label_smoothing)
    steps = -(-facts.pictures // options.batch_size)
    model.compile(optimizer(options, steps), loss, metrics=["accuracy"], jit_compile=False)
    return model


def datasets(options: argparse.Namespace, facts: Facts) -> tuple[tf.data.Dataset, tf.data.Dataset]:
    """Batches to train on and to look at; labels as one number a class, which label smoothing needs."""
    watched = facts_of("validation", options.validation)
    if (watched.classes, watched.image_size) != (facts.classes, facts.image_size):
        raise SystemExit("channel 'validation': its classes or size are not those of 'train'; run prepare.py again")
    change = augmentation(options.seed) if options.augment else None
    train = pictures_of(options.train, facts, shuffle=True, seed=options.seed)
    watch = pictures_of(options.validation, watched, shuffle=False)
    count = len(facts.classes)
    return (
        batches(train, options.batch_size, classes=count, augment=change),
        batches(watch, options.batch_size, classes=count),
    )


def save(options: argparse.Namespace, facts: Facts, weights: list[np.ndarray]) -> keras.Model:
    """The best epoch's network, for TensorFlow Serving, with the code and the classes' names beside it."""
    best = built(options, facts, weights=None)
    best.set_weights(weights)
    network.save(best, options.model_dir)
    code = options.model_dir / "code"
    code.mkdir(exist_ok=True)
    shutil.copyfile(Path(__file__).with_name("infer.py"), code / "inference.py")
    (code / CLASSES_FILE).write_text(json.dumps(facts.classes), encoding="utf-8")
    return best


def report(folder: Path, metrics: dict[str, float], history: dict[str, list[float]]) -> None:
    """The metrics of the best epoch, and the history of all."""
    print("; ".join(f"validation_{name}={value:.4f}" for name, value in metrics.items()))  # read by metric definitions
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "evaluation.json").write_text(json.dumps(metrics), encoding="utf-8")
    table = pd.DataFrame(history)
    table.insert(0, "epoch", range(1, len(table) + 1))
    table.to_csv(folder / "history.csv", index=False)


def macro_f1(model: keras.Model, watch: tf.data.Dataset) -> float:
    """Of the validation pictures; the mean over the classes."""
    labels = np.concatenate([labels.numpy().argmax(axis=1) for _, labels in watch])
    return float(f1_score(labels, model.predict(watch, verbose=0).argmax(axis=1), average="macro"))


def main() -> None:
    """Train, keep the best, save."""
    options = read_options()
    keras.utils.set_random_seed(options.seed)
    strategy = cluster.strategy(multi_worker=options.multi_worker)
    facts = facts_of("train", options.train)
    train, watch = datasets(options, facts)
    with strategy.scope():
        model = compiled(options, facts)
    best = BestEpoch()
    started = time.monotonic()
    done = model.fit(train, validation_data=watch, epochs=options.epochs, verbose=0, callbacks=[best])
    seconds = time.monotonic() - started
    if not cluster.first():
        return
    restored = save(options, facts, best.weights)
    metrics = {
        "accuracy": done.history["val_accuracy"][best.number - 1],
        "macro_f1": macro_f1(restored, watch),
        "epochs": float(options.epochs),
        "best_epoch": float(best.number),
        "train_seconds": seconds,
        "images_per_second": facts.pictures * options.epochs / seconds,
    }
    report(options.output_data_dir, metrics, done.history)


if __name__ == "__main__":
    main()
