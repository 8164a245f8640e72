#!/usr/bin/env bash
# Guess:   the W-MSE loss is symmetric in its views, and `simplified=True`, "faster computation, but with same result", is
#          the same loss.
# Happens: its value is, its gradient is not: the simplified one, which is the default and the only one that training uses,
#          detaches the second view. Whitening is per view and each pair is taken once, so with two views the second gets no
#          gradient at all, where lightly's and simplified=False give both views as much.
# Matters: half the forward pass of every step is thrown away, and W-MSE, which argues that no stop-gradient is needed, is
#          trained with one. BYOL's and SimSiam's losses of the library detach too, but take both orders.
# Seen:    solo-learn 1.0.2, lightly 1.6.0, torch 2.15.0, 2026-11-28.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
packages torch==2.15.0 lightly==1.6.0
without_dependencies solo-learn==1.0.2

run <<'PY'
import torch
from lightly.loss.wmse_loss import Whitening2d, norm_mse_loss
from sources import definitions

solo = definitions("solo/losses/wmse.py")["wmse_loss_func"]
losses = {
    "solo-learn": solo,
    "solo-learn, simplified=False": lambda one, other: solo(one, other, simplified=False),
    "lightly": norm_mse_loss,
}
torch.manual_seed(0)
shared = torch.randn(256, 32)
views = [shared + torch.randn(256, 32), shared + torch.randn(256, 32)]

seen = {}
for name, loss in losses.items():
    leaves = [view.clone().requires_grad_() for view in views]
    value = loss(*(Whitening2d(32)(leaf) for leaf in leaves))
    gradients = torch.autograd.grad(value, leaves, allow_unused=True)
    seen[name] = value.item(), [0.0 if gradient is None else gradient.norm().item() for gradient in gradients]
    print(f"{name:28} loss {value:.4f}, gradients {seen[name][1][0]:.4f} and {seen[name][1][1]:.4f}")
values = [value for value, _ in seen.values()]
assert max(values) - min(values) < 1e-5
assert seen["solo-learn"][1][1] == 0 and min(seen["lightly"][1] + seen["solo-learn, simplified=False"][1]) > 0.01
PY
