#!/usr/bin/env bash
# Guess:   the strong augmentation of FixMatch brightens, sharpens and colours as often as it darkens, blurs and greys.
# Happens: never. Its factors go from 0.05 to 0.95, where 1 is the image, and torchvision's from 0.1 to 1.9: no brightness
#          step brightens, no sharpness step sharpens. Of the brightness 0.82 is left on average and
#          of the colourfulness 0.74. A gray square, up to half a side long, comes on top, always.
# Matters: weak and strong views differ by brightness and saturation alone, which a network can tell before it sees an object:
#          pseudo-labels are made on bright images and learned on dark ones. "RandAugment" of another library is
#          another distribution, at any magnitude.
# Seen:    semilearn 0.3.2, Pillow 13.0.0, numpy 2.4.6, 2026-11-28.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
packages pillow==13.0.0 numpy==2.4.6
without_dependencies semilearn==0.3.2

run <<'PY'
import random
import numpy, PIL, PIL.Image, PIL.ImageDraw, PIL.ImageEnhance, PIL.ImageOps
from sources import definitions

names = ["RandAugment", "augment_list", "AutoContrast", "Brightness", "Color", "Contrast", "Equalize", "Identity", "Posterize", "Rotate", "Sharpness",
         "ShearX", "ShearY", "Solarize", "TranslateX", "TranslateY", "Cutout", "CutoutAbs"]
fixmatch = definitions("semilearn/datasets/augmentation/randaugment.py", *names, random=random, np=numpy, PIL=PIL)

numbers = numpy.random.default_rng(0)
coarse = numbers.uniform(40, 215, (20, 4, 4, 3)).astype("uint8") # smooth colours, bright and dark, as in photographs
images = [PIL.Image.fromarray(one).resize((32, 32), PIL.Image.BICUBIC) for one in coarse]

def brightness(values):
    return values.mean() / 255

def colourfulness(values):
    return (values.max(-1) - values.min(-1)).mean() / 255

ranges = {kind.__name__: (least, most) for kind, least, most in fixmatch["augment_list"]() if kind.__name__ in ("Brightness", "Color", "Contrast", "Sharpness")}
print("factors, of which 1 is the image:", ranges)
assert all(most < 1 for _, most in ranges.values())

random.seed(0)
numpy.random.seed(0)
views = [fixmatch["RandAugment"](3, 5)(image) for _ in range(60) for image in images]
for name, measure in (("brightness", brightness), ("colourfulness", colourfulness)):
    weak, strong = (numpy.mean([measure(numpy.asarray(one, float)) for one in ones]) for ones in (images, views))
    print(f"{name:13}: {weak:.3f} in images, {strong:.3f} in strong views, {strong / weak:.2f} of it")
    assert strong < 0.9 * weak
PY
