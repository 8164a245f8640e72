#!/usr/bin/env bash
# Guess:   weights that have been loaded stay what they were when the file is written again.
# Happens: with torch.load(mmap=True) and load_state_dict(assign=True), the way to load without a copy, a frozen network
#          follows its file: after torch.save to the same name it has the new weights, of which it was never told. Only what
#          was changed in memory stays. Without mmap, and with safetensors, it keeps what it loaded.
# Matters: a frozen teacher, or the start that a distance is measured from, taken from latest.pt while training saves to
#          latest.pt: the teacher becomes the student and the distance 0. Save to a new name and rename, or clone.
# Seen:    torch 2.15.0, safetensors 0.8.0, 2026-11-28, on Linux, files of equal length, as checkpoints of one network are.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
packages torch==2.15.0 safetensors==0.8.0 numpy==2.4.6

run <<'PY'
import safetensors.torch, torch

def network(value):
    layer = torch.nn.Linear(512, 512, bias=False)
    torch.nn.init.constant_(layer.weight, value)
    return layer

ways = {
    "torch.load(mmap=True)": (torch.save, lambda file: torch.load(file, mmap=True)),
    "torch.load": (torch.save, torch.load),
    "safetensors": (safetensors.torch.save_file, safetensors.torch.load_file),
}
for name, (save, load) in ways.items():
    save(network(1).state_dict(), "latest")
    teacher = network(0).requires_grad_(False)
    teacher.load_state_dict(load("latest"), assign=True)
    loaded = teacher.weight.mean().item()
    save(network(2).state_dict(), "latest")
    after = teacher.weight.mean().item()
    print(f"{name:22} a frozen weight is {loaded:.0f}, and {after:.0f} after another network was saved")
    assert (loaded, after) == (1, 2 if "mmap" in name else 1)
PY
