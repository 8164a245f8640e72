#!/usr/bin/env bash
# Guess:   sample_distorted_bounding_box with area_range=(0.08, 1), as SimCLR's code calls it, draws areas evenly from 8 % to
#          100 % (54 % on average; SimCLR's appendix A says "uniform from 0.08 to 1.0 in area"), anywhere in the image.
# Happens: the height is drawn evenly, so that areas are 43 % on average; boxes below 10 % are drawn again, since
#          min_object_covered=0.1 is of the whole image, so that the 8 % means nothing; and the place is drawn from one too
#          few: a box never shows the last row or the last column unless it shows all of them.
# Matters: "area 0.08 to 1" is three augmentations: 43 % in SimCLR's code, 49 % in torchvision, 53 % in BYOL's code. The upper
#          row of 32 is in 15 % of the views, the lower in 2 %.
# Seen:    tensorflow-cpu 2.21.0, 2026-11-28, 20,000 boxes of 32 x 32: area 0.433, least 0.105; upper row 14.8 %, lower 2.1 %.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
packages tensorflow-cpu==2.21.0

run <<'PY'
import tensorflow as tf

SIDE, DRAWS = 32, 20_000
tf.random.set_seed(0)

@tf.function
def boxes():
    def one(_):
        begin, size, _ = tf.image.sample_distorted_bounding_box(
            [SIDE, SIDE, 3], tf.constant([[[0.0, 0.0, 1.0, 1.0]]]), min_object_covered=0.1,
            aspect_ratio_range=(3 / 4, 4 / 3), area_range=(0.08, 1.0), max_attempts=100)
        return tf.concat([begin[:2], size[:2]], 0)
    return tf.map_fn(one, tf.range(DRAWS), fn_output_signature=tf.int32)

top, left, height, width = boxes().numpy().T
area = height * width / SIDE**2
first, last = (top == 0).mean(), (top + height == SIDE).mean()
part = height < SIDE
print(f"area {area.mean():.3f} on average for 0.540, {area.min():.3f} at least for 0.080; the first row is in {first:.1%} of the",
      f"boxes, the last in {last:.1%}, of those that lack a row in {(top + height == SIDE)[part].sum()}")
assert 0.42 < area.mean() < 0.45 and area.min() >= 0.1
assert (top + height == SIDE)[part].sum() == 0 and (left + width == SIDE)[width < SIDE].sum() == 0
assert first > 5 * last
PY
