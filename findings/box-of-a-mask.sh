#!/usr/bin/env bash
# Guess:   the box and the outline of a mask are as wide as the mask, whichever library takes them.
# Happens: torchvision's masks_to_boxes and supervision's mask_to_xyxy end a box at its last pixel, not behind it: an object
#          of 8 pixels has a box of 7, whose IoU with pycocotools' box of the same mask is 0.77, and one of 7 pixels 0.73.
#          The box of one pixel has no area: its IoU with itself is nan. supervision's outline loses as much: drawn again by
#          supervision it is the mask of 64 pixels, by pycocotools one of 49.
# Matters: small objects on small images, and masks on a grid of patches: a perfect localiser has AP75 0 where truth and
#          prediction come by two of these ways, and single cells vanish. Add 1 to the lower right corner.
# Seen:    torchvision 0.29.2, torch 2.15.0, supervision 0.31.2, pycocotools 2.0.11, 2026-11-28.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
packages torch==2.15.0 torchvision==0.29.2 supervision==0.31.2 pycocotools==2.0.11 numpy==2.4.6

run <<'PY'
import numpy, supervision, torch
from pycocotools import mask as coco
from torchvision.ops import box_iou, masks_to_boxes

def square(side):
    mask = numpy.zeros((32, 32), dtype=bool)
    mask[10 : 10 + side, 12 : 12 + side] = True
    return mask

def by_coco(mask):
    x, y, width, height = coco.toBbox(coco.encode(numpy.asfortranarray(mask.astype("uint8"))))
    return torch.tensor([[x, y, x + width, y + height]])

overlaps = {}
for side in (1, 4, 7, 8, 16):
    mask = square(side)
    box = masks_to_boxes(torch.from_numpy(mask)[None]).double()
    assert box.tolist() == supervision.mask_to_xyxy(mask[None]).tolist()
    overlaps[side] = box_iou(box, by_coco(mask)).item()
    print(f"{side:2} pixels: {box.tolist()[0]} by torchvision and supervision, {by_coco(mask).tolist()[0]} by pycocotools, "
          f"IoU {overlaps[side]:.2f}")
outline = supervision.mask_to_polygons(square(8))[0]
again = supervision.polygon_to_mask(outline, (32, 32)).sum()
drawn = coco.area(coco.merge(coco.frPyObjects([outline.flatten().tolist()], 32, 32)))
pixel = masks_to_boxes(torch.from_numpy(square(1))[None])
print(f"the outline of 64 pixels holds {again:.0f} by supervision, {drawn} by pycocotools; "
      f"IoU of the box of one pixel with itself: {box_iou(pixel, pixel).item()}")
assert overlaps[1] == 0 and overlaps[7] < 0.75 < overlaps[8] < 0.77 and (again, drawn) == (64, 49)
assert box_iou(pixel, pixel).isnan()
PY
