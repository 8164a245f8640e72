#!/usr/bin/env bash
# Guess:   a run that stopped after six of ten batches of an epoch goes on with the seventh.
# Happens: Lightning counts on from the seventh and loads from the first: the four batches that are left to count are the
#          first four again, image by image where the seed is the same. Of 80 images 32 are seen twice and 32 not at all;
#          the next epoch is as if nothing had been. Nothing is said.
# Matters: on machines that preempt, images at the end of an epoch's order are seen less, in each epoch that is cut, and a
#          comparison at "equal epochs" is one of unequal data. With a StatefulDataLoader of torchdata the order goes on.
# Seen:    pytorch-lightning 2.6.6, torch 2.15.0, 2026-11-28.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
packages torch==2.15.0 pytorch-lightning==2.6.6

run 2> /dev/null <<'PY'
import pytorch_lightning, torch

class Images(torch.utils.data.Dataset):
    def __len__(self):
        return 80
    def __getitem__(self, index):
        return torch.tensor([float(index)])

class Method(pytorch_lightning.LightningModule):
    def __init__(self):
        super().__init__()
        self.layer, self.seen = torch.nn.Linear(1, 1), ([], [])
    def training_step(self, batch, index):
        self.seen[self.current_epoch].extend(batch.int().flatten().tolist())
        return self.layer(batch).mean()
    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), lr=1e-6)

class Preemption(pytorch_lightning.Callback):
    def on_train_batch_end(self, trainer, *rest):
        if trainer.global_step == 6:
            trainer.save_checkpoint("checkpoint")
            raise KeyboardInterrupt

def train(*callbacks, checkpoint=None):
    pytorch_lightning.seed_everything(0, verbose=False)
    method = Method()
    quiet = dict(logger=False, enable_checkpointing=False, enable_progress_bar=False, enable_model_summary=False)
    trainer = pytorch_lightning.Trainer(max_epochs=2, accelerator="cpu", callbacks=list(callbacks), **quiet)
    try:
        trainer.fit(method, torch.utils.data.DataLoader(Images(), batch_size=8, shuffle=True), ckpt_path=checkpoint)
    except (KeyboardInterrupt, SystemExit):
        pass
    return method.seen

undisturbed, stopped, resumed = train(), train(Preemption()), train(checkpoint="checkpoint")
before, after = stopped[0], resumed[0]
print(f"the epoch that was cut: {len(before)} images, then {len(after)}, of 80 {80 - len({*before, *after})} never and {len({*before} & {*after})} twice")
print("the batches after resuming are the epoch's first:", after == undisturbed[0][:32], "| the next epoch is as it was to be:", resumed[1] == undisturbed[1])
assert after == undisturbed[0][:32] and len({*before, *after}) == 48 and resumed[1] == undisturbed[1]
PY
