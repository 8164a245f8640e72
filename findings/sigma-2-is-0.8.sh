#!/usr/bin/env bash
# Guess:   a Gaussian blur of sigma 2 has a standard deviation of about 2 pixels.
# Happens: with a kernel of a tenth of the image, as SimCLR has it, it has 0.8 at 32 pixels, where a tenth is three: beyond
#          sigma 1 nothing changes. albumentations' blur_limit=(3, 7) draws the size apart from sigma: 0.8, 1.3 or 1.6, as it
#          falls. Pillow's, in lightly and solo-learn, has 2; so has timm's, whose kernel is 23 pixels at any size.
# Matters: "blur, sigma 0.1 to 2.0" on CIFAR is a hint of blur in one library and, in the other, the loss of every detail;
#          an ablation of the range above 1 finds nothing.
# Seen:    torchvision 0.29.2, lightly 1.6.0, albumentations 2.0.8, torch 2.15.0, Pillow 13.0.0, 2026-11-28.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
packages torch==2.15.0 torchvision==0.29.2 lightly==1.6.0 albumentations==2.0.8 pillow==13.0.0

run <<'PY'
import albumentations, numpy, torch
from lightly.transforms.gaussian_blur import GaussianBlur
from PIL import Image
from torchvision.transforms.v2 import GaussianBlur as TorchvisionsBlur

line = numpy.zeros((65, 65, 3), dtype=numpy.uint8)
line[:, 32] = 255

def deviation(blurred):
    profile, place = blurred.astype(float) / blurred.sum(), numpy.arange(65) - 32
    return round(float(((profile * place**2).sum() - (profile * place).sum() ** 2) ** 0.5), 1)

def torchvisions(size, sigma):
    return deviation(TorchvisionsBlur(size, (sigma, sigma))(torch.from_numpy(line).permute(2, 0, 1) / 255)[0, 32].numpy())

def pillows(sigma):
    return deviation(numpy.asarray(GaussianBlur(prob=1, sigmas=(sigma, sigma))(Image.fromarray(line)))[32, :, 0])

limited = albumentations.GaussianBlur(blur_limit=(3, 7), sigma_limit=(2, 2), p=1)
drawn = sorted({deviation(limited(image=line)["image"][32, :, 0]) for _ in range(100)})
for sigma in (0.5, 1.0, 2.0):
    print(f"sigma {sigma}: torchvision with a kernel of 3 {torchvisions(3, sigma)}, of 23 {torchvisions(23, sigma)}; Pillow {pillows(sigma)}")
print("sigma 2.0: albumentations with blur_limit=(3, 7)", *drawn)
assert torchvisions(3, 2.0) == 0.8 and torchvisions(3, 1.0) == 0.7 and torchvisions(23, 2.0) == pillows(2.0) == 2.0
assert len(drawn) == 3 and drawn[0] == 0.8 and drawn[-1] < 1.8
PY
