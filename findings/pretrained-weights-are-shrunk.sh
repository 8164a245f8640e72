#!/usr/bin/env bash
# Guess:   IJEPA of a trained Vision Transformer begins with the network that it was given.
# Happens: the weights with which every block writes its result are divided, by 1.4 in the first block and by 4.9 in a
#          twelfth, as for a network that is initialised anew. It is done in place, so that the network that was passed,
#          and whatever holds it, changes too: one that was right in 84 % of held-out digits is right in 3 % once an IJEPA
#          has been made of it, and the teacher begins with the same. pretrained=True takes the same way.
# Matters: "continued from pretrained weights" is mostly from scratch, and no worse loss says so, as the targets are the
#          network's own; a network kept for comparison beside it is spoiled. Its other methods leave weights as they are.
# Seen:    stable-pretraining 0.1.8, timm 1.0.31, torch 2.15.0, 2026-11-28.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
packages torch==2.15.0 torchvision==0.29.2 timm==1.0.31 scikit-learn==1.9.1 stable-pretraining==0.1.8

run 2> /dev/null <<'PY'
import torch
import timm
from sklearn.datasets import load_digits
from stable_pretraining.methods.ijepa import IJEPA

torch.set_num_threads(1)
torch.manual_seed(0)
digits = load_digits()
images, labels = torch.tensor(digits.data / 8 - 1, dtype=torch.float32).view(-1, 1, 8, 8).repeat(1, 3, 1, 1), torch.tensor(digits.target)
network = timm.create_model("vit_tiny_patch16_224", img_size=8, patch_size=2, depth=6, embed_dim=64, num_heads=4, num_classes=10)
optimizer = torch.optim.AdamW(network.parameters(), lr=1e-3, weight_decay=0.0)
for _ in range(300):
    batch = torch.randint(0, 1500, (64,))
    optimizer.zero_grad()
    torch.nn.functional.cross_entropy(network(images[batch]), labels[batch]).backward()
    optimizer.step()

@torch.no_grad()
def accuracy():
    return (network.eval()(images[1500:]).argmax(1) == labels[1500:]).float().mean().item()

def lengths():
    return torch.stack([block.mlp.fc2.weight.detach().norm() for block in network.blocks])

before, long = accuracy(), lengths()
method = IJEPA(network, predictor_embed_dim=32, predictor_depth=1)
after, divided = accuracy(), long / lengths()
print(f"right in {before:.0%} before, in {after:.0%} after an IJEPA has been made of it; weights of the first block divided by "
      f"{divided[0]:.2f}, of the last by {divided[-1]:.2f}")
assert before > 0.7 and after < 0.6 * before and abs(divided[-1] - 12**0.5) < 1e-3
assert torch.equal(method.encoder.teacher.vit.blocks[5].mlp.fc2.weight, network.blocks[5].mlp.fc2.weight)
PY
