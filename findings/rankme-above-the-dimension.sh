#!/usr/bin/env bash
# Guess:   RankMe of features of 2,048 dimensions is between 1 and 2,048.
# Happens: stable-pretraining says 2,345 of perfectly white ones, and of 4,096 dimensions 5,523. It adds 1e-5 to each of the
#          shares, where the paper adds 1e-7, and their sum is no longer 1.
# Matters: the wider the embedding, the more rank it seems to have: widths and projector sizes are what RankMe is used to
#          compare. A fully collapsed encoder reads 1.3 at 2,048 dimensions and 1.6 at 4,096.
# Seen:    stable-pretraining 0.1.8, torch 2.15.0, 2026-11-28.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
packages torch==2.15.0
without_dependencies stable-pretraining==0.1.8

run <<'PY'
from types import SimpleNamespace as Some
import torch
from sources import definitions

callback = definitions(
    "stable_pretraining/callbacks/rankme.py", "on_validation_batch_end",
    torch=torch, Trainer=object, LightningModule=object, logging=Some(info=lambda line: None),
)["on_validation_batch_end"]

def rankme(features):
    logged = {}
    itself = Some(name="rankme", verbose=False, _target_queue=Some(data=features))
    callback(itself, Some(global_rank=0), Some(log=logged.__setitem__), outputs={}, batch={}, batch_idx=0)
    return logged["rankme"]

for dimensions in (512, 2048, 4096):
    white, point = rankme(torch.eye(dimensions)), rankme(torch.ones(dimensions, dimensions))
    print(f"{dimensions:4} dimensions: white features have rank {white:.0f}, a single point {point:.2f}")
    assert white > 1.02 * dimensions
assert point > 1.5
PY
