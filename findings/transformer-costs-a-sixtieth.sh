#!/usr/bin/env bash
# Guess:   counters of operations differ by a factor of two, additions and multiplications or both in one.
# Happens: of a ViT-Tiny at 448 pixels, which takes 7.12 billion multiplications, torchinfo counts 0.12, thop and fvcore 4.3,
#          ptflops 5.8, and PyTorch's FlopCounterMode twice 7.12. torchinfo counts a linear layer once and not for every
#          token; thop and fvcore count nothing of the attention itself. Of a ResNet-18 they all have 1.81 to 1.83, so that
#          nothing warns.
# Matters: "at equal FLOPs" a ViT beats a ResNet by what was not counted, the more the larger the image or the smaller the
#          patch, and masked methods, which save tokens, look as if they saved nothing.
# Seen:    torchinfo 1.8.0, thop 0.1.1.post2209072238, fvcore 0.1.5.post20221221, ptflops 0.7.5, timm 1.0.31, torch 2.15.0,
#          2026-11-28.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
packages torch==2.15.0 torchvision==0.29.2 timm==1.0.31 torchinfo==1.8.0 thop==0.1.1.post2209072238 ptflops==0.7.5
packages fvcore==0.1.5.post20221221

run 2> /dev/null <<'PY'
import thop, timm, torch, torchinfo
from fvcore.nn import FlopCountAnalysis
from ptflops import get_model_complexity_info
from torch.utils.flop_counter import FlopCounterMode

def by_torch(network, images):
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        network(images)
    return counter.get_total_flops()

def by_ptflops(network, images):
    return get_model_complexity_info(network, tuple(images.shape[1:]), as_strings=False, print_per_layer_stat=False)[0]

def by_hand(tokens, width=192, depth=12): # weights of blocks and patches, and queries with keys with values
    return depth * (12 * (tokens + 1) * width**2 + 2 * (tokens + 1) ** 2 * width) + tokens * 768 * width + 1_000 * width

counters = {
    "torch": by_torch,
    "fvcore": lambda network, images: FlopCountAnalysis(network, images).total(),
    "ptflops": by_ptflops,
    "thop": lambda network, images: thop.profile(network, (images,), verbose=False)[0],
    "torchinfo": lambda network, images: torchinfo.summary(network, input_data=images, verbose=0).total_mult_adds,
}
networks = {"resnet18 at 224": ("resnet18", {}, 224), "vit_tiny at 448": ("vit_tiny_patch16_224", {"img_size": 448}, 448)}
counted = {}
for name, (network, options, side) in networks.items():
    images = torch.randn(1, 3, side, side)
    counted[name] = {by: count(timm.create_model(network, **options).eval(), images) / 1e9 for by, count in counters.items()}
    print(name, {by: round(billions, 2) for by, billions in counted[name].items()})
resnet, vit = counted.values()
print(f"vit_tiny at 448 by hand: {by_hand(784) / 1e9:.2f}")
assert all(1.8 < billions < 1.84 for by, billions in resnet.items() if by != "torch") and 3.6 < resnet["torch"] < 3.7
assert abs(vit["torch"] / 2 - by_hand(784) / 1e9) < 0.01
assert vit["torchinfo"] < 0.13 and 4.2 < vit["thop"] < 4.4 and 4.2 < vit["fvcore"] < 4.4 and 5.7 < vit["ptflops"] < 5.9
PY
