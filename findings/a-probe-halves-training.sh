#!/usr/bin/env bash
# Guess:   Trainer(max_steps=10) trains on ten batches, with an online probe beside the encoder or without.
# Happens: with a probe that has its own optimizer it trains on five. Lightning's global_step counts the steps of all
#          optimizers.
# Matters: whatever is a function of trainer.global_step, a target decay or a warm-up, runs twice as fast once a probe is
#          there to watch, and training ends at half. The run with the probe and the run without it are not one experiment.
# Seen:    pytorch-lightning 2.6.6, torch 2.15.0, 2026-11-28.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
packages torch==2.15.0 pytorch-lightning==2.6.6

run <<'PY' 2> /dev/null
import pytorch_lightning, torch
from torch.utils.data import DataLoader, TensorDataset

class Learner(pytorch_lightning.LightningModule):
    def __init__(self, parts):
        super().__init__()
        self.automatic_optimization = False
        self.parts = torch.nn.ModuleList(torch.nn.Linear(1, 1) for _ in range(parts)) # an encoder, a probe
        self.batches = 0

    def configure_optimizers(self):
        return [torch.optim.SGD(part.parameters(), lr=0.1) for part in self.parts]

    def training_step(self, batch):
        self.batches += 1
        optimizers = self.optimizers()
        for part, optimizer in zip(self.parts, optimizers if isinstance(optimizers, list) else [optimizers]):
            optimizer.zero_grad()
            self.manual_backward(part(batch[0]).sum())
            optimizer.step()

def batches(parts):
    learner = Learner(parts)
    trainer = pytorch_lightning.Trainer(
        max_steps=10, accelerator="cpu", logger=False, enable_checkpointing=False, enable_progress_bar=False, enable_model_summary=False,
    )
    trainer.fit(learner, DataLoader(TensorDataset(torch.zeros(100, 1))))
    return learner.batches

alone, probed = batches(1), batches(2)
print(f"max_steps=10: {alone} batches, with a probe {probed}")
assert (alone, probed) == (10, 5)
PY
