#!/usr/bin/env bash
# Guess:   a folder with one folder a class has all its images, whatever the classes are called.
# Happens: where the folder of one class has a word for a part of the data in its name, it is that part, and the other
#          classes are not there: of a tree of CIFAR-100's hundred classes, one of which is called "train", imagefolder reads the
#          trains, as the training set, without labels. Of "beaker", "flask" and "test_tube" it reads the tubes, as the test
#          set; a class "validation-stamp" or "dev" does the same. Nothing is said.
# Matters: a hundredth of the images is trained on under the data set's name, and only a probe that asks for labels notices.
#          Self-supervised training asks for none.
# Seen:    datasets 5.2.0, Pillow 13.0.0, 2026-11-28.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
packages datasets==5.2.0 pillow==13.0.0

export HF_HUB_OFFLINE=1
run 2> /dev/null <<'PY'
from pathlib import Path
from datasets import load_dataset
from PIL import Image

def tree(root, classes):
    for name in classes:
        (Path(root) / name).mkdir(parents=True)
        for number in range(5):
            Image.new("RGB", (8, 8), (number, 0, 0)).save(Path(root) / name / f"{number}.png")
    return {part: (len(images), "label" in images.features)
            for part, images in load_dataset("imagefolder", data_dir=root, cache_dir="cache").items()}

hundred = [f"class{number:02}" for number in range(99)]
for root, classes, expected in (
    ("plain", hundred + ["locomotive"], {"train": (500, True)}),
    ("cifar", hundred + ["train"], {"train": (5, False)}),
    ("glass", ["beaker", "flask", "test_tube"], {"test": (5, False)}),
    ("post", ["letter", "parcel", "validation-stamp"], {"validation": (5, False)}),
    ("trade", ["dev", "ops"], {"validation": (5, False)}),
    ("trains", ["bus", "trains"], {"train": (10, True)}),
):
    seen = tree(root, classes)
    named = ", ".join(classes[-3:]) if len(classes) < 9 else f"99 others, {classes[-1]}"
    print(f"{named:33} {5 * len(classes):3} images: " + "; ".join(f"{part} {count}, {'with' if labels else 'no'} labels" for part, (count, labels) in seen.items()))
    assert seen == expected, seen
PY
