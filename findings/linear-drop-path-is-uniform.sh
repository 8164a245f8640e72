#!/usr/bin/env bash
# Guess:   update_drop_path_rate(network, 0.3), whose mode is "linear" unless asked, lets the rate grow from 0 to 0.3 by depth.
# Happens: the rates are computed and not used: every block but the first has 0.3, and mode="uniform" gives it to that too.
#          timm's own drop_path_rate=0.3 gives 0, 0.03, 0.05 up to 0.3. While training an average image of a batch goes through
#          8.7 of 12 blocks' branches instead of 10.2, and at 0.8 through 3.2 instead of 7.2.
# Matters: whoever leaves the mode as it is, with a rate that was found for a linear schedule, trains a student that is twice as
#          noisy, the more the deeper, and concludes that drop path hurts in self-supervised training. lightly's own examples
#          of DINOv2 ask for "uniform" and get it.
# Seen:    lightly 1.6.0, timm 1.0.31, torch 2.15.0, 2026-11-28.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
packages torch==2.15.0 torchvision==0.29.2 timm==1.0.31 lightly==1.6.0

run <<'PY'
import timm
from lightly.models.utils import update_drop_path_rate

def rates(network):
    return [getattr(block.drop_path1, "drop_prob", 0.0) for block in network.blocks]

def kept(network):
    return len(network.blocks) - sum(rates(network))

for rate in (0.3, 0.8):
    asked = {mode: timm.create_model("vit_tiny_patch16_224") for mode in ("linear", "uniform")}
    for mode, network in asked.items():
        update_drop_path_rate(network, rate, mode=mode)
    timms = timm.create_model("vit_tiny_patch16_224", drop_path_rate=rate)
    for name, network in ("lightly, linear", asked["linear"]), ("lightly, uniform", asked["uniform"]), ("timm", timms):
        print(f"{name:16} {rate}: {' '.join(f'{value:.2f}' for value in rates(network))}, {kept(network):.1f} of 12 kept")
    assert rates(asked["linear"])[1:] == rates(asked["uniform"])[1:] == [rate] * 11
    assert kept(timms) > kept(asked["linear"]) + 1.4
PY
