#!/usr/bin/env bash
# Guess:   MMCRLoss, called on what the projection head returns as in its documentation, is least for features that fill space.
# Happens: it is the less the longer the features are, without limit: the authors' loss brings them to length 1 first,
#          lightly's does not, nor does its head. With the rate of its example, 0.06, features of digits are 7 long after the
#          first step, 644 after the eleventh and sixteen billion after the 51st, where the loss is -50 billion and they lie
#          almost in one direction, with an effective rank of 1.6 of 32; normalised before the loss it is 30. One point of
#          length 100 has a lower loss than white features of length 1.
# Matters: "MMCR diverges unless the learning rate is tiny" and "collapses" are findings about a missing line; at a rate of
#          0.001 the loss falls from -58 to -2,762 and looks like a great success, while the rank goes from 27 to 11.
# Seen:    lightly 1.6.0, torch 2.15.0, scikit-learn 1.9.1, 2026-11-28.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
packages torch==2.15.0 torchvision==0.29.2 lightly==1.6.0 scikit-learn==1.9.1

run 2> /dev/null <<'PY'
import copy
import torch
from lightly.loss import MMCRLoss
from lightly.models.modules.heads import MMCRProjectionHead
from lightly.models.utils import update_momentum
from sklearn.datasets import load_digits

torch.set_num_threads(1)
digits = torch.tensor(load_digits().data / 16, dtype=torch.float32)
normalize = torch.nn.functional.normalize

def rank(features):
    spectrum = torch.linalg.svdvals(normalize(features, dim=1))
    shares = spectrum / spectrum.sum()
    return (-(shares * shares.log()).sum()).exp().item()

def trained(normalised, rate, steps):
    torch.manual_seed(0)
    encoder = torch.nn.Sequential(torch.nn.Linear(64, 128), torch.nn.BatchNorm1d(128), torch.nn.ReLU(), MMCRProjectionHead(128, 128, 32))
    target, criterion = copy.deepcopy(encoder), MMCRLoss()
    optimizer = torch.optim.SGD(encoder.parameters(), lr=rate)
    for _ in range(steps):
        update_momentum(encoder, target, 0.99)
        images = digits[torch.randint(0, 1000, (64,))]
        views = [images + 0.2 * torch.randn_like(images) for _ in range(4)]
        online = torch.stack([encoder(view) for view in views], dim=1)
        with torch.no_grad():
            moving = torch.stack([target(view) for view in views], dim=1)
        loss = criterion(*(normalize(z, dim=-1) for z in (online, moving))) if normalised else criterion(online, moving)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    with torch.no_grad():
        features = encoder(digits[:256])
    return loss.item(), features.norm(dim=1).mean().item(), rank(features)

seen = {}
for normalised, rate, steps in ((False, 0.06, 1), (False, 0.06, 11), (False, 0.06, 51), (True, 0.06, 51), (False, 0.001, 1), (False, 0.001, 400)):
    loss, length, effective = seen[normalised, rate, steps] = trained(normalised, rate, steps)
    print(f"{'normalised' if normalised else 'as it is':10} rate {rate:<5}, {steps:3} steps: loss {loss:.3g}, length {length:.3g}, effective rank {effective:.1f} of 32")
white, point = normalize(torch.randn(64, 2, 32), dim=-1), normalize(torch.ones(64, 2, 32), dim=-1) * 100
losses = [MMCRLoss()(z, z).item() for z in (white, point)]
print(f"white features of length 1: {losses[0]:.1f}, one point of length 100: {losses[1]:.1f}")
assert losses[1] < losses[0] and seen[False, 0.06, 51][1] > 1e6 and seen[False, 0.06, 51][2] < 3 and seen[True, 0.06, 51][2] > 20
assert seen[False, 0.001, 400][0] < 10 * seen[False, 0.001, 1][0] and seen[False, 0.001, 400][2] < seen[False, 0.001, 1][2] - 10
PY
