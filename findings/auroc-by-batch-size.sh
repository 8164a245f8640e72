#!/usr/bin/env bash
# Guess:   a metric that is given scores in batches is that of all scores: the area under the curve knows only their order.
# Happens: each update() looks whether all its scores are between 0 and 1. If one is not, the scores of that batch, and of no
#          other, go through a sigmoid: 0.3 of one batch is then above 0.5 of another. With cosine similarities, six in a
#          thousand of them below 0, an AUROC of 0.88 is 0.84 in batches of 16, 0.78 in batches of 64, and 0.88 in one batch.
# Matters: detecting unknown classes by similarity to the nearest neighbours, and average precision of any score that is
#          neither a probability nor well outside: methods are ranked by how often their scores cross 0.
# Seen:    torchmetrics 1.9.0, scikit-learn 1.9.1, torch 2.15.0, 2026-11-28.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
packages torch==2.15.0 torchmetrics==1.9.0 scikit-learn==1.9.1

run <<'PY'
import torch
from sklearn.metrics import average_precision_score, roc_auc_score
from torchmetrics.classification import BinaryAUROC, BinaryAveragePrecision

known = torch.arange(1024) % 2
noise = torch.randn(1024, generator=torch.Generator().manual_seed(1))
scores = 0.3 + 0.2 * known + 0.12 * noise # similarity to the nearest neighbours

def over(metric, size):
    for batch in zip(scores.split(size), known.split(size)):
        metric.update(*batch)
    return metric.compute().item()

print(f"{(scores < 0).double().mean():.1%} of the scores are below 0, {(scores > 1).sum()} above 1")
print(f"scikit-learn: AUROC {roc_auc_score(known, scores):.3f}, AP {average_precision_score(known, scores):.3f}")
areas = {size: over(BinaryAUROC(), size) for size in (1, 16, 64, 128, 256, 1024)}
for size, area in areas.items():
    print(f"batches of {size:4}: AUROC {area:.3f}, AP {over(BinaryAveragePrecision(), size):.3f}")
assert abs(areas[1024] - roc_auc_score(known, scores)) < 1e-6
assert min(areas.values()) < areas[1024] - 0.05
PY
