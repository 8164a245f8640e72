#!/usr/bin/env bash
# Guess:   a random transform of a batch of images draws for each image.
# Happens: torchvision's v2 transforms draw once for the batch: one crop, one jitter, one flip for all of it. 64 copies of an
#          image come back as one view. kornia's crop and jitter give 64, but the order of the jitter's four parts is one
#          for the batch there too.
# Matters: moved to the GPU as a batch, views lose what contrastive learning lives on: positives differ as all negatives
#          do, by the same colours, and the task is another. The loss looks fine.
# Seen:    torchvision 0.29.2, kornia 0.9.0, torch 2.15.0, 2026-11-28.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
packages torch==2.15.0 torchvision==0.29.2 kornia==0.9.0 numpy==2.4.6

run <<'PY'
import kornia.augmentation as kornia, torch
from torchvision.transforms import v2

torch.manual_seed(0)
batch = torch.rand(3, 32, 32).expand(64, -1, -1, -1).clone()
def views(transform):
    return len({view.numpy().tobytes() for view in transform(batch)})

jitter = kornia.ColorJitter(0.4, 0.4, 0.4, 0.1, p=1.0)
different = {
    "torchvision crop": views(v2.RandomResizedCrop(32)),
    "torchvision jitter": views(v2.ColorJitter(0.4, 0.4, 0.4, 0.1)),
    "kornia crop": views(kornia.RandomResizedCrop((32, 32))),
    "kornia jitter": views(jitter),
}
print("different views of 64 copies:", different, "orders of kornia's jitter:", jitter._params["order"].tolist())
assert different == {"torchvision crop": 1, "torchvision jitter": 1, "kornia crop": 64, "kornia jitter": 64}
assert jitter._params["order"].shape == (4,)
PY
