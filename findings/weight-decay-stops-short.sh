#!/usr/bin/env bash
# Guess:   a weight decay that is scheduled from 0.04 to 0.4 ends near 0.4, and leaves alone what has none.
# Happens: each online probe slows it down: the callback divides the step by the number of optimizers, though steps count
#          batches. With one probe it ends at 0.16, with three at 0.07. And it is given to every group of every optimizer:
#          to biases and norms, which exclude_bias_norm set to 0, and to the probes.
# Matters: DINO's and iBOT's schedule of weight decay is another one by how many probes look on, and probes that should be
#          linear regression decay with the encoder. Watching a run more closely changes what it learns.
# Seen:    stable-pretraining 0.1.8, lightning 2.6.6, torch 2.15.0, 2026-11-28. Its packages are some gigabytes.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
packages torch==2.15.0 lightning==2.6.6 stable-pretraining==0.1.8

run 2> /dev/null <<'PY'
import lightning, torch
import stable_pretraining as spt
from stable_pretraining.callbacks import OnlineProbe, WeightDecayUpdater
spt.set(verbose="ERROR", progress_bar="none")
torch.set_num_threads(1)

def forward(module, batch, stage):
    features = module.backbone(batch["image"])
    return {"embedding": features, "label": batch["label"], "loss": features.pow(2).mean()}

class Look(lightning.Callback):
    def on_train_batch_end(self, trainer, module, *rest):
        self.decays = [[group["weight_decay"] for group in optimizer.param_groups] for optimizer in module.optimizers()]

def at_the_last_step(probes):
    backbone = torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.BatchNorm1d(4))
    adamw = {"type": "AdamW", "lr": 1e-3, "weight_decay": 0.04, "exclude_bias_norm": True}
    module, look = spt.Module(forward=forward, backbone=backbone, optim={"optimizer": adamw}), Look()
    watching = [
        OnlineProbe(module, f"probe {n}", "embedding", "label", torch.nn.Linear(4, 2), torch.nn.CrossEntropyLoss(), metrics={})
        for n in range(probes)
    ]
    quiet = dict(logger=False, enable_checkpointing=False, enable_progress_bar=False, enable_model_summary=False)
    schedule = WeightDecayUpdater("cosine", start_value=0.04, end_value=0.4)
    trainer = lightning.Trainer(max_epochs=1, accelerator="cpu", callbacks=[*watching, schedule, look], **quiet)
    images = [{"image": torch.rand(3), "label": n % 2} for n in range(80)]
    trainer.fit(module, torch.utils.data.DataLoader(images, batch_size=8))
    return look.decays

for probes, expected in ((1, 0.164), (3, 0.074)):
    (weights, biases_and_norms), probe, *_ = at_the_last_step(probes)
    print(f"{probes} probes, step 10 of 10: weights {weights:.3f}, biases and norms {biases_and_norms:.3f}, a probe {probe[0]:.3f}; asked for 0.391")
    assert abs(weights - expected) < 1e-3 and biases_and_norms == weights and probe[0] > 0.07
PY
