"""Writes boxes.safetensors beside itself: how often TensorFlow draws which crop, as SimCLR's code asks for it.

    pip install tensorflow-cpu==2.21.0 safetensors==0.8.0 numpy
    python tests/reference/make_boxes.py

Keys are `CASE/of` (side, then least and greatest area and aspect), `CASE/size.i64` (rows by columns of the box) and
`CASE/place.i64` (first row by first column), counts of DRAWS boxes.
"""
from pathlib import Path

import numpy
import tensorflow as tf
from safetensors.numpy import save_file

DRAWS = 100_000
CASES = {
    "simclr": (32, (0.08, 1.0), (3 / 4, 4 / 3)),
    "narrow": (16, (0.3, 0.5), (0.5, 2.0)),
    "whole": (16, (0.02, 0.08), (0.75, 1.25)),
}


@tf.function
def boxes(side, area, aspect):
    """First row and column, rows and columns of many boxes."""
    def one(_):
        begin, size, _ = tf.image.sample_distorted_bounding_box(
            [side, side, 3], tf.constant([[[0.0, 0.0, 1.0, 1.0]]]), min_object_covered=0.1, aspect_ratio_range=aspect,
            area_range=area, max_attempts=100, use_image_if_no_bounding_boxes=True)
        return tf.concat([begin[:2], size[:2]], 0)
    return tf.map_fn(one, tf.range(DRAWS), fn_output_signature=tf.int32)


def counts(side, rows, columns):
    table = numpy.zeros((side + 1, side + 1), dtype=numpy.int64)
    numpy.add.at(table, (rows, columns), 1)
    return table


if __name__ == "__main__":
    tf.random.set_seed(0)
    out = {}
    for case, (side, area, aspect) in CASES.items():
        top, left, rows, columns = boxes(side, area, aspect).numpy().T
        out[f"{case}/of"] = numpy.array([side, *area, *aspect], dtype=numpy.float32)
        out[f"{case}/size.i64"] = counts(side, rows, columns)
        out[f"{case}/place.i64"] = counts(side, top, left)
    save_file(out, Path(__file__).parent / "boxes.safetensors")
