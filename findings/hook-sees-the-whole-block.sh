#!/usr/bin/env bash
# Guess:   a forward hook on a batch normalisation keeps what that layer has put out.
# Happens: in torchvision's ResNets and in timm's it keeps what the block puts out: the shortcut is added and the ReLU applied in
#          place. layer4's last normalisation reads as 0 at the least where it was -3.3, and equals layer4 to the bit. So it
#          is with every normalisation before a ReLU; after a convolution it is what it should be. torchvision's
#          create_feature_extractor copies the graph, and there the last one is right and bn1 is not.
# Matters: spread, rank and whitening "before the ReLU" are measured behind it; features compared "of bn2" are those of the
#          block, and two layers look alike because they are one. Clone in the hook.
# Seen:    torchvision 0.29.2, timm 1.0.31, torch 2.15.0, 2026-11-28.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
packages torch==2.15.0 torchvision==0.29.2 timm==1.0.31

run <<'PY'
import timm, torch, torchvision
from torchvision.models.feature_extraction import create_feature_extractor

torch.manual_seed(0)
images = torch.randn(2, 3, 64, 64)

def least(network, name):
    """The least value that a hook kept as it was, and cloned."""
    kept = {}
    layer = network.get_submodule(name)
    layer.register_forward_hook(lambda _, __, output: kept.update(kept=output, cloned=output.clone()))
    layer4 = network.layer4.register_forward_hook(lambda _, __, output: kept.update(block=output))
    with torch.no_grad():
        network(images)
    layer4.remove()
    same = kept["kept"].shape == kept["block"].shape and torch.equal(kept["kept"], kept["block"])
    return round(kept["kept"].min().item(), 1), round(kept["cloned"].min().item(), 1), same

for library, network in (("torchvision", torchvision.models.resnet18()), ("timm", timm.create_model("resnet18", zero_init_last=False))):
    for name in ("bn1", "layer4.1.bn1", "layer4.1.conv2", "layer4.1.bn2"):
        kept, cloned, same = least(network.eval(), name)
        print(f"{library:11} {name:14} least value {kept:4} by a hook, {cloned:4} if cloned{', all equal to layer4' if same else ''}")
        assert (kept == cloned) == name.endswith("conv2") and cloned < 0 and same == name.endswith("layer4.1.bn2")
extractor = create_feature_extractor(torchvision.models.resnet18().eval(), ["bn1", "layer4.1.bn2"])
extracted = {name: round(output.min().item(), 1) for name, output in extractor(images).items()}
print("create_feature_extractor", extracted)
assert extracted["bn1"] == 0 > extracted["layer4.1.bn2"]
PY
