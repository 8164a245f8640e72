#!/usr/bin/env bash
# Guess:   an image that lies beside the class folders, or in a folder within one, is left out or has no label.
# Happens: then no image has one: the column "label" is gone, from the training set too where the image is in the test set. The
#          number of images is right, with the stray one among them. So it is for 10,000 labelled images and one overview in
#          the root. A metadata.csv with a caption for one image of each part does it too, and takes the images that it does
#          not name with it: 120 become 2.
# Matters: self-supervised training does not miss labels, and trains on the overview; the probe afterwards asks for a column
#          that is not there, or, where a label is filled in for what is missing, judges by one class.
# Seen:    datasets 5.2.0, Pillow 13.0.0, 2026-11-28.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
packages datasets==5.2.0 pillow==13.0.0

export HF_HUB_OFFLINE=1
run 2> /dev/null <<'PY'
from pathlib import Path
from datasets import load_dataset
from PIL import Image

def image(path):
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", (8, 8)).save(path)

def read(root):
    return {part: (len(images), "label" in images.features)
            for part, images in load_dataset("imagefolder", data_dir=root, cache_dir="cache").items()}

def tree(root, *strays):
    for part in ("train", "test"):
        for name in ("cat", "dog"):
            for number in range(50 if part == "train" else 10):
                image(f"{root}/{part}/{name}/{number}.png")
    for stray in strays:
        image(f"{root}/{stray}")

expected = {}
for what, strays in (("as it should be", ()), ("one in the root of train", ["train/overview.png"]),
                     ("one in the root of test", ["test/overview.png"]), ("one a folder deeper", ["train/cat/doubtful/0.png"])):
    root = f"tree{len(expected)}"
    tree(root, *strays)
    expected[what] = seen = read(root)
    print(f"{what:26}: " + "; ".join(f"{part} {count} images, {'with' if labels else 'no'} labels" for part, (count, labels) in seen.items()))
    assert all(labels == (not strays) for _, labels in seen.values())
    assert sum(count for count, _ in seen.values()) == 120 + len(strays)

tree("captions")
for part in ("train", "test"):
    Path(f"captions/{part}/metadata.csv").write_text("file_name,text\ncat/0.png,a cat\n")
seen = read("captions")
print(f"a caption for one image   : {seen['train'][0]} and {seen['test'][0]} images, no labels")
assert seen == {"train": (1, False), "test": (1, False)}
PY
