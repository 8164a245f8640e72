#!/usr/bin/env bash
# Guess:   SimMatch keeps an embedding of length 1 for every labelled image, as its similarities are of unit vectors.
# Happens: on CIFAR, SVHN and other small sets the bank is normalised along the images of the batch, not along
#          an image's features: lengths are about the root of 128 features by the number of labelled images in the batch,
#          4 in a batch of 8 and 0.5 in one of 512. A batch of one leaves nothing of an image but the signs of its features.
# Matters: the teacher's and the student's softmax are over similarities by T = 0.1, so that the batch of labelled images,
#          seven times smaller than the other, is in effect the temperature: with 8 images a third of a distribution is on
#          one of 2,048, with 512 it is nearly even. Comparing batches, or methods at different ones, compares temperatures.
# Seen:    semilearn 0.3.2, torch 2.15.0, 2026-11-28.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
packages torch==2.15.0
without_dependencies semilearn==0.3.2

run <<'PY'
from types import SimpleNamespace as Some
import torch
from torch.nn import functional as F
from sources import definitions

torch.set_num_threads(1)
anything = type("", (), {"register": lambda *name: lambda kind: kind})()
method = definitions(
    "semilearn/algorithms/simmatch/simmatch.py", "SimMatch",
    torch=torch, F=F, AlgorithmBase=object, ALGORITHMS=anything, SSL_Argument=None,
)["SimMatch"]

def bank(batch, features=128, images=2048):
    torch.manual_seed(0)
    itself = method.__new__(method)
    itself.__dict__.update(
        distributed=False, use_ema_teacher=False, ema_bank=0.7, labels_bank=torch.zeros(images, dtype=torch.long),
        mem_bank=F.normalize(torch.randn(features, images), dim=0), # as the method begins
    )
    for _ in range(4):
        for index in torch.randperm(images).split(batch):
            itself.update_bank(F.normalize(torch.randn(batch, features)), torch.zeros(batch, dtype=torch.long), index)
    return itself.mem_bank

query = F.normalize(torch.randn(64, 128, generator=torch.Generator().manual_seed(1)))
for batch, expected in ((1, 11.3), (8, 4.0), (64, 1.4), (512, 0.5)):
    kept = bank(batch)
    greatest = (query @ kept / 0.1).softmax(1).amax(1).mean().item()
    length = kept.norm(dim=0).mean().item()
    print(f"{batch:3} labelled images a batch: embeddings of length {length:5.2f}, "
          f"the greatest of 2,048 shares at T = 0.1 is {greatest:.3f}")
    assert abs(length - expected) < 0.1 * expected
assert bank(1).abs().unique().tolist() == [1.0]
PY
