#!/usr/bin/env bash
# Guess:   early stopping on validate/loss looks at the mean loss of the validation set, which is what the log file has.
# Happens: in stable-pretraining's JAX half it looks at the last batch. A loss that falls from 1.00 to 0.10 in ten epochs, with a
#          last batch of the hardest images that stays at 5, is stopped after four; one that rises while the last
#          batch gets better never is. The loggers get the means.
# Matters: the last batch is the smallest, and in data sets that lie in order of class the one of the last class: how long a
#          method trains is decided by a few images, and the curve beside it shows no reason to stop. In its torch half the
#          mean decides, so that a comparison of the two differs in length.
# Seen:    stable-pretraining 0.1.8, jax 0.10.2, flax 0.12.8, 2026-11-28.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
packages jax==0.10.2 flax==0.12.8 optax==0.2.8 loguru==0.7.3
without_dependencies stable-pretraining==0.1.8

run 2> /dev/null <<'PY'
import importlib.util
import sys
import types

place = importlib.util.find_spec("stable_pretraining").submodule_search_locations
sys.modules["stable_pretraining"] = package = types.ModuleType("stable_pretraining") # its torch half stays out
package.__path__ = list(place)

import numpy
from flax import nnx
from stable_pretraining.jax import Module, Trainer
from stable_pretraining.jax.callbacks import EarlyStopping

def forward(self, batch, stage):
    loss = (self.head(batch["image"]) ** 2).mean() if stage == "fit" else batch["loss"].mean()
    self.log(f"{stage}/loss", loss)
    return {"loss": loss}

class Logged:
    def __init__(self):
        self.means = []

    def log_metrics(self, metrics, step):
        self.means.append(metrics["validate/loss"])

    def __getattr__(self, _):
        return lambda *args: None

class Validation: # 20 batches of losses that are given, and a last one
    def __init__(self, most, last):
        self.most, self.last, self.epoch = most, last, 0

    def __iter__(self):
        losses = [self.most[self.epoch]] * 20 + [self.last[self.epoch]]
        self.epoch += 1
        return ({"image": numpy.ones((4, 4), "f4"), "loss": numpy.full(4, loss, "f4")} for loss in losses)

def epochs(most, last):
    logged, module = Logged(), Module(forward=forward, head=nnx.Linear(4, 2, rngs=nnx.Rngs(0)), optim="sgd")
    trainer = Trainer(max_epochs=10, callbacks=[EarlyStopping("validate/loss", patience=3)], logger=logged)
    trainer.fit(module, [{"image": numpy.ones((4, 4), "f4"), "loss": numpy.zeros(4, "f4")}], Validation(most, last))
    return len(logged.means), logged.means

falling, rising = numpy.linspace(1, 0.1, 10), numpy.linspace(1, 2, 10)
for what, most, last, expected in (("falls, the last batch stays", falling, [5.0] * 10, 4), ("rises, the last batch falls", rising, falling, 10)):
    count, means = epochs(most, last)
    print(f"the loss {what}: {count} epochs of 10, logged {' '.join(f'{mean:.2f}' for mean in means)}")
    assert count == expected and (means[-1] < means[0]) == (most is falling)
PY
