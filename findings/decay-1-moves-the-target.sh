#!/usr/bin/env bash
# Guess:   with decay 1 an exponential moving average stays what it was, BYOL's fixed random target; with 0.99 it moves 1 %
#          of the way at its first step.
# Happens: in four of six libraries it is the student after one step, or 82 % of it, whatever the decay. torch-ema and
#          diffusers warm the decay up, (1 + n) / (10 + n), and take the lesser of the two, for 1 as for 0.99, diffusers also
#          with use_ema_warmup=False, which is its default; ema-pytorch copies for a hundred steps and ten between; PyTorch's
#          copies once, and so does timm's when it is told the step, as its training script does.
# Matters: BYOL's first experiment, a target that never moves, cannot be run with these, and does not fail either: it trains
#          against the student of its first step. In torch-ema use_num_updates=False helps.
# Seen:    torch-ema 0.3, diffusers 0.42.1, ema-pytorch 0.8.3, torch 2.15.0, timm 1.0.31, lightly 1.6.0, 2026-11-28.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
packages torch==2.15.0 torch-ema==0.3 diffusers==0.42.1 ema-pytorch==0.8.3 timm==1.0.31 lightly==1.6.0

run <<'PY'
import copy, itertools
import torch
from diffusers.training_utils import EMAModel
from ema_pytorch import EMA
from lightly.models.utils import update_momentum
from timm.utils import ModelEmaV3
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn
from torch_ema import ExponentialMovingAverage

def lightly(student, decay):
    target = copy.deepcopy(student)
    return lambda: update_momentum(student, target, m=decay), lambda: target.weight

def timm(student, decay):
    target = ModelEmaV3(student, decay=decay)
    return lambda: target.update(student), lambda: target.module.weight

def timm_told_the_step(student, decay):
    target, steps = ModelEmaV3(student, decay=decay), itertools.count(1)
    return lambda: target.update(student, step=next(steps)), lambda: target.module.weight

def pytorch(student, decay):
    target = AveragedModel(student, multi_avg_fn=get_ema_multi_avg_fn(decay))
    return lambda: target.update_parameters(student), lambda: target.module.weight

def torch_ema(student, decay):
    target = ExponentialMovingAverage(student.parameters(), decay=decay)
    return target.update, lambda: target.shadow_params[0]

def diffusers(student, decay):
    target = EMAModel(student.parameters(), decay=decay)
    return lambda: target.step(student.parameters()), lambda: target.shadow_params[0]

def ema_pytorch(student, decay):
    target = EMA(student, beta=decay)
    return target.update, lambda: target.ema_model.weight

def after(library, decay, steps):
    student = torch.nn.Linear(1, 1, bias=False)
    torch.nn.init.zeros_(student.weight)
    step, target = library(student, decay)
    torch.nn.init.ones_(student.weight)
    for _ in range(steps):
        step()
    return round(target().item(), 3)

expected = {lightly: (0, 0, 0.01), timm: (0, 0, 0.01), timm_told_the_step: (1, 1, 1), pytorch: (1, 1, 1), torch_ema: (0.818, 1, 0.818), diffusers: (1, 1, 1), ema_pytorch: (1, 1, 1)}
for library, values in expected.items():
    seen = after(library, 1.0, 1), after(library, 1.0, 100), after(library, 0.99, 1)
    print(f"{library.__name__:18} a target at 0 of a student at 1: {seen[0]:5.3f} after a step at decay 1, {seen[1]:5.3f} after 100; {seen[2]:5.3f} after a step at 0.99")
    assert seen == values
PY
