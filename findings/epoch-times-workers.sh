#!/usr/bin/env bash
# Guess:   with_epoch(1000) makes an epoch of 1,000 images, and resampled=True draws images of all shards.
# Happens: each worker makes an epoch of its own: with two workers it is 2,000 images, with eight 8,000. And resampling draws
#          shards, not images: of 1,000 images in four shards an epoch sees 684 on average, and others twice or more. Which
#          ones is not in the seed: with seed=0 it is now 500, now all.
# Matters: num_workers, a matter of speed, is a factor on the length of training; schedules in epochs come with it. A class
#          that is in one shard is missing from one epoch in three.
# Seen:    webdataset 1.0.2, torch 2.15.0, 2026-11-28.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
packages torch==2.15.0 webdataset==1.0.2

run <<'PY'
import torch, webdataset

for shard in range(4):
    with webdataset.TarWriter(f"{shard}.tar") as tar:
        for image in range(250):
            tar.write({"__key__": f"{250 * shard + image:04}", "cls": str(shard).encode()})
shards = [f"{shard}.tar" for shard in range(4)]

def epoch(workers, **more):
    images = webdataset.WebDataset(shards, shardshuffle=False, **more).with_epoch(1000)
    return [image["__key__"] for image in torch.utils.data.DataLoader(images, batch_size=None, num_workers=workers)]

for workers in (0, 1, 2, 4):
    seen = epoch(workers, resampled=True)
    print(f"{workers} workers: {len(seen)} images, {len(set(seen))} of 1,000")
    assert len(seen) == 1000 * max(workers, 1)
once = [len(set(epoch(0, resampled=True, seed=0))) for _ in range(40)]
print("of 1,000 images an epoch sees", sum(once) // 40, "on average, with one seed between", min(once), "and", max(once))
assert 600 < sum(once) / 40 < 770 and min(once) < max(once)
PY
