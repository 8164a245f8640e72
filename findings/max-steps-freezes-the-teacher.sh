#!/usr/bin/env bash
# Guess:   training for 24 steps is training for 6 epochs of 4 steps.
# Happens: told in epochs, the target's decay rises from 0.9 along a cosine. Told in steps, the Trainer's max_epochs is -1,
#          and the callback that moves the target divides by it: the decay is 0.9 in one epoch and 1 in the next, by turns.
#          Every second epoch the target stands still.
# Matters: BYOL, MoCo, DINO and all that have a teacher train with half a teacher wherever the length of training is given
#          in steps, as in comparisons at equal numbers of updates. Nothing warns; the loss falls.
# Seen:    stable-pretraining 0.1.8, lightning 2.6.6, torch 2.15.0, 2026-11-28. Its packages are some gigabytes.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
packages torch==2.15.0 lightning==2.6.6 stable-pretraining==0.1.8

run 2> /dev/null <<'PY'
import lightning, torch
import stable_pretraining as spt
from stable_pretraining.backbone import TeacherStudentWrapper
from stable_pretraining.callbacks import TeacherStudentCallback
spt.set(verbose="ERROR", progress_bar="none")
torch.set_num_threads(1)

def forward(module, batch, stage):
    return {"loss": module.backbone.forward_student(batch["image"]).pow(2).mean()}

class Look(lightning.Callback):
    def __init__(self):
        self.decays, self.moved = [], []
    def on_train_epoch_start(self, trainer, module):
        self.before = module.backbone.teacher.weight.clone()
    def on_train_epoch_end(self, trainer, module):
        self.decays.append(round(module.backbone.ema_coefficient.item(), 3))
        self.moved.append(not torch.equal(self.before, module.backbone.teacher.weight))

def train(**length):
    backbone = TeacherStudentWrapper(torch.nn.Linear(3, 1), base_ema_coefficient=0.9)
    module = spt.Module(forward=forward, backbone=backbone, optim={"optimizer": {"type": "SGD", "lr": 1e-3}})
    look = Look()
    quiet = dict(logger=False, enable_checkpointing=False, enable_progress_bar=False, enable_model_summary=False)
    trainer = lightning.Trainer(accelerator="cpu", callbacks=[TeacherStudentCallback(), look], **quiet, **length)
    trainer.fit(module, torch.utils.data.DataLoader([{"image": torch.rand(3)} for _ in range(32)], batch_size=8))
    return look

epochs, steps = train(max_epochs=6), train(max_steps=24)
print("decay in each of 6 epochs:", *epochs.decays)
print("decay in 24 steps, by epoch:", *steps.decays, "| the target moved:", *steps.moved)
assert epochs.decays == [0.9, 0.907, 0.925, 0.95, 0.975, 0.993] and all(epochs.moved)
assert steps.decays == [0.9, 1.0] * 3 and steps.moved == [True, False] * 3
PY
