#!/usr/bin/env bash
# Guess:   weight averaging that is to begin in epoch 8 leaves epochs 0 to 7 alone.
# Happens: until then the average is the untrained network, and it is what Lightning validates and writes as state_dict. Where
#          training has fewer epochs than that, the fitted model is the one it began with, weight by weight.
# Matters: "best checkpoint" and early stopping look at an untrained network for most of training; a short trial run with
#          the settings of the long one learns nothing, with a falling training loss; and its weights load without a word.
# Seen:    pytorch-lightning 2.6.6, torch 2.15.0, 2026-11-28.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
packages torch==2.15.0 pytorch-lightning==2.6.6

run 2> /dev/null <<'PY'
import pytorch_lightning, torch
from pytorch_lightning.callbacks import EMAWeightAveraging

inputs = torch.linspace(-1, 1, 64)[:, None]
data = torch.utils.data.TensorDataset(inputs, 3 * inputs)

class Line(pytorch_lightning.LightningModule):
    def __init__(self):
        super().__init__()
        self.layer = torch.nn.Linear(1, 1)
        self.losses = {"train": [], "validation": []}
        torch.nn.init.zeros_(self.layer.weight)
    def loss(self, batch):
        return torch.nn.functional.mse_loss(self.layer(batch[0]), batch[1])
    def training_step(self, batch, index):
        loss = self.loss(batch)
        self.losses["train"].append(loss.item())
        return loss
    def validation_step(self, batch, index):
        self.losses["validation"].append(round(self.loss(batch).item(), 2))
    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), lr=0.3)

class Keep(pytorch_lightning.Callback):
    def on_train_epoch_end(self, trainer, line):
        if trainer.current_epoch == 3:
            trainer.save_checkpoint("middle")

def fit(epochs, start):
    torch.manual_seed(0)
    line = Line()
    quiet = dict(logger=False, enable_checkpointing=False, enable_progress_bar=False, enable_model_summary=False, num_sanity_val_steps=0)
    average = EMAWeightAveraging(decay=0.9, update_every_n_steps=0, update_starting_at_epoch=start)
    trainer = pytorch_lightning.Trainer(max_epochs=epochs, accelerator="cpu", callbacks=[average, Keep()], **quiet)
    loaders = [torch.utils.data.DataLoader(data, batch_size=size) for size in (8, 64)]
    trainer.fit(line, *loaders)
    return line

long, short = fit(10, start=8), fit(5, start=8)
print("validation loss of ten epochs, averaged from epoch 8 on:", *long.losses["validation"])
print(f"five epochs: training loss from {short.losses['train'][0]:.2f} to {short.losses['train'][-1]:.2f}, the slope that was learnt {short.layer.weight.item():.2f}, was to be 3")
middle = torch.load("middle")
print(f"a checkpoint of epoch 3: state_dict {middle['state_dict']['layer.weight'].item():.2f}, current_model_state {middle['current_model_state']['layer.weight'].item():.2f}")
assert middle["state_dict"]["layer.weight"] == 0 and middle["current_model_state"]["layer.weight"] > 2.9
assert len(set(long.losses["validation"][:8])) == 1 and long.losses["validation"][0] > 2.5
assert short.losses["train"][-1] < 0.1 and short.layer.weight.item() == 0
PY
