#!/usr/bin/env bash
# Guess:   pixels of ignore_index are left out: the loss is that of the others.
# Happens: segmentation_models_pytorch's SoftCrossEntropyLoss and SoftBCEWithLogitsLoss and kornia's focal_loss give them a loss
#          of 0 and divide by all pixels: where half are ignored the loss, and every gradient, is half of cross_entropy's, and
#          where seven eighths are it is an eighth. FocalLoss and DiceLoss of segmentation_models_pytorch leave them out.
# Matters: crops that are filled up with 255, trimaps whose border is no class, and masked patches train with a rate that
#          their area decides, least where the object is cut off; two losses of one library, exchanged, are another rate.
# Seen:    segmentation-models-pytorch 0.6.0, kornia 0.9.0, torch 2.15.0, 2026-11-28.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
packages torch==2.15.0 torchvision==0.29.2 segmentation-models-pytorch==0.6.0 kornia==0.9.0

run <<'PY'
import kornia, torch
import segmentation_models_pytorch as models

torch.manual_seed(0)
logits, truth = torch.randn(8, 21, 32, 32), torch.randint(0, 21, (8, 32, 32))
losses = {
    "torch cross_entropy": torch.nn.CrossEntropyLoss(ignore_index=255),
    "smp SoftCrossEntropyLoss": models.losses.SoftCrossEntropyLoss(ignore_index=255, smooth_factor=0),
    "smp SoftBCEWithLogitsLoss": models.losses.SoftBCEWithLogitsLoss(ignore_index=255),
    "kornia focal_loss": lambda said, of: kornia.losses.focal_loss(said, of, None, reduction="mean", ignore_index=255),
    "smp FocalLoss": models.losses.FocalLoss("multiclass", ignore_index=255),
    "smp DiceLoss": models.losses.DiceLoss("multiclass", ignore_index=255),
}
ignored_shares = (0.0, 0.25, 0.5, 0.875)
print(f"{'share of pixels ignored':26}", *(f"{share:6}" for share in ignored_shares))
for name, loss in losses.items():
    values = []
    for share in ignored_shares:
        kept = truth.masked_fill(torch.arange(32)[None, :, None] < 32 * share, 255)
        of_two = "BCE" in name # a class or not
        labels = (kept.clamp(max=1) + (kept == 255) * 254)[:, None].float() if of_two else kept
        values.append(loss(logits[:, :1] if of_two else logits, labels).item())
    shares = [value / values[0] for value in values]
    print(f"{name:26}", *(f"{share:6.2f}" for share in shares))
    falls = name in ("smp SoftCrossEntropyLoss", "smp SoftBCEWithLogitsLoss", "kornia focal_loss")
    assert all(abs(share - (1 - ignored if falls else 1)) < 0.05 for share, ignored in zip(shares, ignored_shares))
PY
