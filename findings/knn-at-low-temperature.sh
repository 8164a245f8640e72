#!/usr/bin/env bash
# Guess:   lowering the temperature of the weighted k-NN moves it towards the single nearest neighbour.
# Happens: down to 0.02 it does. At 0.01 the top-1 accuracy falls from 100 % to 0 %, worse than chance: exp(1 / 0.01) is
#          infinite in float32, infinity times the zeros of the one-hot labels is NaN, and NaN sorts as the best class,
#          everywhere but at the right one. In float16 it happens at 0.07 already, DINO's temperature.
# Matters: no error and no warning. A sweep of the temperature, or features kept in half precision, reads as a collapse of
#          the encoder. The arithmetic is that of MoCo's CIFAR notebook, copied into many repositories. Subtracting the
#          greatest similarity before exp() changes nothing else and mends it.
# Seen:    lightly 1.6.0, torch 2.15.0, 2026-11-28.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
packages torch==2.15.0 lightly==1.6.0

run <<'PY'
import torch
from lightly.utils.benchmarking.knn import knn_predict

torch.manual_seed(0)
centres = torch.randn(10, 128) # ten classes, far apart
def images(count):
    labels = torch.arange(count) % 10
    return torch.nn.functional.normalize(centres[labels] + 0.3 * torch.randn(count, 128), dim=1), labels

bank, bank_labels = images(5000)
queries, labels = images(500)
def top1(temperature, dtype=torch.float32):
    classes = knn_predict(queries.to(dtype), bank.to(dtype).T, bank_labels, num_classes=10, knn_k=200, knn_t=temperature)
    return (classes[:, 0] == labels).float().mean().item()

for temperature in (0.1, 0.07, 0.02, 0.01):
    half = top1(temperature, torch.float16)
    print(f"temperature {temperature:4}: top-1 {top1(temperature):.0%}, of float16 features {half:.0%}")
assert top1(0.02) == 1.0 and top1(0.01) == 0.0
assert top1(0.1, torch.float16) == 1.0 and top1(0.07, torch.float16) == 0.0
PY
