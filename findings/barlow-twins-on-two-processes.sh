#!/usr/bin/env bash
# Guess:   with gather_distributed=True a loss on two processes is that of one process with both batches.
# Happens: NT-Xent's and VICReg's losses and gradients are. Barlow Twins' are not: the correlations are averaged over the
#          processes, but each process normalises by the mean and deviation of its own part. With parts of 8 images the
#          loss is 9.32 for 8.56 and the gradient points elsewhere, a cosine of 0.87.
# Matters: the paper's code normalises over all GPUs. Here the loss depends on how many a batch is spread over, and a
#          comparison over batch sizes mixes both.
# Seen:    lightly 1.6.0, torch 2.15.0 with gloo on the CPU, 2026-11-28.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
packages torch==2.15.0 lightly==1.6.0

run <<'PY'
import multiprocessing, os
import torch, torch.distributed
from lightly.loss import BarlowTwinsLoss, NTXentLoss, VICRegLoss

torch.set_num_threads(1)
torch.manual_seed(0)
one, two, weight = torch.randn(16, 10), torch.randn(16, 10), torch.randn(10, 8)
losses = {"NT-Xent": NTXentLoss, "VICReg": VICRegLoss, "Barlow Twins": BarlowTwinsLoss}

def learn(loss, part):
    leaf = weight.clone().requires_grad_()
    value = loss(one[part] @ leaf, two[part] @ leaf)
    value.backward()
    return value.detach(), leaf.grad

def process(rank, name, answer):
    torch.distributed.init_process_group("gloo", init_method=f"file://{folder}/{name}", rank=rank, world_size=2)
    value, gradient = learn(losses[name](gather_distributed=True), slice(8 * rank, 8 * rank + 8))
    for each in (value, gradient):
        torch.distributed.all_reduce(each)
    if rank == 0:
        answer.put((value.item() / 2, (gradient / 2).tolist()))
    torch.distributed.barrier()

folder = os.getcwd()
context = multiprocessing.get_context("fork")
for name, loss in losses.items():
    answer = context.Queue()
    processes = [context.Process(target=process, args=(rank, name, answer)) for rank in (0, 1)]
    for each in processes:
        each.start()
    value, gradient = answer.get(timeout=120)
    for each in processes:
        each.join()
    whole, expected = learn(loss(), slice(None))
    cosine = torch.nn.functional.cosine_similarity(torch.tensor(gradient).flatten(), expected.flatten(), dim=0).item()
    print(f"{name:12} on two processes {value:7.2f}, on one {whole.item():7.2f}; cosine of the gradients {cosine:.3f}")
    assert cosine < 0.95 if name == "Barlow Twins" else cosine > 0.999
PY
