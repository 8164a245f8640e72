#!/usr/bin/env bash
# Guess:   a segmentation that is wrong in every pixel has a Dice loss of 1 and a mean IoU of 0.
# Happens: with two classes in the images, a third said everywhere, and 21 in all, the Dice loss is 0.10 by
#          segmentation_models_pytorch, 0.14 by MONAI and 1.00 by kornia; the macro IoU is 0.86 by
#          segmentation_models_pytorch and 0.86 of the means of kornia. Classes that are nowhere count as perfect, so with
#          150 classes wrong everywhere costs 0.013 and scores 0.98. torchmetrics' Dice score and MONAI's IoU are 0.
# Matters: the more classes a data set has, the better any head looks and the weaker the Dice loss beside a cross-entropy:
#          no weight carries over from Pascal to ADE20K, and a head that learned nothing reads as almost solved.
# Seen:    segmentation-models-pytorch 0.6.0, monai 1.6.1, kornia 0.9.0, torchmetrics 1.9.0, torch 2.15.0, 2026-11-28.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
packages torch==2.15.0 torchvision==0.29.2 segmentation-models-pytorch==0.6.0 monai==1.6.1 kornia==0.9.0 torchmetrics==1.9.0

run <<'PY'
import kornia, torch
import segmentation_models_pytorch as models
from monai.losses import DiceLoss
from monai.metrics import MeanIoU
from torchmetrics.segmentation import DiceScore

truth = torch.zeros(4, 32, 32, dtype=torch.long)
truth[:, :16] = 1
said = torch.full_like(truth, 2)

def planes(classes_, of):
    return torch.nn.functional.one_hot(of, classes_).movedim(3, 1)

def measured(classes_):
    logits = planes(classes_, said) * 40.0 - 20
    counts = models.metrics.get_stats(said, truth, mode="multiclass", num_classes=classes_)
    monai = MeanIoU()
    monai(planes(classes_, said), planes(classes_, truth))
    torchmetrics = DiceScore(classes_, average="macro", input_format="index")
    torchmetrics.update(said, truth)
    losses = {
        "smp": models.losses.DiceLoss("multiclass")(logits, truth),
        "monai": DiceLoss(to_onehot_y=True, softmax=True)(logits, truth[:, None]),
        "kornia": kornia.losses.dice_loss(logits, truth, average="macro"),
    }
    scores = {
        "IoU of smp": models.metrics.iou_score(*counts, reduction="macro"),
        "IoU of kornia": kornia.metrics.mean_iou(said, truth, classes_).mean(),
        "IoU of monai": monai.aggregate(),
        "Dice of torchmetrics": torchmetrics.compute(),
    }
    return [{name: round(float(value), 3) for name, value in them.items()} for them in (losses, scores)]

for classes_, loss, score in ((3, 0.667, 0), (21, 0.095, 0.857), (150, 0.013, 0.98)):
    losses, scores = measured(classes_)
    print(f"{classes_} classes, wrong in every pixel\n  Dice losses {losses}\n  {scores}")
    assert losses["smp"] == loss and losses["kornia"] == 1 and (classes_ == 3 or losses["monai"] < 0.15)
    assert scores["IoU of smp"] == scores["IoU of kornia"] == score
    assert scores["IoU of monai"] == scores["Dice of torchmetrics"] == 0
PY
