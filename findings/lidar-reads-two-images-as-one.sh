#!/usr/bin/env bash
# Guess:   LiDAR of an encoder that uses 8 dimensions is less than of one that uses 64, as its callback is put beside a method.
# Happens: it is 56 against 49, where 8 and 36 were to be found. LiDAR wants the views of an image one after another in the
#          queue; the package's methods put all first views there, then all second ones, so that two images pass for two
#          views of one. What differs between images counts as noise. The features of pure noise have 56 too.
# Matters: LiDAR is for choosing among encoders without labels: used so it cannot tell them from noise, and slightly prefers
#          the collapsed. The docstring warns of the order without saying that it is this package's own, and by default asks
#          for ten views where the methods make two.
# Seen:    stable-pretraining 0.1.8, torch 2.15.0, 2026-11-28.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
packages torch==2.15.0
without_dependencies stable-pretraining==0.1.8

run <<'PY'
import typing
from types import SimpleNamespace as Some
import torch
from sources import definitions

forward = definitions("stable_pretraining/forward.py", "simclr", "_get_views_list", torch=torch, Any=typing.Any)["simclr"]
queues = definitions("stable_pretraining/callbacks/queues.py")
lidar = definitions("stable_pretraining/callbacks/lidar.py", "_compute_lidar", torch=torch, Optional=typing.Optional)["_compute_lidar"]
itself = Some(n_classes=500, samples_per_class=2, delta=1e-4, epsilon=1e-8)
torch.manual_seed(0)

def both(images, noise):
    """LiDAR of what SimCLR's forward function queues, and of the same features with the views of an image side by side."""
    queue, pairs = queues["OrderedQueue"](1000, 64), []
    for batch in images.split(100):
        views = [{"image": batch + noise * torch.randn(100, 64)} for _ in range(2)]
        module = Some(backbone=lambda x: x, projector=lambda x: x, simclr_loss=lambda *z: z[0].sum(), training=True, log=lambda *a, **k: None)
        queue.append(forward(module, {"views": views}, "fit")["embedding"])
        pairs.append(torch.stack([view["image"] for view in views], dim=1).flatten(0, 1))
    return tuple(lidar(itself, features)["lidar"] for features in (queue.get(), torch.cat(pairs)))

encoders = {f"{rank} dimensions of 64": (torch.randn(500, rank) @ torch.randn(rank, 64) / rank**0.5, 0.1) for rank in (8, 64)}
encoders["nothing but noise"] = torch.zeros(500, 64), 0.1
found = {name: both(*encoder) for name, encoder in encoders.items()}
for name, (queued, paired) in found.items():
    print(f"{name:21} LiDAR as queued {queued:4.1f}, with the views of an image side by side {paired:4.1f}")
few, all_of_them, noise = found.values()
assert few[1] < 8 and 30 < all_of_them[1] < 40 and all_of_them[0] < few[0] and noise[0] - few[0] < 1
PY
