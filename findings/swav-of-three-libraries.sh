#!/usr/bin/env bash
# Guess:   SwAV's prototypes are unit vectors, so its scores are cosines, and only the large crops say which cluster an image
#          belongs to.
# Happens: solo-learn's prototypes have a length that is learnt and begins at 0.58: no score is greater than that, and
#          temperature and epsilon are 1.7 times what was set, until they are something else. In stable-pretraining small crops
#          say the cluster too: with six of them 12 of 26 terms pull a large crop to where a small one was put, which the
#          paper leaves out on purpose. lightly does as the paper.
# Matters: "temperature 0.1, epsilon 0.05, 2 x 224 + 6 x 96" are three methods before any is tuned.
# Seen:    solo-learn 1.0.2, stable-pretraining 0.1.8, lightly 1.6.0, torch 2.15.0, 2026-11-28.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
packages torch==2.15.0 lightly==1.6.0
without_dependencies solo-learn==1.0.2 stable-pretraining==0.1.8

run <<'PY'
import argparse, typing
from types import SimpleNamespace as Some
import torch
from lightly.loss import SwaVLoss
from lightly.models.modules import SwaVPrototypes
from sources import definitions
from torch.nn import functional as F
torch.manual_seed(0)
words = {name: getattr(typing, name) for name in ("Any", "Dict", "List", "Optional", "Sequence", "Union")}

class Base(torch.nn.Module):
    def __init__(self, **rest):
        super().__init__()
        self.features_dim = 512

solo = definitions("solo/methods/swav.py", "SwAV", torch=torch, nn=torch.nn, F=F, BaseMethod=Base, argparse=argparse, **words)["SwAV"]
zeros = dict.fromkeys(("queue_size", "epoch_queue_starts", "freeze_prototypes_epochs"), 0)
solo = solo(proj_output_dim=128, proj_hidden_dim=512, num_prototypes=300, sk_iters=3, sk_epsilon=0.05, temperature=0.1, **zeros)
usual = SwaVPrototypes(128, 300)
usual.normalize()

def length(prototypes):
    return prototypes.weight.norm(dim=1)

print(f"length of the prototypes: solo-learn {length(solo.prototypes).mean():.2f}, lightly {length(usual.heads[0]).mean():.2f}")
print("learnt by solo-learn:", [name for name, weight in solo.prototypes.named_parameters() if weight.requires_grad])
assert abs(length(solo.prototypes).mean() - 0.577) < 0.01 and solo.prototypes.weight_g.requires_grad
assert torch.allclose(length(usual.heads[0]), torch.ones(300))

stable = definitions("stable_pretraining/methods/swav.py", "SwAV", torch=torch, nn=torch.nn, F=F, Module=object, SwAVOutput=Some, **words)["SwAV"]
asked = []
views = [torch.full((4, 8), float(view)) for view in range(8)] # two large crops, then six small ones
itself = Some(
    backbone=lambda x: x, projector=lambda x: x, prototypes=torch.nn.Linear(8, 16),
    swav_loss=Some(sinkhorn=lambda scores: scores, swapped_prediction=lambda scores, target: asked.append(target) or torch.zeros(())),
)
scores = []
itself.prototypes.register_forward_hook(lambda layer, given, out: scores.append(out))
stable.forward(itself, global_views=views[:2], local_views=views[2:])
small = sum(any(target is score for score in scores[2:]) for target in asked)
usual_loss, terms = SwaVLoss(), []
usual_loss.subloss = lambda scores, target: terms.append(target) or torch.ones(1)
usual_loss([torch.rand(4, 16) for _ in range(2)], [torch.rand(4, 16) for _ in range(6)]) # finds clusters of the first list only
print(f"terms of the loss with 2 + 6 crops: stable-pretraining {len(asked)}, {small} of them towards a small crop's cluster; lightly {len(terms)}")
assert (len(asked), small, len(terms)) == (26, 12, 14)
PY
