"""Writes crops.safetensors beside itself: boxes of the images of augment.safetensors enlarged by TensorFlow, as BYOL's and
SimCLR's code ask for it.

    pip install tensorflow-cpu==2.21.0 safetensors==0.8.0 numpy
    python tests/reference/make_crops.py

Keys are `crop/form`, in values of 0 to 1 and beyond: nothing is clamped. Integers end in `.i64`.
"""
from pathlib import Path

import numpy
import tensorflow as tf
from safetensors.numpy import load_file, save_file

HERE = Path(__file__).parent
SIDE = 16
BOXES = [(0, 0, 16, 16), (2, 3, 10, 8), (5, 1, 4, 6), (0, 6, 15, 4), (3, 3, 9, 9), (15, 0, 1, 16)]
FORMS = {
    # BYOL's dataset.py imports tensorflow.compat.v2, SimCLR's data_util.py tensorflow.compat.v1.
    "tensorflow2": lambda images: tf.compat.v2.image.resize(images, [SIDE, SIDE], "bicubic"),
    "tensorflow1": lambda images: tf.compat.v1.image.resize_bicubic(images, [SIDE, SIDE]),
}


def enlarged(image, box, resize):
    """The box of `[3, side, side]` as `[3, side, side]`."""
    top, left, height, width = box
    picture = image[:, top:top + height, left:left + width].transpose(1, 2, 0)
    return numpy.array(resize(picture[None]))[0].transpose(2, 0, 1)


if __name__ == "__main__":
    images = load_file(HERE / "augment.safetensors")["images"]
    out = {"images": images, "crop/boxes.i64": numpy.array(BOXES, dtype=numpy.int64)}
    for form, resize in FORMS.items():
        out[f"crop/{form}"] = numpy.stack([enlarged(image, box, resize) for image, box in zip(images, BOXES)])
    save_file({name: numpy.ascontiguousarray(array) for name, array in out.items()}, HERE / "crops.safetensors")
