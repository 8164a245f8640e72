#!/usr/bin/env bash
# Guess:   UDA's temperature sharpens its targets: at T = 0.1 another loss than at T = 1.
# Happens: it is the same loss to the last bit, and so is FixMatch's with hard_label=False. The targets are made by a hook
#          that applies T to logits only; both hand it probabilities and say so, and it returns them as they are.
# Matters: sharpening is one of UDA's three parts. A sweep over T shows it to be without effect, as the library's UDA is
#          without it; Dash and SoftMatch, which hand over logits, are sharpened.
# Seen:    semilearn 0.3.2, torch 2.15.0, 2026-11-28.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
packages torch==2.15.0
without_dependencies semilearn==0.3.2

run <<'PY'
import contextlib
from types import SimpleNamespace as Some
import torch
from sources import definitions
from torch.nn import functional as F

def of(file, name, **given):
    return definitions(f"semilearn/{file}", name, torch=torch, F=F, nn=torch.nn, **given)[name]

ce_loss = of("core/criterions/cross_entropy.py", "ce_loss")
consistency_loss = of("core/criterions/consistency.py", "consistency_loss", ce_loss=ce_loss)
labels = of("algorithms/hooks/pseudo_label.py", "PseudoLabelingHook", Hook=object)()
threshold = of("algorithms/hooks/masking.py", "FixedThresholdingHook", MaskingHook=object)()
anything = type("", (), {"register": lambda *name: lambda kind: kind})()
bases = dict(AlgorithmBase=object, ALGORITHMS=anything, SSL_Argument=None, str2bool=None)
methods = {
    "UDA": of("algorithms/uda/uda.py", "UDA", **bases),
    "FixMatch": of("algorithms/fixmatch/fixmatch.py", "FixMatch", **bases),
}

def loss(name, temperature):
    torch.manual_seed(0)
    itself = methods[name].__new__(methods[name])
    hooks = {"MaskingHook": threshold.masking, "PseudoLabelingHook": labels.gen_ulb_targets}
    itself.__dict__.update(
        T=temperature, p_cutoff=0.5, lambda_u=1.0, use_cat=False, use_hard_label=False,
        tsa_schedule="none", it=0, num_train_iter=1, num_classes=10,
        model=lambda images: {"logits": images, "feat": images}, amp_cm=contextlib.nullcontext,
        ce_loss=ce_loss, consistency_loss=consistency_loss, compute_prob=lambda logits: logits.softmax(-1),
        registered_hook=lambda hook: False,
        call_hook=lambda function, hook, **rest: hooks[hook](itself, **rest),
        process_out_dict=lambda **out: out, process_log_dict=lambda **log: log,
    )
    return itself.train_step(torch.randn(8, 10), torch.arange(8), 2 * torch.randn(56, 10), torch.randn(56, 10))[1]["unsup_loss"]

for name in methods:
    print(f"{name:8} with soft targets: unlabelled loss at T = 0.1 is {loss(name, 0.1):.6f}, at T = 1 {loss(name, 1.0):.6f}")
    assert loss(name, 0.1) == loss(name, 1.0) > 0
sharper = labels.gen_ulb_targets(Some(compute_prob=lambda logits: logits.softmax(-1)), torch.eye(2), use_hard_label=False, T=0.1)
print("the hook's own targets of logits 1 and 0 at T = 0.1:", [round(share, 4) for share in sharper[0].tolist()])
assert sharper[0, 0] > 0.999
PY
