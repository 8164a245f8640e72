#!/usr/bin/env bash
# Guess:   "warm-up, then three steps" multiplies the rate by 0.3 three times, whatever the length of training.
# Happens: its milestones are 0.4, 0.6 and 0.8 of the length as floating-point numbers, and a milestone counts when it equals
#          a step. Of 1,000 steps with 50 of warm-up all three come. Of 1,001 none does: the rate stays where the warm-up
#          left it. It is so for every length that is not, warm-up taken off, a multiple of five.
# Matters: a sweep over batch sizes or epochs compares runs with and without a schedule; the number of images decides.
# Seen:    stable-pretraining 0.1.8, torch 2.15.0, 2026-11-28.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
packages torch==2.15.0 numpy==2.4.6
without_dependencies stable-pretraining==0.1.8

run <<'PY'
import torch
from sources import definitions
from torch.optim.lr_scheduler import LinearLR, MultiStepLR, SequentialLR

make = definitions(
    "stable_pretraining/optim/lr_scheduler.py", "LinearWarmupThreeStepsAnnealing",
    LinearLR=LinearLR, MultiStepLR=MultiStepLR, SequentialLR=SequentialLR,
)["LinearWarmupThreeStepsAnnealing"]

def last_rate(steps, **more):
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=1.0)
    schedule = make(optimizer, total_steps=steps, **more)
    for _ in range(steps):
        optimizer.step()
        schedule.step()
    return optimizer.param_groups[0]["lr"]

for steps in (1000, 1001, 1002, 1003, 1004, 1005):
    rest, rate = steps - int(0.05 * steps), last_rate(steps)
    print(f"{steps} steps, {rest} of them after the warm-up: the last rate is {rate:.3f}")
    assert abs(rate - (0.027 if rest % 5 == 0 else 1.0)) < 1e-6
PY
