#!/usr/bin/env bash
# Guess:   a loss in eval mode under no_grad, computed on validation images to be plotted, leaves training as it was.
# Happens: DINO's and iBOT's centre and TiCo's covariance go on averaging: after twenty batches of validation they are nearly
#          all of validation images, and the next steps of training are centred for other data. Of the losses with a state
#          only those with a memory bank look whether a gradient is wanted.
# Matters: how often and on what a run is validated changes what it learns, in methods whose centre is what keeps them from
#          collapse. Where validation images are others than training's, here in the extreme, the first losses of each epoch
#          are a quarter too low, TiCo's a half, and the curve has a saw's teeth.
# Seen:    lightly 1.6.0, torch 2.15.0, 2026-11-28.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
packages torch==2.15.0 lightly==1.6.0

run <<'PY'
import copy
import torch
from lightly.loss import DINOLoss, IBOTPatchLoss, NTXentLoss, TiCoLoss
torch.manual_seed(0)

def logits(shift, *shape):
    return torch.randn(*shape, 16) * 0.1 + shift

masks = torch.ones(4, 2, 2, dtype=torch.bool)
losses = {
    "DINO": (DINOLoss(16), lambda loss, shift: loss([logits(shift, 16)] * 2, [logits(shift, 16)] * 2)),
    "iBOT": (IBOTPatchLoss(16), lambda loss, shift: loss(logits(shift, 16), logits(shift, 16), masks)),
    "TiCo": (TiCoLoss(), lambda loss, shift: loss(logits(shift, 16), logits(shift, 16))),
    "NT-Xent": (NTXentLoss(memory_bank_size=(64, 16)), lambda loss, shift: loss(logits(shift, 16).requires_grad_(), logits(shift, 16))),
}
images, others = torch.linspace(0, 0.3, 16), torch.linspace(0.3, 0, 16)

def state(loss):
    found = {"C": loss.C} if isinstance(loss, TiCoLoss) else dict(loss.named_buffers())
    return {name: value.clone() for name, value in found.items()}

moved, rises = {}, {}
for name, (loss, call) in losses.items():
    for _ in range(50):
        call(loss, images)
    before, undisturbed = state(loss), copy.deepcopy(loss)
    loss.eval()
    with torch.no_grad():
        for _ in range(20):
            call(loss, others)
    moved[name] = any(not torch.equal(before[part], now) for part, now in state(loss).items())
    torch.manual_seed(1)
    expected = call(undisturbed, images).item()
    torch.manual_seed(1)
    rises[name] = call(loss.train(), images).item() / expected
    print(f"{name:7} after 20 batches in eval mode without gradients: {'moved' if moved[name] else 'as it was'}, the next loss is {rises[name]:.2f} times what it was to be")
assert moved == {"DINO": True, "iBOT": True, "TiCo": True, "NT-Xent": False}
assert rises["DINO"] < 0.8 and rises["iBOT"] < 0.8 and rises["TiCo"] < 0.5 and rises["NT-Xent"] == 1
PY
