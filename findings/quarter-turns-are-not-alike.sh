#!/usr/bin/env bash
# Guess:   RandomRotation90(times=(0, 3)) turns an image by 0, 90, 180 or 270 degrees, each in a quarter of the cases.
# Happens: kornia draws a number between 0 and 3 and rounds it: 0 and 270 degrees come in a sixth of the cases each, 90 and 180 in
#          a third. The number that it keeps as the parameter is not whole, 1.24 say, and cut off it names another turn than was
#          made in half of the cases.
# Matters: in predicting rotations, the pretext task, chance is 33 % and not 25, a constant answer looks as if it had learned,
#          and labels taken from the parameters by long() are wrong for half of the images. As an augmentation, upright
#          images are rarer than thought. RandomRotation90 of Albumentations draws alike.
# Seen:    kornia 0.9.0, albumentations 2.0.8, torch 2.15.0, 2026-11-28.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
packages torch==2.15.0 kornia==0.9.0 albumentations==2.0.8 numpy==2.4.6

run <<'PY'
import os
os.environ["NO_ALBUMENTATIONS_UPDATE"] = "1"
import albumentations, numpy, torch
from kornia.augmentation import RandomRotation90

COUNT = 6_000
CORNERS = [0, 2, 3, 1] # where the top left pixel of four goes, by quarter turns counter-clockwise

def turns(images): # of (count, 2, 2), one of whose pixels is lit
    return torch.tensor([CORNERS.index(corner) for corner in images.flatten(1).argmax(dim=1).tolist()])

def shares(turned):
    return [round(count / COUNT, 2) for count in torch.bincount(turned, minlength=4).tolist()]

torch.manual_seed(0)
corner = torch.zeros(COUNT, 1, 2, 2)
corner[..., 0, 0] = 1
rotation = RandomRotation90((0, 3), p=1)
kornias = turns(rotation(corner)[:, 0])
drawn = rotation._params["times"]
cut = (drawn.long() == kornias).float().mean().item()
by_albumentations = albumentations.Compose([albumentations.RandomRotate90(p=1)], seed=0)
pixels = numpy.zeros((2, 2, 3), dtype="uint8")
pixels[0, 0] = 1
albus = turns(torch.stack([torch.from_numpy(by_albumentations(image=pixels)["image"][..., 0].copy()) for _ in range(COUNT)]))
print("by 0, 90, 180 and 270 degrees: kornia", shares(kornias), "Albumentations", shares(albus))
print(f"drawn: {[round(value, 2) for value in drawn[:4].tolist()]} for {kornias[:4].tolist()}; cut off, right in {100 * cut:.0f} %")
assert all(abs(share - expected) < 0.02 for share, expected in zip(shares(kornias), (1 / 6, 1 / 3, 1 / 3, 1 / 6)))
assert all(abs(share - 0.25) < 0.02 for share in shares(albus)) and 0.45 < cut < 0.55
PY
