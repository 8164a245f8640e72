#!/usr/bin/env bash
# Guess:   the mean IoU is the mean of the IoUs of the classes, which per_class=True lists.
# Happens: torchmetrics.segmentation says 0.74 of classes at 0.80, 0.75 and 0.00, whose mean is 0.52. It takes the mean over
#          the classes of each image that has them, then over images; listed, each class is a mean over images that have it.
#          MulticlassJaccardIndex of the same package, which counts pixels over all images, says 0.52.
# Matters: a class that is rare and never found costs next to nothing, and the number is not the one of segmentation's
#          papers, Pascal's and Oxford-IIIT Pet's, which sum over the whole set; heads on frozen features compare otherwise.
# Seen:    torchmetrics 1.9.0, torch 2.15.0, 2026-11-28.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
packages torch==2.15.0 torchmetrics==1.9.0

run <<'PY'
import torch
from torchmetrics.classification import MulticlassJaccardIndex
from torchmetrics.segmentation import MeanIoU

truth = torch.zeros(10, 8, 8, dtype=torch.long)
truth[:, :4] = 1      # above the line the animal, beneath it the background
truth[0, 0, 0] = 2    # the third class is one pixel of one image
said = truth.clone()
said[0, 0, 0] = 1     # and is not found
said[:, 3] = 0

def of(metric):
    metric.update(said, truth)
    return metric.compute()

mean = of(MeanIoU(num_classes=3, input_format="index")).item()
classes = of(MeanIoU(num_classes=3, input_format="index", per_class=True))
pixels = of(MulticlassJaccardIndex(num_classes=3)).item()
print("IoU of the classes:", [round(iou, 2) for iou in classes.tolist()], f"whose mean is {classes.mean():.2f}")
print(f"MeanIoU {mean:.2f}, MulticlassJaccardIndex {pixels:.2f}")
assert mean > 0.73 and classes.mean() < 0.52 and pixels < 0.52
PY
