#!/usr/bin/env bash
# Guess:   LARS without weight decay is LARS: the limit of ever smaller weight decay.
# Happens: in lightly and timm a parameter group with weight decay 0 gets plain SGD, without the trust ratio: its step is a
#          thousand times that at weight decay 1e-12. stable-pretraining's docstring says the same of itself, but its code
#          scales such groups like all others, biases too; so does solo-learn.
# Matters: a sweep of weight decay that includes 0 ends in a learning rate a thousand times too large, and a recipe moved
#          from one library to another changes what its biases do. "0 diverges" (BYOL, Table 15b) is easily "confirmed".
# Seen:    lightly 1.6.0, timm 1.0.31, solo-learn 1.0.2, stable-pretraining 0.1.8, torch 2.15.0, 2026-11-28.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
packages torch==2.15.0 lightly==1.6.0 timm==1.0.31
without_dependencies solo-learn==1.0.2 stable-pretraining==0.1.8

run <<'PY'
import timm.optim, torch
from lightly.utils.lars import LARS as Lightly
from sources import definitions

solo = definitions("solo/utils/lars.py")["LARSWrapper"]
stable = definitions("stable_pretraining/optim/lars.py")["LARS"]
makes = {
    "lightly": lambda weight, decay: Lightly([weight], lr=1.0, weight_decay=decay),
    "timm": lambda weight, decay: timm.optim.Lars([weight], lr=1.0, momentum=0, weight_decay=decay),
    "solo-learn": lambda weight, decay: solo(torch.optim.SGD([weight], lr=1.0, weight_decay=decay)),
    "stable-pretraining": lambda weight, decay: stable([weight], lr=1.0, weight_decay=decay),
}

def step(make, decay):
    weight = torch.nn.Parameter(torch.ones(4, 4))
    weight.grad = torch.ones(4, 4)
    make(weight, decay).step()
    return (1 - weight.data).norm().item()

ratio = {name: step(make, 0.0) / step(make, 1e-12) for name, make in makes.items()}
for name, times in ratio.items():
    print(f"{name:18} a step at weight decay 0 is {times:7.1f} times that at 1e-12")
assert ratio["lightly"] > 900 and ratio["timm"] > 900
assert abs(ratio["solo-learn"] - 1) < 0.01 and abs(ratio["stable-pretraining"] - 1) < 0.01
assert "decay set to 0 will automatically be excluded" in stable.__doc__
PY
