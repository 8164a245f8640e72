#!/usr/bin/env bash
# Guess:   OxfordIIITPet hands its trimaps to transforms= as masks, so that the joint transforms treat them as such.
# Happens: it hands over a Pillow picture, which torchvision's v2 transforms take for an image: Resize makes means of 1, the
#          animal, and 3, its border, and their mean is 2, the background. An enlarged trimap has a ring of background between
#          the animal and its border, a seventh of the border's pixels; ColorJitter makes 3 and 4 of 2 and 3.
#          wrap_dataset_for_transforms_v2() makes it a mask, whose corners a rotation then fills with 0, which is no label.
# Matters: a ring a pixel wide around every animal is learned, and counted, as background, where segmentation is decided;
#          all values remain 1, 2 and 3, so that no check finds it.
# Seen:    torchvision 0.29.2, torch 2.15.0, Pillow 13.0.0, 2026-11-28, on a disk with a border in the data set's format.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
packages torch==2.15.0 torchvision==0.29.2 pillow==13.0.0 numpy==2.4.6

run <<'PY'
from pathlib import Path
import numpy, torch
from PIL import Image
from torchvision.datasets import OxfordIIITPet, wrap_dataset_for_transforms_v2
from torchvision.transforms import v2

root = Path("oxford-iiit-pet")
(root / "images").mkdir(parents=True)
(root / "annotations/trimaps").mkdir(parents=True)
rows, columns = numpy.mgrid[:60, :60] - 29.5
radius = numpy.hypot(rows, columns)
trimap = numpy.select([radius < 16, radius < 20], [1, 3], 2).astype("uint8")
Image.fromarray(numpy.full((60, 60, 3), 200, dtype="uint8")).save(root / "images/beagle_1.jpg")
Image.fromarray(trimap).save(root / "annotations/trimaps/beagle_1.png")
for split in ("trainval", "test"):
    (root / "annotations" / f"{split}.txt").write_text("beagle_1 1 2 1\n")

def labels(*changes, wrap):
    data = OxfordIIITPet(".", target_types="segmentation", transforms=v2.Compose([*changes, v2.PILToTensor()]))
    _, mask = (wrap_dataset_for_transforms_v2(data) if wrap else data)[0]
    return torch.as_tensor(mask)[0]

far = torch.from_numpy(numpy.hypot(*(numpy.mgrid[:150, :150] - 74.5))) / 2.5
for wrap in (False, True):
    mask = labels(v2.Resize(150), wrap=wrap)
    ring = ((mask == 2) & (far < 19)).sum().item()
    border = ((far >= 16) & (far < 20)).sum().item()
    print(f"{'wrapped' if wrap else 'as it is'}: labels {mask.unique().tolist()}, {ring} pixels of background within the border, "
          f"{100 * ring / border:.0f} % of its {border}")
    assert mask.unique().tolist() == [1, 2, 3] and (ring == 0 if wrap else ring > 0.1 * border)
jittered = labels(v2.ColorJitter(brightness=(1.5, 1.5)), wrap=False).unique().tolist()
rotated = labels(v2.RandomRotation((45, 45)), wrap=True).unique().tolist()
print("jittered, as it is:", jittered, " rotated, wrapped:", rotated)
assert jittered != [1, 2, 3] and rotated == [0, 1, 2, 3]
PY
