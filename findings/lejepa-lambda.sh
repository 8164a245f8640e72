#!/usr/bin/env bash
# Guess:   LeJEPA has one hyper-parameter, lambda, and lambda = 0.05 means the same in two libraries.
# Happens: lightly weighs SIGReg by lambda and invariance by 1 - lambda, stable-pretraining invariance by 1; and lightly
#          tests each view for normality and takes the mean, stable-pretraining tests all views as one sample, whose
#          statistic grows with its size. With eight views the same lambda regularizes about eight times as strongly.
# Matters: "a single trade-off parameter, robust over datasets" is what people sweep when LeJEPA does not reproduce; its
#          value moves with the library and, in one of them, with the number of views.
# Seen:    lightly 1.6.0, stable-pretraining 0.1.8, torch 2.15.0, 2026-11-28: 4.1 times with four views, 8.0 with eight.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
packages torch==2.15.0 lightly==1.6.0
without_dependencies stable-pretraining==0.1.8

run <<'PY'
import torch
from lightly.loss import LeJEPALoss
from sources import definitions

stable = definitions("stable_pretraining/methods/lejepa.py", "EppsPulley", "SlicedEppsPulley", "_compute_loss", torch=torch, nn=torch.nn)
torch.manual_seed(0)
views = torch.rand(1, 256, 16).expand(8, -1, -1) # alike, so that only the regularizer is left

def ratio(count, weight=0.05):
    some = views[:count]
    theirs = LeJEPALoss(lambda_param=weight)(global_proj=some[:2], local_proj=some[2:] if count > 2 else some[:1]).item()
    ours = stable["_compute_loss"](some, 2, stable["SlicedEppsPulley"](), weight)[0].item()
    return ours / theirs

print(f"stable-pretraining's loss over lightly's, no view differing: {ratio(4):.2f} with four views, {ratio(8):.2f} with eight")
assert abs(ratio(4) - 4) < 0.4 and abs(ratio(8) - 8) < 0.8
PY
