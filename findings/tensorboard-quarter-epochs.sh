#!/usr/bin/env bash
# Guess:   add_scalar("knn", accuracy, epoch) with epoch 0.25, 0.5, 0.75 and 1 draws four points.
# Happens: steps are whole numbers, and a fraction is cut off without a word: three of the four lie at step 0. TensorBoard's
#          server keeps the last of a step, so two evaluations are not shown at all.
# Matters: evaluations within epochs, where methods differ most, vanish or stand on top of each other at the wrong place.
#          Give steps, or epochs times a hundred.
# Seen:    torch 2.15.0, tensorboard 2.21.0, 2026-11-28.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
packages torch==2.15.0 tensorboard==2.21.0

run <<'PY'
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from torch.utils.tensorboard import SummaryWriter

with SummaryWriter("logs") as writer:
    for quarter in (1, 2, 3, 4):
        writer.add_scalar("knn", 0.1 * quarter, global_step=quarter / 4)
reader = EventAccumulator("logs")
reader.Reload()
steps = [event.step for event in reader.Scalars("knn")]
print("written at 0.25, 0.5, 0.75, 1; read at", steps)
assert steps == [0, 0, 0, 1]
PY
