#!/usr/bin/env bash
# Guess:   a v2 transform given two images as tensors changes both, alike, as it does with two Pillow images.
# Happens: it changes the first and hands the second through as it was: not cropped, not flipped, not normalised. In a dict
#          or a list of any depth likewise. As Pillow images, or wrapped in tv_tensors.Image, both change.
# Matters: (image, image) and [view0, view1] are what data sets of two views return. The online network then sees
#          augmentations and the target none, or the means and deviations of one view are those of no other; shapes agree
#          wherever the size does, and nothing is said.
# Seen:    torchvision 0.29.2, torch 2.15.0, 2026-11-28.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
packages torch==2.15.0 torchvision==0.29.2 pillow==13.0.0 numpy==2.4.6

run <<'PY'
import torch
from torchvision import tv_tensors
from torchvision.transforms import v2

torch.manual_seed(0)
image = torch.rand(3, 32, 32)
transforms = {
    "flip": v2.RandomHorizontalFlip(p=1),
    "crop": v2.RandomResizedCrop(32, scale=(0.1, 0.2)),
    "normalise": v2.Normalize([0.5] * 3, [0.5] * 3),
    "erase": v2.RandomErasing(p=1),
}

def changed(views):
    return [not torch.equal(v2.functional.to_image(view), image) for view in views]

for name, transform in transforms.items():
    plain = changed(transform([image, image]))
    nested = changed(transform({"one": image, "other": {"two": image}})["other"].values())
    wrapped = changed(transform([tv_tensors.Image(image), tv_tensors.Image(image)]))
    print(f"{name:9} changed of two tensors: {plain}, of two tv_tensors.Image: {wrapped}")
    assert plain == [True, False] and nested == [False] and wrapped == [True, True]
PY
