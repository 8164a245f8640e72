#!/usr/bin/env bash
# Guess:   an exponential moving average with decay 0.99 moves 1 % of the way at its first step, whoever takes it; batch
#          normalisation's running statistics are averaged with it, or left alone.
# Happens: PyTorch's AveragedModel forgets what it began with: its first update copies the student's weights. And of the
#          running statistics lightly leaves the target's own, timm's ModelEma averages them, AveragedModel copies the
#          student's at every step.
# Matters: BYOL's target begins as another random network in the authors' code; with AveragedModel it is the student after
#          one step. What the target says in eval mode, as in k-NN on the teacher, is of three different networks.
# Seen:    lightly 1.6.0, timm 1.0.31, torch 2.15.0, 2026-11-28.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
packages torch==2.15.0 lightly==1.6.0 timm==1.0.31

run <<'PY'
import copy
import torch
from lightly.models.utils import update_momentum
from timm.utils import ModelEmaV3
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

def after_a_step(library):
    student = torch.nn.BatchNorm1d(1) # weight 1, running mean 0
    target = {
        "lightly": lambda: copy.deepcopy(student),
        "timm": lambda: ModelEmaV3(student, decay=0.99),
        "torch": lambda: AveragedModel(student, multi_avg_fn=get_ema_multi_avg_fn(0.99)),
    }[library]()
    student.weight.data.fill_(2.0)
    student.running_mean.fill_(10.0)
    if library == "lightly":
        update_momentum(student, target, m=0.99)
    elif library == "timm":
        target.update(student)
    else:
        target.update_parameters(student)
    network = target if library == "lightly" else target.module
    return round(network.weight.item(), 4), round(network.running_mean.item(), 4)

seen = {library: after_a_step(library) for library in ("lightly", "timm", "torch")}
for library, (weight, mean) in seen.items():
    print(f"{library:7} after one step at 0.99: weight 1 of student 2 is {weight}, running mean 0 of 10 is {mean}")
assert seen == {"lightly": (1.01, 0.0), "timm": (1.01, 0.1), "torch": (2.0, 10.0)}
PY
