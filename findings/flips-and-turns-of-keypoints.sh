#!/usr/bin/env bash
# Guess:   torchvision mirrors and turns keypoints as it mirrors and turns the boxes of the same image.
# Happens: flips count pixels (x becomes 31 - x of 32) and everything else counts edges (a turn by 90 degrees makes it 32 - x,
#          Resize doubles it), as all of them do with boxes. A corner of a box is a pixel away from it after a flip and on it
#          after a turn; a turn by 180 degrees and two flips, one and the same change of the image, put a keypoint a pixel
#          apart in both directions.
# Matters: on feature maps of 14 or 32 cells a pixel is a few per cent of the object: dense matching between two views is
#          off by one in half of the pairs, and heads on keypoints learn a position between the two.
# Seen:    torchvision 0.29.2, torch 2.15.0, 2026-11-28.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
packages torch==2.15.0 torchvision==0.29.2 numpy==2.4.6

run <<'PY'
import torch
from torchvision import tv_tensors
from torchvision.transforms.v2 import functional as change

SIZE = (32, 32)
point = tv_tensors.KeyPoints(torch.tensor([[12.0, 10.0]]), canvas_size=SIZE)
box = tv_tensors.BoundingBoxes(torch.tensor([[12.0, 10.0, 20.0, 18.0]]), format="XYXY", canvas_size=SIZE)
image = tv_tensors.Image(torch.rand(1, 32, 32))

def both_flips(of):
    return change.vertical_flip(change.horizontal_flip(of))

changes = {
    "horizontal flip": change.horizontal_flip,
    "both flips": both_flips,
    "turned by 90 degrees": lambda of: change.rotate(of, 90),
    "turned by 180 degrees": lambda of: change.rotate(of, 180),
    "enlarged twice": lambda of: change.resize(of, [64, 64]),
}
on_a_corner = {}
for name, by in changes.items():
    (x, y), (left, top, right, bottom) = by(point).tolist()[0], by(box).tolist()[0]
    x, y, left, top, right, bottom = (round(value, 3) for value in (x, y, left, top, right, bottom))
    on_a_corner[name] = x in (left, right) and y in (top, bottom)
    print(f"{name:21} corner ({x}, {y}), box {[left, top, right, bottom]}")
assert torch.equal(both_flips(image), changes["turned by 180 degrees"](image))
assert not on_a_corner.pop("horizontal flip") and not on_a_corner.pop("both flips") and all(on_a_corner.values())
PY
