#!/usr/bin/env bash
# Guess:   every normalisation of FixMatch's WRN-28-2 normalises something: another weight is another output.
# Happens: two of its 25 do not. Where the second and the third stage begin, the first convolution takes the block's input as
#          it is, without the normalisation and the activation before it, which are computed and thrown away: their weights
#          have no gradient, and with other weights the network says the same to the last bit. Where the first stage begins
#          all is in its place. The parameters are counted, saved, averaged and loaded as the others are.
# Matters: a network rebuilt from the paper, or from its TensorFlow code, where both paths of a block exist, is another one
#          than that of the usual comparison of semi-supervised methods, with parameters of the same number, names and
#          shapes: accuracies that are set side by side are of two networks, and weights of one fit into the other.
# Seen:    semilearn 0.3.2, torch 2.15.0, 2026-11-28.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
packages torch==2.15.0
without_dependencies semilearn==0.3.2

run <<'PY'
import torch
from torch import nn
from torch.nn import functional as F
from sources import definitions

torch.set_num_threads(1)
torch.manual_seed(0)
source = definitions("semilearn/nets/wrn/wrn.py", "BasicBlock", "NetworkBlock", "WideResNet", torch=torch, nn=nn, F=F)
network = source["WideResNet"](first_stride=1, num_classes=10, depth=28, widen_factor=2)
images = torch.randn(16, 3, 32, 32)

def said():
    network.train() # by statistics of the batch, so that nothing is left from before
    return network(images)["logits"]

before = said()
before.square().sum().backward()
normalisations = {name: layer for name, layer in network.named_modules() if isinstance(layer, nn.BatchNorm2d)}
without_gradient = [name for name, layer in normalisations.items() if layer.weight.grad is None]
without_effect = []
for name, layer in normalisations.items():
    with torch.no_grad():
        kept = layer.weight.clone()
        layer.weight.mul_(torch.rand_like(layer.weight) * 100)
        if torch.equal(said(), before):
            without_effect.append(name)
        layer.weight.copy_(kept)
print(f"{len(normalisations)} normalisations; without a gradient: {without_gradient}")
print(f"with weights up to 100 times as large the same output: {without_effect}")
assert len(normalisations) == 25
assert without_gradient == without_effect == ["block2.layer.0.bn1", "block3.layer.0.bn1"]
PY
