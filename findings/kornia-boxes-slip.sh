#!/usr/bin/env bash
# Guess:   kornia's AugmentationSequential moves boxes with the pixels under them.
# Happens: every flip and every turn by 90 degrees leaves a box of "bbox_xyxy" one pixel beside its object, to the left or
#          above, where the mask of the same call is exact; a flip and a flip back return it. Resize multiplies by 63/31 in
#          place of 2: the box of the whole image of 32 pixels is 65.03 wide of 64, and from 8 to 64 it is 72.
# Matters: an object of 8 pixels keeps an IoU of 0.78 with its own box after one flip, so AP75 of small objects falls for
#          what was only mirrored; heads on crops and flips of CIFAR-sized images learn boxes that are up and left.
# Seen:    kornia 0.9.0, torch 2.15.0, 2026-11-28.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
packages torch==2.15.0 kornia==0.9.0

run <<'PY'
import torch
from kornia.augmentation import AugmentationSequential, RandomHorizontalFlip, RandomRotation, RandomVerticalFlip, Resize

def extent(mask): # from the first pixel to behind the last
    rows, columns = mask.any(dim=1).nonzero(), mask.any(dim=0).nonzero()
    return [columns.min().item(), rows.min().item(), columns.max().item() + 1, rows.max().item() + 1]

def moved(by, box, side=32):
    left, top, right, bottom = box
    mask = torch.zeros(1, 1, side, side)
    mask[:, :, top:bottom, left:right] = 1
    change = AugmentationSequential(by, data_keys=["input", "mask", "bbox_xyxy"])
    _, mask, boxes = change(torch.zeros(1, 3, side, side), mask, torch.tensor([[box]]).float())
    return extent(mask[0, 0] > 0.5), [round(edge, 2) for edge in boxes[0, 0].tolist()]

changes = {
    "horizontal flip": RandomHorizontalFlip(p=1),
    "vertical flip": RandomVerticalFlip(p=1),
    "turned by 90 degrees": RandomRotation((90.0, 90.0), p=1),
}
for name, by in changes.items():
    object_, box = moved(by, [12, 10, 20, 18])
    print(f"{name:21} object {object_}, its box {box}")
    assert sum(a - b for a, b in zip(object_, box)) == 2
for side in (8, 32):
    object_, box = moved(Resize((64, 64)), [0, 0, side, side], side)
    print(f"{side:2} pixels to 64        object {object_}, its box {box}")
    assert object_ == [0, 0, 64, 64] and box[2] > 65
PY
