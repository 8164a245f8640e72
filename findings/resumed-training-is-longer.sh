#!/usr/bin/env bash
# Guess:   a training of ten epochs that was stopped in the eighth and resumed ends after ten.
# Happens: in stable-pretraining's JAX half it trains ten more: of 100 steps 70 are in the checkpoint and 100 are added, 170 in
#          all. A finished training that is started again trains a hundred more, and so does every job that Slurm requeues. The
#          epochs count from 0, with them the target's decay of BYOL, which starts again at 0.996; global_step goes on.
# Matters: how long a trial has trained depends on how often it was preempted, with equal recipes and under one name, and the
#          trials of a busy night are the better ones. A limit by max_steps holds.
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
from stable_pretraining.jax.backbone import TeacherStudentWrapper
from stable_pretraining.jax.callbacks import TeacherStudentCallback
from stable_pretraining.jax.checkpoint import Checkpoint
from stable_pretraining.jax.trainer import Callback

def forward(self, batch, stage):
    return {"loss": ((self.head.forward_student(batch["image"]) - 1) ** 2).mean()}

class Stops(Callback):
    def __init__(self, after):
        self.after, self.steps, self.decays = after, 0, []

    def on_train_batch_end(self, trainer, module, *_):
        self.steps += 1
        self.decays.append(module.head.ema)
        if self.steps == self.after:
            raise KeyboardInterrupt

def training(stopped_after=None, resume_from=None, **limits):
    stops = Stops(stopped_after)
    module = Module(forward=forward, head=TeacherStudentWrapper(nnx.Linear(4, 2, rngs=nnx.Rngs(0))), optim="sgd")
    trainer = Trainer(callbacks=[TeacherStudentCallback(), stops, Checkpoint("kept.msgpack", every_n_epochs=1)], **limits)
    try:
        trainer.fit(module, [{"image": numpy.ones((4, 4), "f4")}] * 10, resume_from=resume_from)
    except KeyboardInterrupt:
        pass
    return trainer.global_step, stops.steps, stops.decays

for limits, expected in (({"max_epochs": 10}, (170, 270)), ({"max_epochs": 1000, "max_steps": 100}, (100, 101))):
    print(f"{limits}: {training(**limits)[0]} steps", end="")
    _, _, decays = training(stopped_after=73, **limits)
    at, steps, again = training(resume_from="kept.msgpack", **limits)
    print(f"; stopped after 73 and resumed {at}, the target's decay goes from {decays[-1]:.4f} to {again[0]:.4f}", end="")
    finished = training(resume_from="kept.msgpack", **limits)[0]
    print(f"; started again when it was finished {finished}")
    assert (at, finished) == expected and again[0] == decays[0] and (decays[-1] > again[0] or "max_steps" in limits)
PY
