#!/usr/bin/env bash
# Guess:   the average precision of a set of images does not depend on the order in which they are given.
# Happens: of one box in each of 100 images, all of one score, half of them right, AP50 is 0.50 if the right ones come first
#          and 0.25 if they come last. Equal scores are ranked as they come: as images are listed. So it is with
#          pycocotools, faster-coco-eval and supervision.
# Matters: a head that regresses one box an image has no score, so 1.0 is given, and scores of a saturated softmax or in
#          half precision are equal too. Where images are sorted by class or name, the easy classes' place decides between
#          two encoders. The share of boxes with IoU over 0.5 says what is meant.
# Seen:    torchmetrics 1.9.0, pycocotools 2.0.11, faster-coco-eval 1.8.0, supervision 0.31.2, torch 2.15.0, 2026-11-28.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
packages torch==2.15.0 torchvision==0.29.2 torchmetrics==1.9.0 pycocotools==2.0.11 faster-coco-eval==1.8.0 supervision==0.31.2

run <<'PY'
import numpy, supervision, torch
from supervision.metrics import MeanAveragePrecision as Supervision
from torchmetrics.detection import MeanAveragePrecision

HERE, ELSEWHERE = [10.0, 10.0, 20.0, 20.0], [40.0, 40.0, 50.0, 50.0]

def by_torchmetrics(boxes, backend):
    metric = MeanAveragePrecision(backend=backend)
    for box in boxes:
        said = {"boxes": torch.tensor([box]), "scores": torch.ones(1), "labels": torch.zeros(1, dtype=torch.long)}
        metric.update([said], [{"boxes": torch.tensor([HERE]), "labels": said["labels"]}])
    return metric.compute()["map_50"].item()

def by_supervision(boxes):
    def detected(box, **score):
        return supervision.Detections(xyxy=numpy.array([box]), class_id=numpy.zeros(1, dtype=int), **score)
    said = [detected(box, confidence=numpy.ones(1)) for box in boxes]
    return float(Supervision().update(said, [detected(HERE) for _ in boxes]).compute().map50)

orders = {"the right ones first": [HERE] * 50 + [ELSEWHERE] * 50, "the right ones last": [ELSEWHERE] * 50 + [HERE] * 50}
for name, boxes in orders.items():
    found = [by_torchmetrics(boxes, "pycocotools"), by_torchmetrics(boxes, "faster_coco_eval"), by_supervision(boxes)]
    print(f"{name:20}", "AP50 by pycocotools {:.3f}, faster-coco-eval {:.3f}, supervision {:.3f}".format(*found))
    assert all(abs(value - (0.505 if boxes[0] == HERE else 0.252)) < 1e-3 for value in found)
PY
