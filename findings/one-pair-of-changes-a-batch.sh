#!/usr/bin/env bash
# Guess:   kornia's RandAugment gives each image of a batch changes of its own, as its other augmentations do.
# Happens: all images of a batch have the same two, in the same order: 64 copies of an image become two different views or
#          fewer in most batches, as only signs differ (and the threshold of one change), where they become 59 one by one. And magnitude 15 of 30 is no magnitude: brightness, contrast, colour and sharpness are scaled
#          from 0.1 to 1.9, so that at 15 images come back as they were, 20 brightens and 10 darkens, where in the paper's
#          code a greater magnitude is a greater change, of either sign. At 15 one batch in eighteen is not changed at all.
# Matters: the strong views of FixMatch or UDA are all solarized in one step and all turned in the next: batch statistics
#          and confident predictions are those of one change, and a sweep over magnitude has its least change in the middle.
# Seen:    kornia 0.9.0, torch 2.15.0, 2026-11-28.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
packages torch==2.15.0 kornia==0.9.0

run <<'PY'
import torch
from kornia.augmentation.auto import RandAugment

torch.set_num_threads(1)
torch.manual_seed(0)
image = torch.rand(1, 3, 16, 16) * 0.5 + 0.25
batch = image.repeat(64, 1, 1, 1)

kinds = []
augment = RandAugment(n=2, m=10)
for _ in range(40):
    kinds.append(len({tuple(view.flatten().mul(255).round().int().tolist()) for view in augment(batch)}))
alone = len({tuple(augment(image).flatten().mul(255).round().int().tolist()) for _ in range(64)})
few = sum(kind <= 2 for kind in kinds) / len(kinds)
print(f"64 copies of an image: {sorted(kinds)} different views in 40 batches, 2 or fewer in {few:.0%}; {alone} one by one")
assert few > 0.5 and alone > 50

scaled = [[("brightness", 0.1, 1.9)], [("contrast", 0.1, 1.9)], [("color", 0.1, 1.9)], [("sharpness", 0.1, 1.9)]]
for magnitude in (5, 10, 15, 20, 25):
    changes = [(RandAugment(n=1, m=magnitude, policy=[kind])(image) - image).abs().mean().item() for kind in scaled]
    print(f"m = {magnitude:2}: brightness, contrast, colour and sharpness change values by", " ".join(f"{change:.3f}" for change in changes))
    assert (max(changes) < 1e-5) == (magnitude == 15)
unchanged = sum(torch.allclose(RandAugment(n=2, m=15)(image), image, atol=1e-4) for _ in range(300))
print(f"n = 2, m = 15: {unchanged} of 300 views are the image")
PY
