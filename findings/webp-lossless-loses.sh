#!/usr/bin/env bash
# Guess:   save(lossless=True) as WebP keeps every pixel.
# Happens: what is transparent comes back in another colour. Of a picture of which half the pixels are transparent, half are
#          changed once convert("RGB") has dropped the transparency. exact=True keeps them; PNG does.
# Matters: sets of icons, cut-out products or satellite tiles with a mask as alpha are shrunk to lossless WebP and read by
#          convert("RGB"), as ImageFolder does: the background that an encoder sees is the compressor's choice.
# Seen:    Pillow 13.0.0, numpy 2.4.6, 2026-11-28.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
packages pillow==13.0.0 numpy==2.4.6

run <<'PY'
import numpy
from PIL import Image

random = numpy.random.default_rng(0)
pixels = random.integers(0, 256, (32, 32, 3), dtype="uint8")
image = Image.fromarray(pixels)
image.putalpha(Image.fromarray((255 * random.integers(0, 2, (32, 32))).astype("uint8")))

def kept(name, **options):
    image.save(name, **options)
    return (numpy.asarray(Image.open(name).convert("RGB")) == pixels).all(axis=2).mean()

shares = {"PNG": kept("a.png"), "WebP": kept("a.webp", lossless=True), "WebP exact": kept("b.webp", lossless=True, exact=True)}
print("pixels kept, without loss:", {name: f"{share:.0%}" for name, share in shares.items()})
assert shares["PNG"] == shares["WebP exact"] == 1
assert shares["WebP"] < 0.6
PY
