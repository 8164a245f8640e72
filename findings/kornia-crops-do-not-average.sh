#!/usr/bin/env bash
# Guess:   RandomResizedCrop of kornia and of torchvision are the same, one on the GPU: a crop of 224 pixels at 32 averages.
# Happens: kornia picks 32 of the 224 pixels of a row, beginning with the first and ending with the last, and averages at
#          most four. Stripes two pixels wide become stripes of any width; noise keeps two thirds of its strength, where
#          torchvision leaves a tenth of it. There is no parameter for it: antialias belongs to Resize.
# Matters: on large images brought to a small side, which is what benchmarks for one GPU do, views made on the GPU are not
#          those made on the CPU: methods that look for texture find another one, and accuracies do not transfer.
# Seen:    kornia 0.9.0, torchvision 0.29.2, torch 2.15.0, 2026-11-28.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
packages torch==2.15.0 torchvision==0.29.2 kornia==0.9.0

run <<'PY'
import kornia.augmentation, torch, torchvision.transforms.v2
whole = dict(scale=(1.0, 1.0), ratio=(1.0, 1.0))
crops = {
    "kornia": kornia.augmentation.RandomResizedCrop((32, 32), p=1.0, **whole),
    "torchvision": torchvision.transforms.v2.RandomResizedCrop(32, **whole),
}
torch.manual_seed(0)
stripes = ((torch.arange(224) // 2 % 2).float() * torch.ones(224, 1)).expand(1, 3, -1, -1)
noise = torch.rand(1, 3, 224, 224)
left = {name: [(crop(image).std() / image.std()).item() for image in (stripes, noise)] for name, crop in crops.items()}
for name, (of_stripes, of_noise) in left.items():
    print(f"{name:11} leaves {of_stripes:.2f} of the contrast of stripes, {of_noise:.2f} of that of noise")
print("a row of kornia's stripes:", [round(value, 1) for value in crops["kornia"](stripes)[0, 0, 0, :12].tolist()])
assert min(left["kornia"]) > 0.6 and max(left["torchvision"]) < 0.2
PY
