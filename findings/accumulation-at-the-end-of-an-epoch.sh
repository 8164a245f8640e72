#!/usr/bin/env bash
# Guess:   accumulate_grad_batches=4 averages the gradients of four batches in every step of the optimizer.
# Happens: ten batches an epoch make three steps, and the third is the sum of two batches divided by four: half a gradient,
#          at the end of every epoch.
# Matters: the usual way to keep the optimizer's batch while the micro-batch shrinks, as BYOL's Figure 3a does, changes the
#          step's size and the number of steps too, the more the smaller the set. Drop what does not fill a step.
# Seen:    pytorch-lightning 2.6.6, torch 2.15.0, 2026-11-28.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
packages torch==2.15.0 pytorch-lightning==2.6.6

run <<'PY' 2> /dev/null
import pytorch_lightning, torch
from torch.utils.data import DataLoader, TensorDataset

class Ones(pytorch_lightning.LightningModule): # every batch's gradient is 1
    def __init__(self):
        super().__init__()
        self.weight = torch.nn.Parameter(torch.zeros(()))
        self.gradients = []

    def training_step(self, batch):
        return 1.0 * self.weight

    def on_before_optimizer_step(self, optimizer):
        self.gradients.append(self.weight.grad.item())

    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), lr=0.1)

model = Ones()
trainer = pytorch_lightning.Trainer(
    max_epochs=2, accumulate_grad_batches=4, accelerator="cpu",
    logger=False, enable_checkpointing=False, enable_progress_bar=False, enable_model_summary=False,
)
trainer.fit(model, DataLoader(TensorDataset(torch.zeros(10))))
print("two epochs of ten batches of gradient 1, by fours:", model.gradients)
assert model.gradients == [1, 1, 0.5, 1, 1, 0.5]
PY
