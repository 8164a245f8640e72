#!/usr/bin/env bash
# Guess:   W-MSE's loss is smaller for two views that are nearly the same than for two that have little in common.
# Happens: at 24 images a batch it is 0.031915 for both, as for every other pair of views, to six digits: both views are
#          whitened together, and whitening 48 points in 64 dimensions, the default, puts them at one distance from each
#          other whatever they were. The gradient is rounding, which Adam makes as long as any other. Views with a third
#          of noise have 0.38 of the loss of views with three times as much noise as signal at 64 images, and 0.12 at 256.
# Matters: a Vision Transformer on a small card is trained at 32 images or fewer: training goes on, the loss stays, and
#          nothing is learned; what the method is worth is decided by the batch, where others change little.
# Seen:    stable-pretraining 0.1.8, torch 2.15.0, 2026-11-28.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
packages torch==2.15.0
without_dependencies stable-pretraining==0.1.8

run <<'PY'
import torch
from torch.nn import functional as F
from sources import definitions

torch.set_num_threads(1)
whiten = definitions("stable_pretraining/methods/wmse.py", "_eigen_whiten", torch=torch)["_eigen_whiten"]

def loss(images, noise, dimensions=64): # from projections to the loss, as WMSE.forward has it
    torch.manual_seed(0)
    image = torch.randn(images, dimensions)
    views = [image + noise * torch.randn(images, dimensions) for _ in range(2)]
    projections = torch.cat(views).requires_grad_()
    first, second = F.normalize(whiten(projections), dim=-1).chunk(2)
    value = F.mse_loss(first, second)
    value.backward()
    return value.item(), projections.grad.norm().item()

seen = {images: [loss(images, noise) for noise in (3.0, 1.0, 0.3)] for images in (24, 64, 256)}
for images, values in seen.items():
    print(f"{images:3} images a batch; noise 3, 1, 0.3:", "; ".join(f"loss {value:.6f}, gradient {gradient:.0e}" for value, gradient in values))
alike = [value for value, _ in seen[24]]
assert max(alike) - min(alike) < 2e-6 and all(gradient < 1e-5 for _, gradient in seen[24])
assert seen[256][0][0] > 5 * seen[256][2][0] and all(gradient > 1e-5 for _, gradient in seen[256])
PY
