#!/usr/bin/env bash
# Guess:   a cosine to 0 ends at 0, however many batches are accumulated for a step.
# Happens: with gradients of four batches a step ("frequency": 4) it ends at 0.85 of the learning rate: its length is the
#          number of batches, and it moves once a step. All schedules that fill in their length themselves do so.
# Matters: accumulation is how a batch size of 4,096 is tried on one card: the large batches of a sweep train at nearly the
#          full rate to the end, and lose for it. Said outright, {"type": "CosineAnnealingLR", "T_max": 20}, it is right.
# Seen:    stable-pretraining 0.1.8, lightning 2.6.6, torch 2.15.0, 2026-11-28. Its packages are some gigabytes.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
packages torch==2.15.0 lightning==2.6.6 stable-pretraining==0.1.8

run 2> /dev/null <<'PY'
import lightning, torch
import stable_pretraining as spt
spt.set(verbose="ERROR", progress_bar="none")
torch.set_num_threads(1)

def forward(module, batch, stage):
    return {"loss": module.backbone(batch["image"]).pow(2).mean()}

class Look(lightning.Callback):
    def on_train_batch_end(self, trainer, module, *rest):
        self.rate, self.steps = module.optimizers().param_groups[0]["lr"], trainer.global_step

def last_rate(scheduler, frequency):
    optim = {"optimizer": {"type": "SGD", "lr": 1.0}, "scheduler": scheduler, "frequency": frequency}
    module, look = spt.Module(forward=forward, backbone=torch.nn.Linear(3, 1), optim=optim), Look()
    quiet = dict(logger=False, enable_checkpointing=False, enable_progress_bar=False, enable_model_summary=False)
    images = torch.utils.data.DataLoader([{"image": torch.rand(3)} for _ in range(320)], batch_size=8)
    lightning.Trainer(max_epochs=2, accelerator="cpu", callbacks=[look], **quiet).fit(module, images)
    return look.rate, look.steps

for scheduler in ("CosineAnnealingLR", "LinearWarmupCosineAnnealing"):
    (plain, steps), (accumulated, fewer) = last_rate(scheduler, 1), last_rate(scheduler, 4)
    print(f"{scheduler:27} after {steps} steps of one batch the rate is {plain:.2f}, after {fewer} steps of four {accumulated:.2f}")
    assert plain < 1e-6 and 0.85 < accumulated < 0.87 and (steps, fewer) == (80, 20)
assert last_rate({"type": "CosineAnnealingLR", "T_max": 20}, 4)[0] < 1e-6
PY
