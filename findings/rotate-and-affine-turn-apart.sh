#!/usr/bin/env bash
# Guess:   within one library thirty degrees are thirty degrees in one direction.
# Happens: torchvision's rotate and RandomRotation turn counter-clockwise, its affine and RandomAffine clockwise; so do
#          kornia's RandomRotation and RandomAffine. All of Albumentations', Pillow's and SciPy's turn counter-clockwise.
# Matters: pretext tasks that predict the angle, equivariant heads and boxes that are turned with their image, when the
#          angle drawn by one transform is undone by another of the same library: it doubles.
# Seen:    torchvision 0.29.2, kornia 0.9.0, albumentations 2.0.8, Pillow 13.0.0, scipy 1.17.1, torch 2.15.0, 2026-11-28.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
packages torch==2.15.0 torchvision==0.29.2 kornia==0.9.0 albumentations==2.0.8 pillow==13.0.0 scipy==1.17.1 numpy==2.4.6

run <<'PY'
import os
os.environ["NO_ALBUMENTATIONS_UPDATE"] = "1"
import albumentations, kornia.augmentation, numpy, scipy.ndimage, torch
from PIL import Image
from torchvision.transforms import v2

pixels = numpy.zeros((101, 101, 3), dtype="uint8")
pixels[45:56, 85:96] = 255 # at the right of the middle
image, tensor = Image.fromarray(pixels), torch.from_numpy(pixels).movedim(2, 0)[None] / 255

def angle(turned): # degrees counter-clockwise
    turned = numpy.asarray(turned).squeeze()
    rows, columns = numpy.nonzero((turned[0] if len(turned) == 3 else turned[..., 0]) > turned.max() / 2)
    return round(numpy.degrees(numpy.arctan2(50 - rows.mean(), columns.mean() - 50)))

always = (30.0, 30.0)
angles = {
    "Pillow's rotate": angle(image.rotate(30)),
    "SciPy's rotate": angle(scipy.ndimage.rotate(pixels, 30, reshape=False)),
    "torchvision's rotate": angle(v2.functional.rotate(tensor, 30)),
    "torchvision's affine": angle(v2.functional.affine(tensor, 30, [0, 0], 1, [0, 0])),
    "torchvision's RandomRotation": angle(v2.RandomRotation(always)(image)),
    "torchvision's RandomAffine": angle(v2.RandomAffine(always)(image)),
    "kornia's RandomRotation": angle(kornia.augmentation.RandomRotation(always, p=1)(tensor)),
    "kornia's RandomAffine": angle(kornia.augmentation.RandomAffine(always, p=1)(tensor)),
    "Albumentations' Rotate": angle(albumentations.Rotate(always, p=1)(image=pixels)["image"]),
    "Albumentations' Affine": angle(albumentations.Affine(rotate=always, p=1)(image=pixels)["image"]),
}
for name, degrees in angles.items():
    print(f"{name:29} {degrees:4}")
apart = {"torchvision's affine", "torchvision's RandomAffine", "kornia's RandomAffine"}
assert all(degrees == (-30 if name in apart else 30) for name, degrees in angles.items())
PY
