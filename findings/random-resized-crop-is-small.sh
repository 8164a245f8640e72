#!/usr/bin/env bash
# Guess:   RandomResizedCrop(scale=(0.08, 1)) draws areas evenly from 8 % to 100 %: 54 % on average, one in eleven above 90 %.
# Happens: of square images 49 % on average, and one in 25 above 90 %: what does not fit at the drawn aspect is drawn again,
#          and large boxes fit least. With scale=(0.9, 1) one view in eleven is the whole image, the fallback.
# Matters: BYOL's own code clamps the box instead of drawing again. Under the same "0.08 to 1" views are of other sizes, and
#          an ablation of the crop by its least area has a most area that moves along.
# Seen:    torchvision 0.29.2, torch 2.15.0, 2026-11-28: 0.488, 4.1 %, 9.2 %.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
packages torch==2.15.0 torchvision==0.29.2

run <<'PY'
import torch
from torchvision.transforms import RandomResizedCrop

torch.manual_seed(0)
image = torch.zeros(3, 32, 32)
def boxes(least):
    return [RandomResizedCrop.get_params(image, [least, 1.0], [3 / 4, 4 / 3])[2:] for _ in range(20_000)]

areas = torch.tensor([height * width / 32**2 for height, width in boxes(0.08)])
whole = sum(box == (32, 32) for box in boxes(0.9)) / 20_000
print(f"scale from 0.08: mean area {areas.mean():.3f} for 0.540, above 0.9 {(areas > 0.9).float().mean():.1%} for 10.9%;",
      f"from 0.9: the whole image {whole:.1%}")
assert 0.47 < areas.mean() < 0.51 and (areas > 0.9).float().mean() < 0.06
assert 0.05 < whole < 0.15
PY
