#!/usr/bin/env bash
# Guess:   the accuracy of a network that says NaN is NaN, or an error.
# Happens: torchmetrics says 10.0 % of ten classes, and top-5 50.0 %: the greatest of ten NaN is the first. A network whose
#          logits are all alike has the same. MeanMetric drops NaN losses from their mean, with a warning.
# Matters: a diverged and a collapsed encoder, and one that learnt nothing, are one number in the table, and it looks
#          like a result. It counts as a seed in means and intervals.
# Seen:    torchmetrics 1.9.0, torch 2.15.0, 2026-11-28.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
packages torch==2.15.0 torchmetrics==1.9.0

run <<'PY'
import torch
from torchmetrics import MeanMetric
from torchmetrics.classification import MulticlassAccuracy

labels = torch.arange(1000) % 10
def accuracy(logits, k):
    return MulticlassAccuracy(10, top_k=k)(logits, labels).item()

for name, logits in {"NaN": torch.full((1000, 10), torch.nan), "all alike": torch.zeros(1000, 10)}.items():
    print(f"logits {name}: top-1 {accuracy(logits, 1):.1%}, top-5 {accuracy(logits, 5):.1%}")
    assert abs(accuracy(logits, 1) - 0.1) < 1e-6 and abs(accuracy(logits, 5) - 0.5) < 1e-6
mean = MeanMetric()(torch.tensor([1.0, torch.nan, 3.0])).item()
print("mean of the losses 1, NaN, 3:", mean)
assert mean == 2.0
PY
