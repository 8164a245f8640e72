#!/usr/bin/env bash
# Guess:   convert("RGB") scales a 16-bit grayscale PNG to 8 bits, as convert does between other modes.
# Happens: it clips. Of a ramp over all 65,536 values every pixel above 255, 99.6 % of the image, becomes white.
# Matters: torchvision's ImageFolder, and so lightly, timm and solo-learn, open every file by convert("RGB"). A set of
#          microscope or X-ray images trains without an error, on blank pages; self-supervised losses even go down.
# Seen:    Pillow 13.0.0, numpy 2.4.6, 2026-11-28.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
packages pillow==13.0.0 numpy==2.4.6

run <<'PY'
import numpy
from PIL import Image

ramp = numpy.arange(65_536, dtype="uint16").reshape(256, 256)
Image.fromarray(ramp).save("ramp.png")
image = Image.open("ramp.png")
loaded = numpy.asarray(image.convert("RGB"))
white = (loaded == 255).all(axis=2).mean()
print(f"mode {image.mode}; after convert('RGB') {white:.1%} of the ramp are white; scaled it would be {1 / 256:.1%}")
assert image.mode == "I;16"
assert white > 0.99
PY
