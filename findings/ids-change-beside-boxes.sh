#!/usr/bin/env bash
# Guess:   what stands beside a box comes through an augmentation as it was.
# Happens: Albumentations keeps the fields of label_fields as float32 beside the boxes: the number of an annotation above
#          16,777,216 comes back as another, 900100002473 as 900099997696, and an array of whole numbers as whole numbers
#          again, so that no type tells. Of 1,000 numbers from 20,000,000 on 501 are left. A list comes back as floats.
# Matters: crowd annotations of COCO have such numbers, and larger sets' all: what is looked up by them after the crop
#          belongs to another object or to none, in half of the cases, and on small sets never. Use the place in the list.
# Seen:    albumentations 2.0.8, 2026-11-28.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
packages albumentations==2.0.8 numpy==2.4.6

run <<'PY'
import os
os.environ["NO_ALBUMENTATIONS_UPDATE"] = "1"
import albumentations, numpy

flip = albumentations.Compose([albumentations.HorizontalFlip(p=1)],
                              bbox_params=albumentations.BboxParams("pascal_voc", label_fields=["ids"]))

def through(ids):
    boxes = numpy.array([[1, 1, 9, 9]] * len(ids))
    return flip(image=numpy.zeros((16, 16, 3), dtype="uint8"), bboxes=boxes, ids=ids)["ids"]

ids = numpy.array([7, 16_777_217, 20_000_001, 900_100_002_473])
print(ids, "come back as", through(ids), through(ids).dtype)
many = numpy.arange(20_000_000, 20_001_000)
print(f"of 1,000 numbers {len(set(through(many)))} are left, {(through(many) == many).sum()} as they were")
assert through(ids).tolist() == [7, 16_777_216, 20_000_000, 900_099_997_696] and through(ids).dtype == ids.dtype
assert len(set(through(many))) == 501 and (through(many) == many).sum() == 500
PY
