#!/usr/bin/env bash
# Guess:   a detector that finds every object exactly has an average precision of 1.
# Happens: it is 0.26 where one image has 400 objects, since 100 are looked at, and torchmetrics warns that
#          max_detection_thresholds should be set; with [1, 10, 500] it is -1, beside an AP50 of 1. With pycocotools it is
#          0.81 where the annotations of ten images are numbered from 0: the match with number 0 counts as none, and
#          torchmetrics' other reader, faster-coco-eval, has 0.81 too.
# Matters: annotations made by enumerate() begin at 0, and a class with one object in the set loses all it has; a -1 sorts
#          as the worst and averages with the others. Number from 1, and take the AP of a threshold where more are looked at.
# Seen:    torchmetrics 1.9.0, pycocotools 2.0.11, faster-coco-eval 1.8.0 (which warns of the 0), torch 2.15.0, 2026-11-28.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
packages torch==2.15.0 torchvision==0.29.2 torchmetrics==1.9.0 pycocotools==2.0.11 faster-coco-eval==1.8.0

run <<'PY'
import contextlib, io, logging
import faster_coco_eval, pycocotools.coco, pycocotools.cocoeval, torch
from torchmetrics.detection import MeanAveragePrecision

logging.disable()
places = torch.arange(20) * 12.0
corners = torch.cartesian_prod(places, places)
truth = {"boxes": torch.cat([corners, corners + 10], dim=1), "labels": torch.zeros(400, dtype=torch.long)}

def of_many(**thresholds):
    metric = MeanAveragePrecision(**thresholds)
    metric.update([truth | {"scores": torch.linspace(0, 1, 400)}], [truth])
    found = metric.compute()
    return round(found["map"].item(), 2), round(found["map_50"].item(), 2)

def of_ten(reader, evaluator, first):
    data = reader()
    boxes = [{"image_id": image, "category_id": 1, "bbox": [10, 10, 20, 20]} for image in range(1, 11)]
    data.dataset = {"info": {}, "images": [{"id": box["image_id"], "width": 64, "height": 64} for box in boxes],
                    "categories": [{"id": 1, "name": "cat"}],
                    "annotations": [box | {"id": first + i, "area": 400, "iscrowd": 0} for i, box in enumerate(boxes)]}
    with contextlib.redirect_stdout(io.StringIO()):
        data.createIndex()
        evaluation = evaluator(data, data.loadRes([box | {"score": 0.9} for box in boxes]), "bbox")
        evaluation.evaluate(), evaluation.accumulate(), evaluation.summarize()
    return round(float(evaluation.stats[0]), 2)

print("400 objects in one image, all found: AP and AP50", of_many(), "and of up to 500", of_many(max_detection_thresholds=[1, 10, 500]))
assert of_many() == (0.26, 0.26) and of_many(max_detection_thresholds=[1, 10, 500]) == (-1, 1)
for name, parts in (("pycocotools", (pycocotools.coco.COCO, pycocotools.cocoeval.COCOeval)),
                    ("faster-coco-eval", (faster_coco_eval.COCO, faster_coco_eval.COCOeval_faster))):
    found = [of_ten(*parts, first) for first in (0, 1)]
    print(f"one object in each of ten images, all found, by {name}: AP {found[0]} numbered from 0, {found[1]} from 1")
    assert found == [0.81, 1.0]
PY
