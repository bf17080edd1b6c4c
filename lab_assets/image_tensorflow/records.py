"""From TFRecords to batches: read side by side, decoded once, mixed anew every epoch, changed at random.

The network must never wait for a picture; benchmarks/tfrecords.py measures how much faster this is than a step.
"""

import json
from dataclasses import dataclass
from pathlib import Path

import keras
import tensorflow as tf

DATASET = "dataset.json"
AUTOTUNE = tf.data.AUTOTUNE
SIDE_BY_SIDE = 4  # files that are read at once
FEATURES = {
    "image": tf.io.FixedLenFeature([], tf.string),
    "shape": tf.io.FixedLenFeature([3], tf.int64),
    "label": tf.io.FixedLenFeature([], tf.int64),
    "id": tf.io.FixedLenFeature([], tf.string),
}


@dataclass(frozen=True, kw_only=True)
class Facts:
    """What prepare.py says of a part."""

    image_size: int  # pixels a side
    classes: list[str]  # the index is the class's number
    pictures: int


def facts_of(channel: str, folder: Path | None) -> Facts:
    """Of the part in a channel; SystemExit where there is none."""
    try:
        return Facts(**json.loads(((folder or Path()) / DATASET).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError) as error:
        raise SystemExit(f"channel {channel!r}: {DATASET} in {folder}: {error}; prepare.py writes it") from error


def pictures_of(folder: Path, facts: Facts, *, shuffle: bool, seed: int = 0) -> tf.data.Dataset:
    """Pairs of pixels (side, side, 3), bytes, and label; decoded in the first epoch only, then kept in memory.

    The order of the files and then of all their pictures is another one in every epoch where it is to be shuffled.
    """
    files = sorted(str(file) for file in folder.glob("*.tfrecord"))
    if not files:
        raise SystemExit(f"{folder} holds no .tfrecord; prepare.py writes them")
    names = tf.data.Dataset.from_tensor_slices(files)
    if shuffle:
        names = names.shuffle(len(files), seed=seed)
    records = names.interleave(
        tf.data.TFRecordDataset, cycle_length=SIDE_BY_SIDE, num_parallel_calls=AUTOTUNE, deterministic=True
    )
    pictures = records.map(lambda record: decoded(record, facts.image_size), num_parallel_calls=AUTOTUNE).cache()
    return pictures.shuffle(facts.pictures, seed=seed) if shuffle else pictures


def decoded(record: tf.Tensor, size: int) -> tuple[tf.Tensor, tf.Tensor]:
    """The pixels and the label of a serialized example."""
    found = tf.io.parse_single_example(record, FEATURES)
    return tf.ensure_shape(tf.io.decode_jpeg(found["image"], channels=3), (size, size, 3)), found["label"]


def batches(
    pictures: tf.data.Dataset, batch_size: int, *, classes: int, augment: keras.Model | None = None
) -> tf.data.Dataset:
    """Batches of floats of 0 to 255 and of labels (one column a class), made while the network works on another."""

    def ready(pixels: tf.Tensor, labels: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        floats = tf.cast(pixels, tf.float32)
        return floats if augment is None else augment(floats, training=True), tf.one_hot(labels, classes)

    options = tf.data.Options()  # workers share the pictures out: there may be fewer files than workers
    options.experimental_distribute.auto_shard_policy = tf.data.experimental.AutoShardPolicy.DATA
    return pictures.batch(batch_size).map(ready, num_parallel_calls=AUTOTUNE).with_options(options).prefetch(AUTOTUNE)


def augmentation(seed: int) -> keras.Model:
    """Mirrored, moved, turned and zoomed a little, so that no picture is seen twice: only while training."""
    layers = keras.layers
    return keras.Sequential(
        [
            layers.RandomFlip("horizontal", seed=seed),
            layers.RandomTranslation(0.1, 0.1, seed=seed + 1),
            layers.RandomRotation(0.03, seed=seed + 2),  # of a full turn: 11 degrees either way
            layers.RandomZoom(0.1, seed=seed + 3),
        ]
    )
