#!/usr/bin/env bash
# Guess:   the two views that PIRL is given are an image and a puzzle of its nine parts.
# Happens: the puzzle is of the upper left corner. The image is neither cropped nor resized for it, as the other view is and
#          as the documentation says: of a picture of 500 by 375 pixels the nine parts are the first 63 by 63, 2 % of it,
#          and what lies beyond is in no puzzle of any epoch. The parts touch, where the default of Jigsaw itself leaves gaps.
# Matters: the method is asked to find a whole image in a corner of it, often only background, and learns to match colours of
#          backgrounds; touching parts can be told by lines that go on. "PIRL is weaker than SimCLR" follows.
# Seen:    lightly 1.6.0, torchvision 0.29.2, Pillow 13.0.0, 2026-11-28.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
packages torch==2.15.0 torchvision==0.29.2 pillow==13.0.0 numpy==2.4.6 lightly==1.6.0

run <<'PY'
import numpy as np
import torch
from PIL import Image
from lightly.transforms import PIRLTransform

torch.set_num_threads(1)
torch.manual_seed(0)
np.random.seed(0)
height, width = 375, 500
places = np.zeros((height, width, 3), np.uint8) # every pixel says where it is, in steps of 2
places[..., 0] = np.arange(height)[:, None] // 2
places[..., 1] = np.arange(width) // 2
image = Image.fromarray(places)

transform = PIRLTransform(cj_prob=0, random_gray_scale=0, hf_prob=0, normalize=None)
lowest = dict(puzzle=[0, 0], view=[0, 0])
parts = set()
for _ in range(300):
    view, puzzle = transform(image)
    parts |= {tuple((255 * part[:2, 0, 0]).round().int().tolist()) for part in puzzle}
    for name, tensor in (("view", view[None]), ("puzzle", puzzle)):
        here = (2 * 255 * tensor[:, :2]).amax(dim=(0, 2, 3)).round().int().tolist()
        lowest[name] = [max(pair) for pair in zip(lowest[name], here)]
print(f"of {height} by {width} pixels the view reaches to {lowest['view']} and the puzzle's {puzzle.shape[0]} parts of {puzzle.shape[-1]} pixels "
      f"to {lowest['puzzle']}; parts begin at {len(parts)} places in 300 epochs")
assert lowest["view"][0] > 350 and lowest["view"][1] > 480
assert lowest["puzzle"] == [62, 62] and len(parts) == 9
PY
