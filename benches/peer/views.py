"""Images per second at which lightly makes both BYOL views of CIFAR-10, in its DataLoader.

    pip install torch torchvision lightly
    python benches/peer/views.py FOLDER_OF_THE_BINARY_FILES [--workers 2] [--batch 256] [--images 10000]

The images come from the binary files into memory, as torchvision's CIFAR10 holds them; the transform is lightly's
BYOLTransform at input size 32, everything else at its defaults. Writes one line of JSON. The workers run before the
clock starts: the first batches are not counted.
"""
import argparse
import json
import time
from pathlib import Path

import numpy
import torch
from lightly.transforms.byol_transform import BYOLTransform, BYOLView1Transform, BYOLView2Transform
from PIL import Image
from torch.utils.data import DataLoader, Dataset

WARM_UP = 8


class Cifar(Dataset):
    """The images of one binary file, as PIL images, transformed."""

    def __init__(self, folder, transform):
        records = numpy.fromfile(Path(folder) / "data_batch_1.bin", numpy.uint8).reshape(-1, 3073)
        self.labels = records[:, 0].astype(int)
        self.images = records[:, 1:].reshape(-1, 3, 32, 32).transpose(0, 2, 3, 1).copy()
        self.transform = transform

    def __len__(self):
        return len(self.images)

    def __getitem__(self, at):
        return self.transform(Image.fromarray(self.images[at])), int(self.labels[at])


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("folder")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--batch", type=int, default=256)
    parser.add_argument("--images", type=int, default=5000)
    asked = parser.parse_args()
    torch.set_num_threads(1)
    transform = BYOLTransform(
        view_1_transform=BYOLView1Transform(input_size=32), view_2_transform=BYOLView2Transform(input_size=32)
    )
    loader = DataLoader(
        Cifar(asked.folder, transform),
        batch_size=asked.batch, shuffle=True, drop_last=True, num_workers=asked.workers, persistent_workers=True,
    )
    seen, begin = 0, None
    while seen < asked.images:
        for at, (views, _) in enumerate(loader):
            if begin is not None:
                seen += len(views[0])
            elif at + 1 == WARM_UP:
                begin = time.perf_counter()
            if seen >= asked.images:
                break
    seconds = time.perf_counter() - begin
    print(json.dumps({"images_per_second": seen / seconds, "images": seen, "workers": asked.workers}))


if __name__ == "__main__":
    main()
