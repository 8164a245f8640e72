#!/usr/bin/env bash
# Guess:   Dash's first threshold is the loss after its warm-up: on digits 1.2 after 50 steps, 0.8 after 400.
# Happens: it is the loss of the network as it was before the warm-up, 2.3, whatever the warm-up's length. The warm-up
#          begins an average of the weights, trains without moving it, and then evaluates with it in the weights' place. No
#          loss against a network's own sharpened prediction is above ln 10 = 2.3: every unlabelled image is trained with,
#          where the loss of the network after 50 steps would let in 36 %.
# Matters: the threshold falls by 1.27 every ten epochs, so that for the first tens of epochs the method without its part
#          is what is compared with FixMatch, UDA and FreeMatch, and its warm-up length and factor C show no effect.
# Seen:    semilearn 0.3.2, torch 2.15.0, scikit-learn 1.9.1, 2026-11-28.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
packages torch==2.15.0 scikit-learn==1.9.1 numpy==2.4.6
without_dependencies semilearn==0.3.2

run <<'PY'
import contextlib, os
import numpy as np
import sklearn.metrics
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.nn import functional as F
from sources import definitions

torch.set_num_threads(1)
torch.Tensor.cuda = lambda tensor, *device: tensor # the library trains on cards alone, and times them
torch.cuda.synchronize = lambda: None
torch.cuda.Event = type("Event", (), {"__init__": lambda self, **timing: None, "record": lambda self: None, "elapsed_time": lambda self, end: 0.0})
scores = {name: getattr(sklearn.metrics, name) for name in sklearn.metrics.__all__ if name.endswith("_score") or name == "confusion_matrix"}
anything = type("", (), {"register": lambda *name: lambda kind: kind})()

hooks = definitions("semilearn/core/hooks/hook.py")["Hook"]
masking = definitions("semilearn/algorithms/hooks/masking.py", "MaskingHook", torch=torch, Hook=hooks)["MaskingHook"]
threshold = definitions("semilearn/algorithms/dash/utils.py", "DashThresholdingHook", torch=torch, MaskingHook=masking)["DashThresholdingHook"]
update = definitions("semilearn/core/hooks/param_update.py", "ParamUpdateHook", torch=torch, Hook=hooks)["ParamUpdateHook"]
average = definitions("semilearn/core/utils/misc.py", "EMA", torch=torch)["EMA"]
ce_loss = definitions("semilearn/core/criterions/cross_entropy.py", "ce_loss", torch=torch, F=F)["ce_loss"]
base = definitions("semilearn/core/algorithmbase.py", "AlgorithmBase", torch=torch, os=os, np=np, F=F, **scores)["AlgorithmBase"]
method = definitions(
    "semilearn/algorithms/dash/dash.py", "Dash", torch=torch, EMA=average, AlgorithmBase=base, ALGORITHMS=anything, SSL_Argument=None,
    DistributedSampler=type(None),
)["Dash"]

digits = load_digits()
images, labels = torch.tensor(digits.data / 16, dtype=torch.float32), torch.tensor(digits.target)
labelled, unlabelled, evaluated = slice(0, 40), slice(40, 1000), slice(1000, 1797)

class Network(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = nn.Sequential(nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 10))
    def forward(self, inputs):
        return {"logits": self.layers(inputs)}

def warmed_up(steps):
    torch.manual_seed(0)
    itself = method.__new__(method)
    model = Network()
    loader = type("Loader", (list,), {"sampler": 0})([{"x_lb": images[labelled], "y_lb": labels[labelled]}] * steps)
    itself.init(T=0.5, num_wu_iter=steps, num_wu_eval_iter=100)
    itself.__dict__.update(
        it=0, num_iter_per_epoch=steps, model=model, ema_m=0.999, gpu=None, amp_cm=contextlib.nullcontext, ce_loss=ce_loss,
        optimizer=torch.optim.SGD(model.parameters(), lr=0.03, momentum=0.9), scheduler=None, use_amp=False, clip_grad=0, print_fn=lambda line: None,
        hooks_dict={"ParamUpdateHook": update(), "MaskingHook": threshold(rho_min=0.05, gamma=1.27, C=1.0001)},
        loader_dict={"train_lb": loader, "eval": [{"x_lb": images[evaluated], "y_lb": labels[evaluated]}]},
    )
    itself.warmup()
    with torch.no_grad():
        logits = model(images[unlabelled])["logits"]
        share = itself.call_hook("masking", "MaskingHook", logits_x_ulb=logits).mean().item()
        trained = F.cross_entropy(model(images[evaluated])["logits"], labels[evaluated]).item()
        itself.hooks_dict["MaskingHook"] = threshold(rho_min=0.05, gamma=1.27, C=1.0001)
        first, itself.rho_init = itself.rho_init, trained
        due = itself.call_hook("masking", "MaskingHook", logits_x_ulb=logits).mean().item()
    return first, share, trained, due

seen = {steps: warmed_up(steps) for steps in (50, 400, 2000)}
for steps, (first, share, trained, due) in seen.items():
    print(f"after {steps:4} steps: threshold {first:.3f}, {share:.0%} of the unlabelled images are let in; "
          f"loss of the trained network {trained:.3f}, with it {due:.0%}")
assert max(abs(seen[50][0] - one[0]) for one in seen.values()) < 1e-4 and seen[50][0] > 2.25
assert all(one[1] == 1 for one in seen.values()) and seen[50][3] < 0.5 and seen[400][2] < 1
PY
