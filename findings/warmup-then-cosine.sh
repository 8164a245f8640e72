#!/usr/bin/env bash
# Guess:   "linear warm-up over 4 of 10 steps, then cosine to 0" is one curve, up to where it begins.
# Happens: four libraries draw four. timm never reaches the learning rate: its cosine runs on beneath the warm-up, and the
#          largest rate is 0.75 of what was asked for. Transformers' and timm's first step learns nothing; lightly's is at a
#          quarter already and holds the peak for two. Stepped on past the end, lightly and timm stay at 0; PyTorch's and
#          transformers' climb again, to half the rate in three steps.
# Matters: the same lr, warm-up and epochs in a table of hyper-parameters are different training; where the scheduler is
#          stepped once more than planned (resumed runs, a last partial batch), the run ends with a rising rate.
#          timm's curve is the usual one with warmup_prefix=True.
# Seen:    lightly 1.6.0, timm 1.0.31, torch 2.15.0, transformers 5.24.0, 2026-11-28.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
packages torch==2.15.0 lightly==1.6.0 timm==1.0.31 transformers==5.24.0

run <<'PY'
import torch
from lightly.utils.scheduler import CosineWarmupScheduler
from timm.scheduler import CosineLRScheduler
from torch.optim.lr_scheduler import CosineAnnealingLR, LinearLR, SequentialLR
from transformers import get_cosine_schedule_with_warmup

schedulers = {
    "lightly": lambda optimizer: CosineWarmupScheduler(optimizer, warmup_epochs=4, max_epochs=10, end_value=0.0),
    "timm": lambda optimizer: CosineLRScheduler(optimizer, t_initial=10, warmup_t=4),
    "torch": lambda optimizer: SequentialLR(
        optimizer, [LinearLR(optimizer, start_factor=0.01, total_iters=4), CosineAnnealingLR(optimizer, T_max=6)], [4]
    ),
    "transformers": lambda optimizer: get_cosine_schedule_with_warmup(optimizer, 4, 10),
}

def rates(make, steps=14):
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=1.0)
    scheduler = make(optimizer)
    seen = []
    for step in range(steps):
        seen.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        scheduler.step(step + 1) if isinstance(scheduler, CosineLRScheduler) else scheduler.step()
    return seen

seen = {name: rates(make) for name, make in schedulers.items()}
for name, curve in seen.items():
    print(f"{name:13}", " ".join(f"{rate:5.3f}" for rate in curve[:10]), "| past the end", " ".join(f"{rate:5.3f}" for rate in curve[10:]))
assert max(seen["timm"]) == 0.75 and all(max(seen[other]) == 1.0 for other in ("lightly", "torch", "transformers"))
assert seen["transformers"][0] == 0.0 and seen["lightly"][0] == 0.25 and seen["lightly"].count(1.0) == 2
assert seen["torch"][13] > 0.4 and seen["transformers"][13] > 0.4
assert seen["lightly"][13] < 1e-9 and seen["timm"][13] < 1e-9
PY
