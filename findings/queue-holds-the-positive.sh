#!/usr/bin/env bash
# Guess:   MoCo's queue and NNCLR's support set hold images of earlier batches.
# Happens: in stable-pretraining's MoCov2 and NNCLR the batch goes into the queue before the loss is computed. MoCo's positive
#          is one of its negatives too: the loss of perfect features is not 0 but ln 2. NNCLR's nearest neighbour of a view is
#          that view itself, similarity 1: half of what it predicts are no neighbours at all.
# Matters: a loss of MoCo v2 cannot be compared with the authors' or with lightly's, and "nearest neighbours instead of
#          views", all that sets NNCLR apart, happens for one of its two views. The same package's function nnclr of
#          stable_pretraining.forward asks before it appends.
# Seen:    stable-pretraining 0.1.8, lightly 1.6.0, torch 2.15.0, 2026-11-28.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
packages torch==2.15.0 lightly==1.6.0
without_dependencies stable-pretraining==0.1.8

run <<'PY'
import math
from types import SimpleNamespace as Some
import torch
from lightly.loss import NTXentLoss
from lightly.models.modules import NNMemoryBankModule
from sources import definitions
from torch.nn import functional as F

queue = definitions("stable_pretraining/callbacks/queues.py")["UnsortedQueue"]
known = dict(torch=torch, F=F, Module=object, nn=torch.nn, **{name: __import__("typing").__dict__[name] for name in ("Optional", "Sequence", "Union")})
moco = definitions("stable_pretraining/methods/mocov2.py", "MoCov2", MoCov2Output=Some, **known)["MoCov2"]
nnclr = definitions("stable_pretraining/methods/nnclr.py", "NNCLR", "_nearest_neighbour", NNCLROutput=Some, **known)
same = Some(forward_student=lambda x: x, forward_teacher=lambda x: x)

# Perfect features: each image at a corner of its own, both views alike; the queue knows others.
features = F.normalize(torch.eye(64)[:8])
itself = Some(backbone=same, projector=same, queue=queue(32, shape=(64,)), temperature=0.02)
itself.queue.append(torch.eye(64)[8:40])
theirs = moco.forward(itself, features, features).loss.item()
usual = NTXentLoss(temperature=0.02, memory_bank_size=(32, 64))
usual.memory_bank.bank[:] = torch.eye(64)[8:40]
print(f"MoCo's loss of perfect features: {theirs:.4f}, ln 2 is {math.log(2):.4f}, lightly's {usual(features, features).item():.4f}")
assert abs(theirs - math.log(2)) < 1e-4 and usual(features, features).item() < 1e-6

torch.manual_seed(0)
asked = []
def loss(predicted, target):
    asked.append(target)
    return torch.zeros(())
one, two = torch.randn(8, 64), torch.randn(8, 64)
itself = Some(backbone=lambda x: x, projector=lambda x: x, predictor=lambda x: x, queue=queue(256, shape=(64,)), nnclr_loss=loss)
itself.queue.append(torch.randn(200, 64))
nnclr["NNCLR"].forward(itself, one, two)
neighbours_of_two, neighbours_of_one = asked
print("NNCLR: the neighbours of the first view are the first view:", torch.equal(neighbours_of_one, one))
lightly = NNMemoryBankModule(size=(256, 64))(one, update=True)
print("lightly's are:", torch.equal(lightly, one))
assert torch.equal(neighbours_of_one, one) and not torch.equal(neighbours_of_two, two) and not torch.equal(lightly, one)
PY
