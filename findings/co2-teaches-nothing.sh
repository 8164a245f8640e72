#!/usr/bin/env bash
# Guess:   adding CO2Regularizer's loss to NT-Xent changes what is learned.
# Happens: it changes the number alone: what the regularizer returns is a copy without a gradient, with or without a memory
#          bank. The gradient of the sum is that of NT-Xent to the last bit, with CO2 at weight 1 as at 1,000, and 100 steps from
#          one seed end in equal weights. It says so as a warning of torch.tensor about copies, if at all.
# Matters: CO2's own ablation, any search over alpha and "consistency regularisation does not help" are comparisons of a method
#          with itself; the curve of the total loss still shows a regularizer, which falls as the features get alike.
# Seen:    lightly 1.6.0, torch 2.15.0, 2026-11-28.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
packages torch==2.15.0 torchvision==0.29.2 lightly==1.6.0

run <<'PY'
import torch
from lightly.loss import NTXentLoss
from lightly.loss.regularizer.co2 import CO2Regularizer

torch.set_num_threads(1)

def trained(alpha, bank):
    torch.manual_seed(0)
    network = torch.nn.Sequential(torch.nn.Linear(32, 64), torch.nn.ReLU(), torch.nn.Linear(64, 16))
    optimizer = torch.optim.SGD(network.parameters(), lr=0.1)
    contrast, consistency = NTXentLoss(memory_bank_size=bank), CO2Regularizer(alpha=alpha or 1, memory_bank_size=bank)
    for _ in range(100):
        images = torch.randn(64, 32)
        first, second = (network(images + 0.3 * torch.randn(64, 32)) for _ in range(2))
        term = consistency(first, second)
        loss = contrast(first, second) + (term if alpha else 0)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return torch.nn.utils.parameters_to_vector(network.parameters()).detach(), loss.item(), term.requires_grad

for bank in (0, (256, 16)):
    without, loss, _ = trained(0, bank)
    print(f"memory bank {bank}: without CO2 a loss of {loss:.3f}")
    for alpha in (1, 1000):
        weights, loss, learns = trained(alpha, bank)
        print(f"    at weight {alpha}: {loss:.3f}, weights {'the same' if torch.equal(weights, without) else 'others'}, "
              f"{'a' if learns else 'no'} gradient")
        assert torch.equal(weights, without) and not learns
PY
