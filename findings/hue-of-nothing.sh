#!/usr/bin/env bash
# Guess:   turning the hue by 0 leaves an image as it is, as a tensor or as a Pillow image.
# Happens: of a Pillow image, 37 % of the values change, by up to 6 of 255: the way to HSV and back rounds to bytes. And
#          turns below 1/255 are cut to 0, for negative ones too: of jitter in [-0.1, 0.1], values nearer to 0 are likelier.
#          Tensors come back unchanged.
# Matters: jitter with hue = 0 skips the conversion and hue = 0.001 does not: an ablation of the hue compares more than the
#          hue. Views made by Pillow workers and by tensors, on a GPU say, are of two distributions.
# Seen:    torchvision 0.29.2, Pillow 13.0.0, torch 2.15.0, numpy 2.4.6, 2026-11-28.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
packages torch==2.15.0 torchvision==0.29.2 pillow==13.0.0 numpy==2.4.6

run <<'PY'
import numpy, torch
from PIL import Image
from torchvision.transforms.functional import adjust_hue

pixels = numpy.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype="uint8")
by_pillow = lambda turn: numpy.asarray(adjust_hue(Image.fromarray(pixels), turn)).astype(int)
by_tensor = lambda turn: adjust_hue(torch.from_numpy(pixels).movedim(2, 0), turn).movedim(0, 2).numpy().astype(int)

for turn in (0.0, 0.0039, -0.0039, 0.004):
    same = (by_pillow(turn) == by_pillow(0.0)).all()
    changed, most = (by_pillow(turn) != pixels).mean(), abs(by_pillow(turn) - pixels).max()
    print(f"hue {turn:+.4f}: Pillow changes {changed:.0%} of the values, by up to {most}; as by hue 0: {same};",
          f"tensors change {(by_tensor(turn) != pixels).mean():.0%}")

assert (by_pillow(0.0) != pixels).mean() > 0.3
assert (by_pillow(0.0039) == by_pillow(0.0)).all() and (by_pillow(-0.0039) == by_pillow(0.0)).all()
assert (by_tensor(0.0) == pixels).all() and (by_tensor(0.0039) != pixels).any()
PY
