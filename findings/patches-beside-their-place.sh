#!/usr/bin/env bash
# Guess:   the grid that VICRegL's views come with says where in the image the centre of each patch lies, as it is described.
# Happens: the first centre is right and the last a whole patch too far: N centres are spread over the whole width, from half a
#          patch on, so that those of a view from 0 to 70 pixels end at 75. In a quarter of the cells the place lies
#          outside the view, in flipped views it is the other side that is wrong, and a quarter of the matches by location
#          are with another patch than the one that lies nearest.
# Matters: the loss by location pulls patches together that show different things, more so for coarse grids; "matching by
#          location adds little" is measured with it. The authors' code steps by one patch and has all centres inside.
# Seen:    lightly 1.6.0, torchvision 0.29.2, torch 2.15.0, Pillow 13.0.0, 2026-11-28.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
packages torch==2.15.0 torchvision==0.29.2 lightly==1.6.0 pillow==13.0.0

run <<'PY'
import torch
from lightly.transforms.random_crop_and_flip_with_grid import Location, RandomResizedCropAndFlip
from PIL import Image

torch.manual_seed(0)
CELLS = 7

def centres(place):
    x = place.left + (torch.arange(CELLS) + 0.5) * place.width / CELLS
    y = place.top + (torch.arange(CELLS) + 0.5) * place.height / CELLS
    x, y = x.flip(0) if place.horizontal_flip else x, y.flip(0) if place.vertical_flip else y
    return torch.stack(torch.meshgrid(x, y, indexing="xy"), dim=-1)

class Noted(RandomResizedCropAndFlip):
    def location_to_NxN_grid(self, location):
        self.place = location
        return super().location_to_NxN_grid(location)

crop = Noted(grid_size=CELLS, crop_size=32, crop_min_scale=0.2, crop_max_scale=1.0, vf_prob=0.0)
for flipped in (False, True):
    place = Location(0, 0, 70, 70, 224, 224, horizontal_flip=flipped)
    said, true = crop.location_to_NxN_grid(place)[0, :, 0], centres(place)[0, :, 0]
    print(f"columns of a view from 0 to 70, {'flipped' if flipped else 'as it is'}: {said.round().int().tolist()}, are {true.int().tolist()}")
assert abs(said - true).max() == 10

def view():
    _, grid = crop(Image.new("RGB", (224, 224)))
    return grid.flatten(0, 1), centres(crop.place).flatten(0, 1), crop.place

outside, others = [], []
for _ in range(500):
    (first, first_true, place), (second, second_true, _) = view(), view()
    beyond = (first[:, 0] > place.left + place.width) | (first[:, 1] > place.top + place.height)
    outside.append(beyond.float().mean())
    others.append((torch.cdist(first, second).argmin(1) != torch.cdist(first_true, second_true).argmin(1)).float().mean())
outside, others = torch.stack(outside).mean().item(), torch.stack(others).mean().item()
print(f"of 500 pairs of views {outside:.0%} of the places lie outside, {others:.0%} of the matches are others")
assert outside > 0.2 and others > 0.15
PY
