#!/usr/bin/env bash
# Guess:   over many batches I-JEPA's encoder sees every patch of an image, and its predictor is asked for every patch.
# Happens: the last row and the last column, 27 of 196 patches, are neither seen nor asked for, ever: blocks are kept lower
#          than the image and never begin at the last place where they would fit. All images of a batch keep as many patches
#          as the one with the fewest, counted from the top: of an image 38 % are seen at 2 images a batch, 27 % at 128, and
#          then the last but one row in 2 % of the images, the first in 75 %. Area and shape of a target are drawn by
#          one number, so that small ones are wide and large ones high, and by the number of the batch, whatever the seed.
#          So it is in the code by the paper's authors, which it follows.
# Matters: evaluation looks at all patches, those at the border for the first time; the batch decides how hard the task
#          is, so that a comparison over batch sizes is of two things; and seeds vary by less than they seem to.
# Seen:    lightly 1.6.0 with the paper's settings, torch 2.15.0, 2026-11-28.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
packages torch==2.15.0 numpy==2.4.6
without_dependencies lightly==1.6.0

run <<'PY'
import math
from multiprocessing import Value
from typing import Any
import torch
from torch import Tensor
from sources import definitions

torch.set_num_threads(1)
collator = definitions("lightly/data/ijepa_collate.py", "IJEPAMaskCollator", torch=torch, math=math, Value=Value, Any=Any, Tensor=Tensor, annotations=None)["IJEPAMaskCollator"]

def masks(images, batches, seed=0):
    torch.manual_seed(seed)
    collate = collator(
        input_size=224, patch_size=16, enc_mask_scale=(0.85, 1.0), pred_mask_scale=(0.15, 0.2), aspect_ratio=(0.75, 1.5), nenc=1, npred=4, min_keep=10,
    )
    for _ in range(batches):
        _, seen, asked = collate([torch.zeros(1)] * images)
        yield torch.stack(seen), torch.stack(asked)

def how_often(images, batches, **rest):
    counts, kept, sizes = torch.zeros(2, 196), [], []
    for seen, asked in masks(images, batches, **rest):
        counts[0] += torch.bincount(seen.flatten(), minlength=196)
        counts[1] += torch.bincount(asked.flatten(), minlength=196)
        kept.append(seen.shape[-1] / 196)
        sizes.append(asked.shape[-1])
    return counts.view(2, 14, 14) / (images * batches), sum(kept) / batches, sizes

shares, rows = {}, {}
for images, batches in ((2, 512), (128, 8)):
    (seen, asked), share, sizes = how_often(images, batches)
    shares[images], rows[images] = share, seen.mean(1)
    print(f"{images:3} images a batch: {share:.0%} of an image's patches are seen; by rows, seen:",
          " ".join(f"{row:.2f}" for row in seen.mean(1)), "asked for:", " ".join(f"{row:.2f}" for row in asked.mean(1)))
    for counts in (seen, asked):
        assert counts[13].sum() == counts[:, 13].sum() == 0
assert shares[2] > 0.34 and shares[128] < 0.3 and rows[128][12] < 0.05 < 0.7 < rows[128][0]

sizes = [how_often(2, 8, seed=seed)[2] for seed in (0, 1)]
print("patches in a target of batches 1 to 8:", sizes[0], "with another seed:", sizes[1])
assert sizes[0] == sizes[1]
drawn = collator(input_size=2240) # 140 by 140 patches, so that little is rounded
blocks = [drawn._sample_block_size(torch.Generator().manual_seed(seed), (0.15, 0.2), (0.75, 1.5)) for seed in range(500)]
together = torch.corrcoef(torch.tensor([(h * w, h / w) for h, w in blocks], dtype=torch.float64).T)[0, 1].item()
print(f"correlation of a target's area with its height by its width: {together:.2f}; {min(blocks)} to {max(blocks)}")
assert together > 0.98
PY
