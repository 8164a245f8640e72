#!/usr/bin/env bash
# Guess:   a greater magnitude of RandAugment changes images more.
# Happens: of timm's rand-m3 to rand-m10 it is so for none of six operations. Posterize and Solarize change less and less,
#          Solarize nothing at all at 10; Color, Contrast, Brightness and Sharpness change nothing at 5, and more at 3 than at 7.
#          The suffix -inc1 puts it right; without it the letters mean what they did in the first AutoAugment code.
# Matters: a sweep of the magnitude, of FixMatch's strong views say, has its least augmentation in the middle. torchvision's
#          magnitudes go the other way, and to 30.
# Seen:    timm 1.0.31, Pillow 13.0.0, torch 2.15.0, 2026-11-28: Solarize 75, 64, 54, 23, 0 of 255 at 3, 5, 7, 9, 10.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
packages torch==2.15.0 timm==1.0.31 pillow==13.0.0 numpy==2.4.6

run <<'PY'
import random
import numpy
from PIL import Image
from timm.data.auto_augment import AugmentOp

pixels = numpy.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype="uint8")
image = Image.fromarray(pixels)
def change(operation, magnitude): # mean absolute change of a value; half of the draws go up, half down
    random.seed(0)
    changed = AugmentOp(operation, prob=1.0, magnitude=magnitude, hparams=dict(img_mean=(128, 128, 128)))
    return numpy.mean([abs(numpy.asarray(changed(image)).astype(int) - pixels).mean() for _ in range(20)])

magnitudes = (3, 5, 7, 9, 10)
def changes(operation):
    return [change(operation, magnitude) for magnitude in magnitudes]

blends = ("Color", "Contrast", "Brightness", "Sharpness")
print("magnitude            ", "".join(f"{magnitude:6}" for magnitude in magnitudes))
for operation in ("Posterize", "Solarize", *blends, "SolarizeIncreasing", "ContrastIncreasing"):
    print(f"{operation:21}", "".join(f"{each:6.1f}" for each in changes(operation)))
for operation in ("Posterize", "Solarize"):
    assert changes(operation) == sorted(changes(operation), reverse=True)
assert change("Solarize", 10) == 0
assert all(change(blend, 5) == 0 and change(blend, 3) > 10 for blend in blends)
for operation in ("SolarizeIncreasing", "ContrastIncreasing"):
    assert changes(operation) == sorted(changes(operation))
PY
