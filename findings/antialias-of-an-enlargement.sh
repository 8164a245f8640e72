#!/usr/bin/env bash
# Guess:   `antialias` changes nothing where a picture grows: there is nothing to alias. So it is for bilinear.
# Happens: bicubic takes another kernel with it, A = -0.5 in place of -0.75, and leaves out what lies beyond the border in place
#          of repeating it: up to 21 of 255 on noise. torchvision says True by default since 0.17, `interpolate` False.
#          Pillow is up to 15 from the nearer one still: it rounds and clips between rows and columns.
# Matters: a random resized crop of 32 pixels back to 32 only grows. Two recipes that both say "bicubic" train on different
#          views; BYOL's TensorFlow has the kernel of antialiasing, and nobody who says antialias=False means another.
# Seen:    torch 2.15.0, torchvision 0.29.2, 2026-11-28.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
packages torch==2.15.0 torchvision==0.29.2 pillow==13.0.0 numpy==2.4.6

run <<'PY'
import numpy, torch
from PIL import Image
from torchvision.transforms.functional import InterpolationMode, resize

picture = numpy.random.default_rng(0).integers(0, 256, (20, 20, 3), dtype="uint8")
tensor = torch.from_numpy(picture).movedim(2, 0).float()
off = {}
for how in ("bilinear", "bicubic"):
    mode = InterpolationMode(how)
    without, grown = (resize(tensor, [32, 32], mode, antialias=antialias) for antialias in (False, True))
    pillow = numpy.asarray(resize(Image.fromarray(picture), [32, 32], mode))
    pillow = torch.from_numpy(pillow.copy()).movedim(2, 0).float()
    off[how] = (without - grown).abs().max().item()
    to_pillow = [(tensor.clamp(0, 255) - pillow).abs().max().item() for tensor in (without, grown)]
    print(f"{how}: antialiasing an enlargement changes up to {off[how]:.2f} of 255;",
          "from Pillow's it is {:.1f} off without, {:.1f} with".format(*to_pillow))

assert off["bilinear"] < 1e-3 and off["bicubic"] > 10
assert to_pillow[1] < to_pillow[0] and to_pillow[1] > 10
PY
