#!/usr/bin/env bash
# Guess:   a loss made to prevent collapse is greater for features in one point than for features that fill their space.
# Happens: not in lightly's EMP-SSL: it adds the total coding rate, which the paper maximises, so that gradient descent on
#          free features drives them to a line. And not in stable-pretraining's TiCo: it takes the mean off before the
#          covariance, which the paper does not, and one point for all images has a loss of exactly 0, the least there is.
# Matters: these methods "collapse at any learning rate" in a comparison, and a search over hyper-parameters that minimises
#          the loss prefers the ones that collapse fastest. lightly's TiCo and the other losses of both are the right way up.
# Seen:    lightly 1.6.0, stable-pretraining 0.1.8, torch 2.15.0, 2026-11-28.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
packages torch==2.15.0 lightly==1.6.0
without_dependencies stable-pretraining==0.1.8

run <<'PY'
import typing
from types import SimpleNamespace as Some
import torch
from lightly.loss import BarlowTwinsLoss, EMPSSLLoss, NTXentLoss, TiCoLoss, VICRegLoss
from sources import definitions
from torch.nn import functional as F

stable = definitions(
    "stable_pretraining/methods/tico.py", "TiCO", torch=torch, F=F, nn=torch.nn, Module=object, TiCOOutput=Some,
    Optional=typing.Optional, Sequence=typing.Sequence, Union=typing.Union,
)["TiCO"]

def tico(features):
    itself = Some(backbone=lambda x: x, projector=lambda x: x, C=torch.zeros(32, 32), beta=0.9, rho=20.0)
    return stable.forward(itself, features, features).loss

losses = {
    "lightly's EMP-SSL": lambda features: EMPSSLLoss()([F.normalize(features)] * 4),
    "stable-pretraining's TiCo": tico,
    "lightly's TiCo": lambda features: TiCoLoss()(features, features),
    "lightly's NT-Xent": lambda features: NTXentLoss()(features, features),
    "lightly's VICReg": lambda features: VICRegLoss()(features, features),
    "lightly's Barlow Twins": lambda features: BarlowTwinsLoss()(features, features),
}
torch.manual_seed(0)
white = torch.linalg.qr(torch.randn(64, 32)).Q * 8
point = torch.ones(64, 32)
preferred = {name: loss(point) < loss(white) for name, loss in losses.items()}
for name, loss in losses.items():
    print(f"{name:25} of white features {loss(white):8.3f}, of a single point {loss(point):8.3f}")
assert [name for name, worse in preferred.items() if worse] == ["lightly's EMP-SSL", "stable-pretraining's TiCo"]

free = torch.randn(64, 32, requires_grad=True)
optimizer = torch.optim.Adam([free], lr=0.05)
for step in range(500):
    optimizer.zero_grad()
    losses["lightly's EMP-SSL"](free).backward()
    optimizer.step()
share = torch.linalg.svdvals(F.normalize(free.detach()))
print(f"free features after 500 steps of EMP-SSL: the first of 32 singular values holds {(share[0] ** 2 / (share ** 2).sum()).item():.4f}")
assert share[0] ** 2 > 0.99 * (share ** 2).sum()
PY
