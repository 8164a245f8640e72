#!/usr/bin/env bash
# Guess:   a checkpoint holds what the loss needs: MoCo's queue, NNCLR's support set, DINO's centre.
# Happens: lightly's memory bank is in no state_dict, and loading strictly says nothing: a resumed MoCo run begins with 4,096
#          random directions for negatives, and its loss falls from 6.4 to 0.4; NNCLR's neighbours are random vectors. stable-
#          pretraining's centre of DINO is gone too, and begins again as the first batch's mean, not a tenth of it.
# Matters: the curve of a resumed run has a dent that looks like progress, and each preemption costs the method with a queue
#          an epoch that its rival without one does not pay.
# Seen:    lightly 1.6.0, stable-pretraining 0.1.8, torch 2.15.0, 2026-11-28.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
packages torch==2.15.0 lightly==1.6.0
without_dependencies stable-pretraining==0.1.8

run <<'PY'
import torch
from lightly.loss import DINOLoss, NTXentLoss
from sources import definitions
from torch.nn import functional as F
torch.manual_seed(0)

def views(images=64): # of a network half collapsed, as all are early on: cosine 0.8 between images, 0.95 between views
    centre = F.normalize(torch.ones(1, 128))
    images = 2 * centre + F.normalize(torch.randn(images, 128))
    return [F.normalize(images + 0.5 * F.normalize(torch.randn_like(images))) for _ in range(2)]

loss = NTXentLoss(temperature=0.1, memory_bank_size=(4096, 128))
for step in range(80):
    query, key = views()
    before = loss(query.requires_grad_(), key)
resumed = NTXentLoss(temperature=0.1, memory_bank_size=(4096, 128))
print("saved of the memory bank:", list(loss.state_dict()), "| on loading:", resumed.load_state_dict(loss.state_dict(), strict=True))
query, key = views()
print(f"MoCo's loss before {before:.2f}, resumed {resumed(query, key):.2f}, of the same features had it gone on {loss(query, key):.2f}")
assert not loss.state_dict() and resumed(query, key) < 0.7 * loss(query, key)

stable = definitions("stable_pretraining/losses/dino.py", "DINOv1Loss", torch=torch, F=F)["DINOv1Loss"]()
usual = DINOLoss(output_dim=8)
logits = torch.ones(2, 4, 8)
stable.update_center(logits)
stable.apply_center_update()
usual.update_center(logits)
print("saved of DINO:", list(stable.state_dict()), "| lightly:", list(usual.state_dict()))
print(f"centre after a first batch of ones: {stable.center.mean():.1f}, lightly's and the authors' {usual.center.mean():.1f}")
assert not stable.state_dict() and stable.center.mean() == 1 and abs(usual.center.mean() - 0.1) < 1e-6
PY
