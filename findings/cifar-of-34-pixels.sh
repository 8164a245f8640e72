#!/usr/bin/env bash
# Guess:   the CIFAR stem of a ResNet, a convolution of 3 x 3 without stride, leaves maps of 32 x 32, and the last are 4 x 4.
# Happens: solo-learn pads it by two pixels instead of one: its maps are 34, 17, 9 and 5 wide. A forward pass is a quarter more
#          work, and the features are the mean of 25 places, not 16.
# Matters: solo-learn's much quoted table on CIFAR, 92.6 % of BYOL among it, is of this network. Its weights load strictly
#          into the usual one, which has the same names and shapes, and give other features there.
# Seen:    solo-learn 1.0.2, torchvision 0.29.2, torch 2.15.0, 2026-11-28.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
packages torch==2.15.0 torchvision==0.29.2 pytorch-lightning==2.6.6
without_dependencies solo-learn==1.0.2

run <<'PY'
import argparse, sys, typing
from collections import defaultdict
from unittest import mock
import pytorch_lightning, torch, torchvision
from sources import definitions
from torch.utils.flop_counter import FlopCounterMode
torch.set_num_threads(1)

sys.modules["solo.utils.backbones"] = mock.MagicMock() # transformers, which a ResNet does not need
base = definitions(
    "solo/methods/base.py", "BaseMethod", torch=torch, nn=torch.nn, pl=pytorch_lightning,
    ArgumentParser=argparse.ArgumentParser, **{name: getattr(typing, name) for name in ("Any", "Callable", "Dict", "List", "Sequence", "Tuple")},
)["BaseMethod"]
arguments = defaultdict(lambda: 1, encoder="resnet18", backbone_args={"cifar": True}, num_classes=10)
names = base.__init__.__code__.co_varnames[1 : base.__init__.__code__.co_argcount]
solos = base(**{name: arguments[name] for name in names if name != "knn_eval"}).encoder

usual = torchvision.models.resnet18()
usual.fc = usual.maxpool = torch.nn.Identity()
usual.conv1 = torch.nn.Conv2d(3, 64, 3, padding=1, bias=False)

def sides_and_work(encoder):
    sides = []
    for name in ("conv1", "layer2", "layer3", "layer4"):
        getattr(encoder, name).register_forward_hook(lambda layer, given, maps: sides.append(maps.shape[-1]))
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        features = encoder.eval()(images)
    return sides, counter.get_total_flops(), features

torch.manual_seed(0)
images = torch.rand(2, 3, 32, 32)
usual.load_state_dict(solos.state_dict(), strict=True)
(their_sides, their_work, theirs), (sides, work, ours) = sides_and_work(solos), sides_and_work(usual)
print("maps of solo-learn:", their_sides, "| usual:", sides, f"| work: {their_work / work:.2f} times")
print(f"features of equal weights differ by {((theirs - ours).norm() / ours.norm()).item():.2f} of their norm")
assert their_sides == [34, 17, 9, 5] and sides == [32, 16, 8, 4] and their_work > 1.15 * work and not torch.allclose(theirs, ours, rtol=0.01)
PY
