#!/usr/bin/env bash
# Guess:   timm loads the model of a checkpoint that holds a model and its moving average; the average one asks for.
# Happens: create_model(checkpoint_path=) and load_checkpoint() take "state_dict_ema", "model_ema" or a like name wherever
#          there is one, and nothing says so. The model itself takes use_ema=False, which create_model does not have. Feature
#          extractors of one run are therefore two networks by whether its checkpoints kept the average.
# Matters: in BYOL, DINO and FixMatch it is the question of the paper which of the two is evaluated.
# Seen:    timm 1.0.31, torch 2.15.0, 2026-11-28.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
packages torch==2.15.0 timm==1.0.31

run <<'PY'
import timm, torch
from timm.models import load_checkpoint

def fresh(**options):
    return timm.create_model("resnet10t", num_classes=2, **options)

def filled(value):
    return {name: torch.full_like(weight, value) for name, weight in fresh().state_dict().items()}

for name in ("state_dict_ema", "model_ema"):
    torch.save({"state_dict": filled(1.0), name: filled(2.0)}, "checkpoint.pth")
    created, loaded, asked = fresh(checkpoint_path="checkpoint.pth"), fresh(), fresh()
    load_checkpoint(loaded, "checkpoint.pth")
    load_checkpoint(asked, "checkpoint.pth", use_ema=False)
    seen = ["model" if model.fc.weight.mean() == 1 else "average" for model in (created, loaded, asked)]
    print(f"beside {name}: create_model takes the {seen[0]}, load_checkpoint the {seen[1]}, with use_ema=False the {seen[2]}")
    assert seen == ["average", "average", "model"]
PY
