#!/usr/bin/env bash
# Guess:   RandAugment at magnitude 0 changes nothing; it is the zero of a sweep over magnitudes.
# Happens: one white image in fourteen turns black. Solarize's threshold runs from 255 at magnitude 0 down to 0, and what
#          is at the threshold is inverted. Equalize and AutoContrast have no magnitude, and act at 0 as at 30.
# Matters: the "no augmentation" end of an ablation is augmented. With the usual two operations one white background in
#          seven (sketches, documents, pictures of products) turns black. Leave the operation out where none is meant.
# Seen:    torchvision 0.29.2, torch 2.15.0, 2026-11-28: 100 of 1,400 white images black, 190 of 1,400 noise images changed.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
packages torch==2.15.0 torchvision==0.29.2

run <<'PY'
import torch
from torchvision.transforms import RandAugment

torch.manual_seed(0)
augment = RandAugment(num_ops=1, magnitude=0)
white = torch.full((3, 8, 8), 255, dtype=torch.uint8)
noise = torch.randint(50, 200, (3, 32, 32), dtype=torch.uint8)
views = [augment(white) for _ in range(1400)]
black = sum(bool((view == 0).all()) for view in views)
changed = sum(bool((augment(noise) != noise).any()) for _ in range(1400))
print(f"at magnitude 0: {black} of 1400 white images turned black, {changed} of 1400 noise images changed")
assert 50 < black < 150 # expected 100, one operation of fourteen
assert 130 < changed < 270 # expected 200, two of fourteen
PY
