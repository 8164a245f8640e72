#!/usr/bin/env bash
# Guess:   MulticlassAccuracy(100) of 200 images, 156 of them right, is 0.78, whichever classes they are of.
# Happens: it is 0.14 where they are of ten classes. It is the mean over classes, and a class of which there is no image counts
#          as 0 as soon as one image is taken for it; until then it does not count. scikit-learn's balanced accuracy, the
#          mean over the same classes, is 0.78. Accuracy(task="multiclass") of the same package is the share of images.
# Matters: a probe on a subset of the classes, on few labels or on one batch at a time, is worse the more freely it errs: two
#          encoders that are right equally often are ranked by where their errors go.
# Seen:    torchmetrics 1.9.0, torch 2.15.0, scikit-learn 1.9.1, 2026-11-28.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
packages torch==2.15.0 torchmetrics==1.9.0 scikit-learn==1.9.1

run <<'PY'
import torch
from sklearn.metrics import balanced_accuracy_score
from torchmetrics import Accuracy
from torchmetrics.classification import MulticlassAccuracy

truth = torch.arange(200) % 10 # ten of a hundred classes
right = torch.arange(200) < 156
freely = torch.where(right, truth, torch.arange(200) % 90 + 10) # errors go to classes that are not there
within = torch.where(right, truth, (truth + 1) % 10)

def numbers(said):
    metrics = MulticlassAccuracy(100), Accuracy(task="multiclass", num_classes=100)
    return [round(metric(said, truth).item(), 2) for metric in metrics] + [round(float(balanced_accuracy_score(truth, said)), 2)]

for name, said in (("other classes", freely), ("the same classes", within)):
    print(f"156 of 200 right, errors to {name:16}: MulticlassAccuracy {numbers(said)[0]}, Accuracy {numbers(said)[1]}, balanced {numbers(said)[2]}")
assert numbers(freely)[0] < 0.2 and numbers(freely)[1:] == numbers(within)[1:] == [0.78, 0.78] and numbers(within)[0] == 0.78
PY
