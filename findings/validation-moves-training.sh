#!/usr/bin/env bash
# Guess:   going through a validation set in order, without shuffling, draws no random numbers.
# Happens: every iteration over a DataLoader takes one number from torch's global generator, for workers that need not be
#          there. After an evaluation the next epoch's order is another.
# Matters: evaluating every epoch or every tenth trains another network, with the same seed. A probe that is added to see
#          more changes what is seen; two methods of which one is judged more often do not see the same order. Give the
#          training loader a generator of its own.
# Seen:    torch 2.15.0, 2026-11-28.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
packages torch==2.15.0 numpy==2.4.6

run <<'PY'
import torch
from torch.utils.data import DataLoader, TensorDataset

images, held_out = TensorDataset(torch.arange(8)), TensorDataset(torch.arange(4))
def orders(evaluate):
    torch.manual_seed(0)
    epochs = []
    for _ in range(2):
        epochs.append([int(image) for (image,) in DataLoader(images, shuffle=True)])
        if evaluate:
            list(DataLoader(held_out, shuffle=False, num_workers=0))
    return epochs

plain, evaluated = orders(evaluate=False), orders(evaluate=True)
print("second epoch:", plain[1], "after an evaluation:", evaluated[1])
assert plain[0] == evaluated[0] and plain[1] != evaluated[1]
PY
