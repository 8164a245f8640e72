#!/usr/bin/env bash
# Guess:   in evaluation a pretrained masked autoencoder's encoder sees the whole image, and the same image twice alike.
# Happens: ViTMAEModel goes on masking in eval(): of 16 patches it sees 4, drawn anew in every call, and returns them in the
#          order in which they were drawn. Seen a second time, an image of a digit is the nearest neighbour of itself by the
#          class token in 2 % of the cases. With mask_ratio 0 it sees all patches, but still in another order in every call: by
#          class token and by the mean of the patches an image is found again always, by the patches in their order never.
# Matters: k-NN and linear probes of MAE by this class are of a quarter of each image and other ones in every run; dense probes
#          are of shuffled maps even where masking was switched off. The mean of the patches is the one thing that is safe.
# Seen:    transformers 5.24.0, torch 2.15.0, scikit-learn 1.9.1, 2026-11-28.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
packages torch==2.15.0 transformers==5.24.0 scikit-learn==1.9.1

run 2> /dev/null <<'PY'
import torch
from sklearn.datasets import load_digits
from transformers import ViTMAEConfig, ViTMAEForPreTraining

torch.set_num_threads(1)
torch.manual_seed(0)
digits = torch.tensor(load_digits().data[:500] / 8 - 1, dtype=torch.float32).view(-1, 1, 8, 8).repeat(1, 3, 1, 1)
config = ViTMAEConfig(image_size=8, patch_size=2, hidden_size=64, num_hidden_layers=4, num_attention_heads=4, intermediate_size=128,
                      decoder_hidden_size=32, decoder_num_hidden_layers=1, decoder_num_attention_heads=2, decoder_intermediate_size=64)
pretraining = ViTMAEForPreTraining(config)
optimizer = torch.optim.AdamW(pretraining.parameters(), lr=2e-3)
for _ in range(200):
    optimizer.zero_grad()
    pretraining(digits[torch.randint(0, 500, (32,))]).loss.backward()
    optimizer.step()
model = pretraining.eval().vit

@torch.no_grad()
def seen(images):
    return model(images).last_hidden_state

def found(what): # how often the nearest neighbour of an image among all of them, seen again, is itself
    first, second = (torch.nn.functional.normalize(what(seen(digits)).flatten(1), dim=1) for _ in range(2))
    return ((first @ second.T).argmax(1) == torch.arange(len(digits))).float().mean().item()

kinds = {"class token": lambda tokens: tokens[:, 0], "mean of patches": lambda tokens: tokens[:, 1:].mean(1),
         "patches in order": lambda tokens: tokens[:, 1:]}
results = {}
for ratio in (0.75, 0.0):
    model.config.mask_ratio = ratio
    results[ratio] = {name: found(kind) for name, kind in kinds.items()}
    print(f"mask_ratio {ratio}: {seen(digits).shape[1] - 1} of 16 patches; found again by " + ", ".join(f"{name} {share:.0%}" for name, share in results[ratio].items()))
assert all(share < 0.5 for share in results[0.75].values())
assert results[0.0]["class token"] == results[0.0]["mean of patches"] == 1 and results[0.0]["patches in order"] < 0.5
PY
