#!/usr/bin/env bash
# Guess:   timm's transform for evaluating at 32 pixels leaves a CIFAR image as it is, but for its range.
# Happens: it enlarges it to 36 pixels and cuts the middle out: a fifth of the image is never looked at, and what is was
#          interpolated. And for training, color_jitter=0.4 with color_jitter_prob=0.8 does nothing as soon as auto_augment is
#          given too, while grayscale_prob and gaussian_blur_prob beside it go on, with a kernel of 23 pixels at any size.
# Matters: probes on small images lose accuracy that a comparison books on the encoder; crop_pct=1.0 leaves the image alone.
#          An ablation of the jitter on top of RandAugment finds that it does not matter.
# Seen:    timm 1.0.31, torchvision 0.29.2, torch 2.15.0, Pillow 13.0.0, 2026-11-28.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
packages torch==2.15.0 torchvision==0.29.2 timm==1.0.31 pillow==13.0.0

run <<'PY'
import numpy, torch
from PIL import Image
from timm.data import create_transform

evaluate, whole = (create_transform(32, mean=(0, 0, 0), std=(1, 1, 1), **more) for more in ({}, {"crop_pct": 1.0}))
framed = numpy.zeros((32, 32, 3), dtype=numpy.uint8)
framed[1:-1, 1:-1] = 255 # a black frame, one pixel wide
seen = {name: (transform(Image.fromarray(framed)) < 0.5).float().mean().item() for name, transform in (("default", evaluate), ("crop_pct=1.0", whole))}
print("share of the image that is frame:", f"{(framed == 0).mean():.3f}", "| as evaluated:", {name: round(share, 3) for name, share in seen.items()})
assert seen["default"] == 0 and abs(seen["crop_pct=1.0"] - (framed == 0).mean()) < 1e-6

def steps(**more):
    jitter = dict(color_jitter=0.4, color_jitter_prob=0.8, grayscale_prob=0.2, gaussian_blur_prob=0.5)
    return repr(create_transform(32, is_training=True, **jitter, **more))

print("ColorJitter among the steps:", "ColorJitter" in steps(), "| with auto_augment:", "ColorJitter" in steps(auto_augment="rand-m9"))
assert "ColorJitter" in steps() and "ColorJitter" not in steps(auto_augment="rand-m9")
assert "RandomGrayscale" in steps(auto_augment="rand-m9") and "kernel_size=(23, 23)" in steps(auto_augment="rand-m9")
PY
