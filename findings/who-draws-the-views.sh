#!/usr/bin/env bash
# Guess:   torch.manual_seed, or at least seeding torch, numpy and random, fixes the views of a seed.
# Happens: it depends on who draws. torchvision and kornia draw from torch alone. One view of lightly's BYOLTransform draws
#          from torch and, for blur and solarization, from numpy, so torch's seed alone leaves it random. Albumentations and
#          webdataset's shuffle listen to no generator's seed: both need one as an argument.
# Matters: two methods "with the same seed" see other views and another order, and paired differences over seeds are not
#          paired. What a checkpoint restores of torch's generator alone does not restore the views.
# Seen:    lightly 1.6.0, albumentations 2.0.8, webdataset 1.0.2, kornia 0.9.0, torchvision 0.29.2, torch 2.15.0, 2026-11-28.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
packages torch==2.15.0 torchvision==0.29.2 lightly==1.6.0 albumentations==2.0.8 webdataset==1.0.2 kornia==0.9.0 numpy==2.4.6

run <<'PY'
import os
os.environ["NO_ALBUMENTATIONS_UPDATE"] = "1"
import random
import albumentations, kornia.augmentation, numpy, torch, webdataset
from lightly.transforms import BYOLTransform
from PIL import Image
from torchvision import transforms

pixels = numpy.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype="uint8")
image, tensor = Image.fromarray(pixels), torch.from_numpy(pixels).movedim(2, 0)[None] / 255
with webdataset.TarWriter("shard.tar") as shard:
    for number in range(100):
        shard.write({"__key__": f"{number:03}", "cls": number})

def albumented():
    jitter = albumentations.Compose([albumentations.RandomResizedCrop((32, 32)), albumentations.ColorJitter()])
    return jitter(image=pixels)["image"]

makers = {
    "torchvision": lambda: transforms.Compose([transforms.RandomResizedCrop(32), transforms.ColorJitter(0.4, 0.4)])(image),
    "kornia": lambda: kornia.augmentation.RandomResizedCrop((32, 32))(tensor),
    "lightly": lambda: BYOLTransform()(image)[0],
    "albumentations": albumented,
    "webdataset": lambda: [int(sample["cls"]) for sample in webdataset.WebDataset("shard.tar", shardshuffle=False).shuffle(50)],
}
generators = {"torch": torch.manual_seed, "numpy": numpy.random.seed, "random": random.seed}

def varies(make, without=None): # over twelve tries, with every generator seeded alike but one
    seen = set()
    for attempt in range(12):
        for name, seed in generators.items():
            seed(attempt + 1 if name == without else 0)
        seen.add(numpy.asarray(make()).tobytes())
    return len(seen) > 1

draws = {}
for name, make in makers.items():
    draws[name] = {"none of them"} if varies(make) else {each for each in generators if varies(make, each)}
    print(f"{name:14} draws from {', '.join(sorted(draws[name]))}")
assert draws["torchvision"] == draws["kornia"] == {"torch"}
assert draws["lightly"] == {"torch", "numpy"}
assert draws["albumentations"] == draws["webdataset"] == {"none of them"}
PY
