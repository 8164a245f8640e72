#!/usr/bin/env bash
# Guess:   kornia's RandomSolarize(0.5) is BYOL's solarization: what is above 0.5 is inverted, the rest stays.
# Happens: 0.5 is not the threshold but the spread around 0.5 of which one is drawn, anywhere from 0 to 1; and by default
#          something up to 0.1 is added to each image first. A gray of 0.3 stays 0.3 in none of a thousand views; a third
#          of them are inverted. torchvision's RandomSolarize(0.5) leaves it alone.
# Matters: moving the views of BYOL's recipe to the GPU changes the augmentation under the same name and number. BYOL's is
#          RandomSolarize(thresholds=(0.5, 0.5), additions=(0.0, 0.0)).
# Seen:    kornia 0.9.0, torchvision 0.29.2, torch 2.15.0, 2026-11-28.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
packages torch==2.15.0 torchvision==0.29.2 kornia==0.9.0

run <<'PY'
import kornia.augmentation, torch
from torchvision.transforms import RandomSolarize

torch.manual_seed(0)
gray = torch.full((1000, 3, 4, 4), 0.3)
def views(solarize):
    return solarize(gray)[:, 0, 0, 0]

for name, solarize in {
    "torchvision RandomSolarize(0.5)": RandomSolarize(0.5, p=1.0),
    "kornia RandomSolarize(0.5)": kornia.augmentation.RandomSolarize(0.5, p=1.0),
    "kornia, as BYOL": kornia.augmentation.RandomSolarize((0.5, 0.5), (0.0, 0.0), p=1.0),
}.items():
    seen = views(solarize)
    kept, inverted = (seen == gray[0, 0, 0, 0]).float().mean().item(), (seen > 0.5).float().mean().item()
    print(f"{name:32} a gray of 0.3: kept in {kept:.0%} of the views, inverted in {inverted:.0%}")
    if name == "kornia RandomSolarize(0.5)":
        assert kept < 0.01 and 0.2 < inverted < 0.45
    else:
        assert kept == 1.0
PY
