#!/usr/bin/env bash
# Guess:   automatic resumption goes on with a run of the same settings, and begins anew where there is none.
# Happens: solo-learn's compares names, method, encoder, data set, epochs and batch size, and nothing else. A sweep over
#          learning rates, temperatures, augmentations or seeds under one name finds its second run's checkpoint in the
#          first's folder, if it is not older than 36 hours, and goes on from there: of a complete one nothing is left to do.
# Matters: all points of such a sweep have the first one's weights: "robust to the learning rate", with seeds that agree to
#          the last digit.
# Seen:    solo-learn 1.0.2, 2026-11-28.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
without_dependencies solo-learn==1.0.2

run <<'PY'
import json
from argparse import Namespace
from pathlib import Path
from sources import definitions

resumer = definitions("solo/utils/auto_resumer.py")["AutoResumer"](checkpoint_dir="trained_models")
first = dict(
    name="byol-cifar10", project="sweep", entity="lab", method="byol", encoder="resnet18", dataset="cifar10", max_epochs=1000, batch_size=256,
    lr=1.0, weight_decay=1e-5, base_tau_momentum=0.99, seed=0, brightness=[0.4], crop_size=[32], accumulate_grad_batches=1, lars=True,
)
folder = Path("trained_models/first")
folder.mkdir(parents=True)
(folder / "args.json").write_text(json.dumps(first))
(folder / "byol-cifar10-ep=999.ckpt").touch()

others = dict(lr=0.1, weight_decay=0, base_tau_momentum=0, seed=1, brightness=[0.0], crop_size=[224], accumulate_grad_batches=16, lars=False)
for key, value in others.items():
    found = resumer.find_checkpoint(Namespace(**{**first, key: value}))
    print(f"a run with {key} = {value} instead of {first[key]} goes on from {found}")
    assert found.name == "byol-cifar10-ep=999.ckpt"
assert resumer.find_checkpoint(Namespace(**{**first, "batch_size": 512})) is None
PY
