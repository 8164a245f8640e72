#!/usr/bin/env bash
# Guess:   the IoU of boxes that are all where they should be is 1.
# Happens: torchmetrics' IntersectionOverUnion takes the mean over all pairs of a predicted and a true box of one class, of which
#          those that do not belong together have 0: two cats that are found exactly are 0.50, four 0.25, ten 0.10; a cat and a
#          dog are 1. The generalised IoU of four is -0.39. intersection_over_union, the function, says 1.
# Matters: images with many objects look badly located however good the boxes are, a head that finds one of ten exactly
#          has the number of one that finds all, and the loss of an object that is missed may raise it.
# Seen:    torchmetrics 1.9.0, torchvision 0.29.2, torch 2.15.0, 2026-11-28.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
packages torch==2.15.0 torchvision==0.29.2 torchmetrics==1.9.0

run <<'PY'
import torch
from torchmetrics.detection import GeneralizedIntersectionOverUnion, IntersectionOverUnion
from torchmetrics.functional.detection import intersection_over_union

def objects(count, classes=1):
    corners = torch.arange(count)[:, None] * 20.0
    return {"boxes": torch.cat([corners, corners, corners + 10, corners + 10], dim=1), "labels": torch.arange(count) % classes}

def overlap(metric, truth, found):
    said = {name: value[found] for name, value in truth.items()}
    metric.update([said | {"scores": torch.ones(len(said["labels"]))}], [truth])
    return round(next(iter(metric.compute().values())).item(), 2)

for count, classes, found in ((1, 1, 1), (2, 1, 2), (2, 2, 2), (4, 1, 4), (10, 1, 10), (10, 1, 1)):
    truth = objects(count, classes)
    values = [overlap(metric(), truth, slice(found)) for metric in (IntersectionOverUnion, GeneralizedIntersectionOverUnion)]
    one = round(intersection_over_union(truth["boxes"][:found], truth["boxes"][:found]).item(), 2)
    print(f"{found} of {count} objects of {classes} class{'es' * (classes > 1)} found exactly: "
          f"IoU {values[0]}, GIoU {values[1]}, the function {one}")
    assert one == 1 and values[0] == round(classes / count, 2)
    assert (values[1] == 1) == (values[0] == 1) and (values[1] < 0) == (count > 2)
PY
