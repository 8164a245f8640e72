#!/usr/bin/env bash
# Guess:   SanitizeBoundingBoxes takes what belongs to a box away with it.
# Happens: it takes boxes, labels and masks away, and leaves iscrowd and area, plain tensors of one number a box, as long as they
#          were. So each number belongs to another box than before: where the first of two objects was a crowd and is cut off,
#          the second becomes one, and torchmetrics, which takes no offence at the lengths, leaves it out. A detector that
#          finds the only object exactly has an average precision of -1. Its area is now that of the other one, too.
# Matters: the usual chain for COCO, a crop and then this step, gives boxes and labels that agree, and no error comes from either
#          library; labels_getter can name the other keys, if one knows of it.
# Seen:    torchvision 0.29.2, torchmetrics 1.9.0, pycocotools 2.0.11, torch 2.15.0, 2026-11-28.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
packages torch==2.15.0 torchvision==0.29.2 torchmetrics==1.9.0 pycocotools==2.0.11

run <<'PY'
import torch
from torchmetrics.detection import MeanAveragePrecision
from torchvision.transforms import v2
from torchvision.tv_tensors import BoundingBoxes

torch.manual_seed(0)
crop = v2.Compose([v2.CenterCrop(32), v2.SanitizeBoundingBoxes()])
both = v2.Compose([v2.CenterCrop(32), v2.SanitizeBoundingBoxes(labels_getter=lambda inputs: (inputs[1]["labels"], inputs[1]["iscrowd"], inputs[1]["area"]))])

def target(crowd, single):
    boxes = BoundingBoxes([crowd, single], format="XYXY", canvas_size=(64, 64))
    areas = (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])
    return {"boxes": boxes, "labels": torch.tensor([1, 2]), "iscrowd": torch.tensor([1, 0]), "area": areas.float()}

def precision(targets):
    metric = MeanAveragePrecision()
    for truth in targets:
        truth = truth | {"boxes": truth["boxes"].as_subclass(torch.Tensor).float()}
        singles = truth["labels"] == 2
        metric.update([{"boxes": truth["boxes"][singles], "labels": truth["labels"][singles], "scores": torch.ones(int(singles.sum()))}], [truth])
    return metric.compute()["map"].item()

image, one = torch.zeros(3, 64, 64), target([0, 0, 12, 12], [20, 20, 40, 40])
left, right = crop(image, one)[1], both(image, one)[1]
for name, kept in (("as it is", left), ("with labels_getter", right)):
    print(f"{name:18}: boxes {kept['boxes'].tolist()}, labels {kept['labels'].tolist()}, iscrowd {kept['iscrowd'].tolist()}, "
          f"area {kept['area'].tolist()}; average precision of finding it exactly {precision([kept]):.2f}")
assert len(left["iscrowd"]) == 2 and precision([left]) == -1 and precision([right]) == 1
PY
