#!/usr/bin/env bash
# Guess:   one installation of TensorFlow has one bicubic.
# Happens: `compat.v1.image.resize_bicubic`, which SimCLR's code calls, and `compat.v2.image.resize`, which BYOL's calls, differ
#          by 21 of 255 on average on noise: the first counts from the corners of pixels, so that a picture moves by up to half
#          a small pixel as it grows, takes A = -0.75 for -0.5 and repeats the border. Both leave values beyond 0 and 1.
# Matters: SimCLR's and BYOL's views differ before any jitter; a crop shrinks towards the upper left in one of them. Ports to
#          PyTorch have neither.
# Seen:    tensorflow-cpu 2.21.0, 2026-11-28.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
packages tensorflow-cpu==2.21.0

TF_CPP_MIN_LOG_LEVEL=3 run <<'PY'
import numpy
import tensorflow as tf

tf.get_logger().setLevel("ERROR")
grown = lambda image: (
    numpy.array(tf.compat.v1.image.resize_bicubic(image, [32, 32]))[0],
    numpy.array(tf.compat.v2.image.resize(image, [32, 32], "bicubic"))[0])
one, two = grown(numpy.random.default_rng(0).random((1, 20, 20, 3), dtype="float32"))
print(f"noise: {255 * abs(one - two).mean():.0f} of 255 apart on average, {255 * abs(one - two).max():.0f} at most;",
      f"from {two.min():.2f} to {two.max():.2f}")

ramp = numpy.broadcast_to(numpy.arange(8, dtype="float32")[None, None, :, None], (1, 8, 8, 1))
one, two = (line[16, 4:28, 0] for line in grown(ramp))
moved = (two - one).mean() * 4
print(f"a slope lies {-moved:+.2f} of 32 pixels across in TensorFlow 2 from where TensorFlow 1 has it")

assert abs(moved) > 1
one, two = grown(numpy.random.default_rng(0).random((1, 20, 20, 3), dtype="float32"))
assert 255 * abs(one - two).mean() > 15 and two.max() > 1
PY
