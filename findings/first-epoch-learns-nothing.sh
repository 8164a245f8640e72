#!/usr/bin/env bash
# Guess:   DeepCluster learns from the first epoch on, with clusters of the untrained network's features, as its authors' does.
# Happens: in the first epoch no image has a cluster yet, all are ignored, and the mean over none is NaN: every loss of that
#          epoch is NaN and every gradient 0, so that the network is what it was. Clusters come with the second epoch.
# Matters: a run of ten epochs learns for nine, in the warm-up's place, beside methods that learn for ten; a watcher that ends
#          runs whose loss is not finite ends it at its first step, and one that looks at weights finds nothing wrong.
# Seen:    solo-learn 1.0.2, torch 2.15.0, scikit-learn 1.9.1, 2026-11-28.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
packages torch==2.15.0 numpy==2.4.6 scipy==1.17.1 scikit-learn==1.9.1
without_dependencies solo-learn==1.0.2

run <<'PY'
import argparse
import typing
from types import SimpleNamespace
import numpy as np
import torch
import torch.distributed as dist
import torch.nn as nn
import torch.nn.functional as F
from scipy.sparse import csr_matrix
from sklearn.datasets import load_digits
from sources import definitions

torch.set_num_threads(1)
torch.manual_seed(0)
digits = torch.tensor(load_digits().data[:1792] / 16, dtype=torch.float32)
EPOCH, BATCH = 1792, 64

class BaseMethod(nn.Module): # what of solo-learn's the method needs, on one process
    global_rank, num_large_crops, batch_size, device = 0, 2, BATCH, torch.device("cpu")

    def __init__(self, **_):
        super().__init__()
        self.features_dim = 64
        self.backbone = nn.Sequential(nn.Linear(64, 64), nn.BatchNorm1d(64), nn.ReLU())
        self.trainer = SimpleNamespace(world_size=1, train_dataloader=Loader())

    def training_step(self, batch, _):
        return {"loss": torch.zeros(()), "feats": [self.backbone(view) for view in batch[1]]}

    def log(self, *_, **__):
        pass

class Loader:
    dataset = digits

    def __len__(self):
        return EPOCH // BATCH

given = vars(typing) | dict(argparse=argparse, np=np, torch=torch, dist=dist, nn=nn, F=F, csr_matrix=csr_matrix)
kmeans = definitions("solo/utils/kmeans.py", "KMeans", **given)["KMeans"]
loss_of = definitions("solo/losses/deepclusterv2.py", "deepclusterv2_loss_func", **given)["deepclusterv2_loss_func"]
method = definitions("solo/methods/deepclusterv2.py", "DeepClusterV2", **given, BaseMethod=BaseMethod, KMeans=kmeans,
                     deepclusterv2_loss_func=loss_of)["DeepClusterV2"]
model = method(proj_output_dim=16, proj_hidden_dim=64, num_prototypes=[30, 30, 30], temperature=0.1, kmeans_iters=10)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)

def weights():
    return torch.nn.utils.parameters_to_vector(model.backbone.parameters()).detach().clone()

model.on_train_start()
seen = []
for model.current_epoch in range(3):
    before, losses = weights(), []
    model.on_train_epoch_start()
    for number, images in enumerate(torch.randperm(EPOCH).split(BATCH)):
        views = [digits[images] + 0.1 * torch.randn(BATCH, 64) for _ in range(2)]
        loss = model.training_step([images, views, None], number)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    seen.append((np.isnan(losses).mean(), (weights() - before).abs().max().item()))
    print(f"epoch {model.current_epoch}: {seen[-1][0]:.0%} of the losses are NaN, the last is {losses[-1]:.3f}; "
          f"no weight of the encoder moved by more than {seen[-1][1]:.3f}")
assert seen[0] == (1, 0) and all(nan == 0 and moved > 0 for nan, moved in seen[1:])
PY
