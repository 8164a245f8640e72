#!/usr/bin/env bash
# Guess:   Pillow resizes along the rows and then down the columns, with bytes in between; what that gives is the same in every
#          version, and byte for byte what models were trained on.
# Happens: since some version after 12.0.0 it goes down the columns first where that shrinks the picture, and by more than twice
#          as many pixels as it shrinks along the rows. Bytes between the passes are rounded and cut off at 0 and 255, so the
#          same crop of the same picture has other pixels: up to 11 of 255 with the bicubic kernel in noise.
# Matters: small views (multi-crop) and evaluation at another size are made of other pixels by another version of Pillow, in
#          pictures that are taller than wide alone. A check "equal byte for byte" holds for one version.
# Seen:    pillow 13.0.0 (12.0.0 and 11.3.0: rows first throughout), numpy 2.4.6, 2026-11-28.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
packages pillow==13.0.0 numpy==2.4.6

run <<'PY'
import numpy as np
from PIL import Image

OUT = 14
random = np.random.default_rng(0)


def off(height, width):
    """How far a resize is from rows first, and from columns first."""
    picture = Image.fromarray(random.integers(0, 256, (height, width), dtype=np.uint8))
    once = np.asarray(picture.resize((OUT, OUT), Image.BICUBIC), dtype=int)
    ways = [(OUT, height), (width, OUT)]
    twice = [picture.resize(size, Image.BICUBIC).resize((OUT, OUT), Image.BICUBIC) for size in ways]
    return [int(abs(once - np.asarray(made, dtype=int)).max()) for made in twice]


for height, width in [(30, 8), (8, 30), (30, 20), (30, 26), (10, 8)]:
    print(f"{height:2} rows of {width:2} pixels to {OUT} x {OUT}: off rows first by {off(height, width)[0]:2}, columns first by {off(height, width)[1]:2}")
assert all(off(30, width)[0] > 0 and off(30, width)[1] == 0 for width in (8, 20)), "tall: columns first"
assert all(off(height, width)[0] == 0 and off(height, width)[1] > 0 for height, width in [(8, 30), (30, 26), (10, 8)]), "others: rows first"
PY
