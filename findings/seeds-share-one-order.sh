#!/usr/bin/env bash
# Guess:   torch.manual_seed(seed) decides the order of the images, on one GPU as on two.
# Happens: on one it does. DistributedSampler shuffles by a generator of its own, whose seed is 0 unless it is given: every
#          seed of the experiment sees the images in one and the same order.
# Matters: the spread over seeds lacks the order's part as soon as a second GPU is used; intervals of runs on one and on two
#          GPUs are not of the same thing. Give it seed=seed.
# Seen:    torch 2.15.0, 2026-11-28.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
packages torch==2.15.0 numpy==2.4.6

run <<'PY'
import torch
from torch.utils.data import DistributedSampler, RandomSampler

def order(seed, make):
    torch.manual_seed(seed)
    return tuple(make())

makers = {
    "RandomSampler": lambda: RandomSampler(range(16)),
    "DistributedSampler": lambda: DistributedSampler(range(16), num_replicas=2, rank=0),
}
orders = {name: len({order(seed, make) for seed in range(5)}) for name, make in makers.items()}
print("different orders of five seeds:", orders)
assert orders == {"RandomSampler": 5, "DistributedSampler": 1}
PY
