"""ResNet50 with its own preprocessing inside, and how it is saved for TensorFlow Serving."""

from pathlib import Path

import keras
import tensorflow as tf

VERSION = "1"  # TensorFlow Serving asks for a folder with a number
OUTPUT = "probabilities"
STAGES = {2: "conv3_block4_out", 3: "conv4_block6_out", 4: "conv5_block3_out"}  # the last layer of ResNet50's stages


class Preprocessing(keras.layers.Layer):
    """What ResNet50's published weights were trained on: blue before green before red, minus ImageNet's means.

    A layer of the network, so that whoever asks the model cannot forget it.
    """

    def call(self, pixels: tf.Tensor) -> tf.Tensor:
        """Floats of 0 to 255, red first."""
        return keras.applications.resnet50.preprocess_input(pixels)


def resnet50(classes: int, size: int, *, weights: str | None, bn_momentum: float, stages: int = 4) -> keras.Model:
    """Pixels of 0 to 255, shape (pictures, size, size, 3), to probabilities of shape (pictures, classes).

    Args:
        classes: How many.
        size: Pixels a side, 32 at least.
        weights: ``imagenet``, the path of a file, or None: begin at random.
        bn_momentum: Of the moving averages that batch normalisation predicts with; .99 needs hundreds of steps.
        stages: Of the four. Each halves the picture: of 48 pixels the fourth would see four, with most of all weights.
    """
    pixels = keras.Input((size, size, 3), name="pixels")
    whole = keras.applications.ResNet50(include_top=False, weights=weights, input_shape=(size, size, 3))
    base = keras.Model(whole.input, whole.get_layer(STAGES[stages]).output)
    for layer in base.layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            layer.momentum = bn_momentum
            if weights is None and layer.name.endswith("_3_bn"):
                layer.gamma.assign(keras.ops.zeros_like(layer.gamma))  # a block begins by adding nothing
    features = keras.layers.GlobalAveragePooling2D()(base(Preprocessing()(pixels)))
    found = keras.layers.Dense(classes, activation="softmax", dtype="float32", name=OUTPUT)(features)
    return keras.Model(pixels, found)


class Servable(tf.Module):
    """The trained network as a server sees it."""

    def __init__(self, network: keras.Model) -> None:
        super().__init__()
        self.network = network
        self._size = network.input_shape[1]

    def picture(self, content: tf.Tensor) -> tf.Tensor:
        """The pixels of a JPEG or PNG, brought to the network's size as prepare.py does where they have another."""
        pixels = tf.io.decode_image(content, channels=3, expand_animations=False)
        resized = tf.image.resize(pixels, (self._size, self._size), tf.image.ResizeMethod.BICUBIC, antialias=True)
        return tf.clip_by_value(resized, 0, 255)

    def signatures(self) -> dict[str, tf.types.experimental.PolymorphicFunction]:
        """``serving_default`` takes files of pictures, ``pixels`` floats of 0 to 255 at the network's size."""
        shape = (self._size, self._size, 3)

        def of_files(pictures: tf.Tensor) -> dict[str, tf.Tensor]:
            pixels = tf.map_fn(self.picture, pictures, fn_output_signature=tf.TensorSpec(shape, tf.float32))
            return {OUTPUT: self.network(pixels, training=False)}

        def of_pixels(pixels: tf.Tensor) -> dict[str, tf.Tensor]:
            return {OUTPUT: self.network(pixels, training=False)}

        return {
            "serving_default": tf.function(of_files, [tf.TensorSpec([None], tf.string, "pictures")]),
            "pixels": tf.function(of_pixels, [tf.TensorSpec([None, *shape], tf.float32, "pixels")]),
        }


def save(network: keras.Model, folder: Path) -> None:
    """As a SavedModel in a numbered folder, ready to be served."""
    servable = Servable(network)
    tf.saved_model.save(servable, str(folder / VERSION), signatures=servable.signatures())
