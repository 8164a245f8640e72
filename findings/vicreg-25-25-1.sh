#!/usr/bin/env bash
# Guess:   VICReg with the weights 25, 25 and 1 is one loss.
# Happens: solo-learn sums the variance term over the two views, as the paper's equation has it; lightly takes the mean, as
#          the authors' code has it. Under the same three numbers solo-learn's weight of the variance is 50 of lightly's.
# Matters: the variance is what keeps VICReg from collapse; the weights of one library's recipe are not the other's, and a
#          sweep of them has its optimum elsewhere.
# Seen:    lightly 1.6.0, solo-learn 1.0.2, torch 2.15.0, 2026-11-28: 22.4 and 44.9 of identical, narrow views.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
packages torch==2.15.0 lightly==1.6.0
without_dependencies solo-learn==1.0.2

run <<'PY'
import torch
from lightly.loss import VICRegLoss
from sources import definitions

vicreg_loss_func = definitions("solo/losses/vicreg.py")["vicreg_loss_func"]
torch.manual_seed(0)
narrow = 0.1 * torch.randn(64, 32) # both views alike: no invariance term, next to no covariance
of_lightly, of_solo = VICRegLoss()(narrow, narrow).item(), vicreg_loss_func(narrow, narrow).item()
print(f"VICReg at 25, 25, 1: lightly {of_lightly:.1f}, solo-learn {of_solo:.1f}")
assert abs(of_solo / of_lightly - 2) < 0.01
PY
