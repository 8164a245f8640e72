"""Expected values for masks and boxes: torchmetrics' Jaccard index and, by pycocotools, its mean average precision.

    pip install torch==2.15.0 torchvision==0.29.2 torchmetrics==1.9.0 pycocotools==2.0.11 safetensors==0.8.0
    python tests/reference/make_overlap.py
"""

import pathlib

import torch
from safetensors.torch import save_file
from torchmetrics.classification import MulticlassJaccardIndex
from torchmetrics.detection import MeanAveragePrecision

CLASSES, IMAGES = 6, 12


def masks(random):
    """Classes 0 to 3 are there and told, 4 is told only, 5 is neither."""
    truth = torch.randint(0, 4, (IMAGES, 8, 8), generator=random)
    told = torch.where(torch.rand(truth.shape, generator=random) < 0.6, truth, torch.randint(0, 5, truth.shape, generator=random))
    return truth, told


def boxes(random):
    """Some found, some moved too far, some twice, some of nothing; the last class is only ever told."""
    truth, found = [], []
    for _ in range(IMAGES):
        count = int(torch.randint(0, 5, (1,), generator=random))
        corner, size = torch.rand(count, 2, generator=random) * 40, 8 + torch.rand(count, 2, generator=random) * 16
        own = torch.cat([corner, corner + size], 1)
        labels = torch.randint(0, 3, (count,), generator=random)
        truth.append(dict(boxes=own, labels=labels))
        moved = own.repeat(2, 1) + torch.randn(2 * count, 4, generator=random) * 3
        nothing = torch.tensor([[5.0, 5.0, 12.0, 14.0]])
        told = torch.cat([labels.repeat(2), torch.randint(0, 4, (1,), generator=random)])
        swapped = torch.rand(len(told), generator=random) < 0.15
        told[swapped] = (told[swapped] + 1) % 4
        scores = torch.rand(len(told), generator=random)
        found.append(dict(boxes=torch.cat([moved, nothing]), labels=told, scores=scores))
    return truth, found


def table(rows, *keys):
    """One row a box: its image, then what the keys say, the corners last."""
    parts = []
    for image, row in enumerate(rows):
        columns = [torch.full((len(row["boxes"]), 1), float(image))] + [row[key].float()[:, None] for key in keys] + [row["boxes"]]
        parts.append(torch.cat(columns, 1))
    return torch.cat(parts)


def main():
    random = torch.Generator().manual_seed(0)
    mask_truth, mask_told = masks(random)
    jaccard = MulticlassJaccardIndex(CLASSES, average="macro")(mask_told, mask_truth)
    truth, found = boxes(random)
    precision = MeanAveragePrecision(iou_thresholds=[0.5], backend="pycocotools")
    precision.update(found, truth)
    ap50 = precision.compute()["map_50"]
    print(jaccard, ap50)
    save_file(
        {
            "masks/truth": mask_truth.float(),
            "masks/told": mask_told.float(),
            "masks/mean_iou": jaccard.reshape(1).float(),
            "boxes/truth": table(truth, "labels"),
            "boxes/found": table(found, "labels", "scores"),
            "boxes/ap50": ap50.reshape(1).float(),
        },
        pathlib.Path(__file__).with_name("overlap.safetensors"),
    )


main()
