#!/usr/bin/env bash
# Guess:   a run of 1,000 iterations that was killed at 450 goes on from its checkpoint at 400 and ends at 1,000.
# Happens: it ends at 400. The checkpoint says that the next epoch is to come, and there is one epoch, which is the default.
#          With four epochs of 250 it leaves out what was left of the second and ends at 900. It then writes its model and
#          reports its best accuracy as a run does that is done; the last evaluation, due at iteration 1,000, never comes.
# Matters: runs on shared machines are the ones that are killed: of two methods the one that was preempted more often was
#          trained less, with a cosine that stops on its way, and its log does not say so.
# Seen:    semilearn 0.3.2, torch 2.15.0, 2026-11-28.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
packages torch==2.15.0
without_dependencies semilearn==0.3.2

run <<'PY'
import os
from types import SimpleNamespace as Some
import torch
from sources import definitions

hook = definitions("semilearn/core/hooks/hook.py")["Hook"]
checkpoint = definitions("semilearn/core/hooks/checkpoint.py", "CheckpointHook", os=os, Hook=hook)["CheckpointHook"]
base = definitions("semilearn/core/algorithmbase.py", "AlgorithmBase", torch=torch, os=os)["AlgorithmBase"]

class Killed(Exception):
    pass

class Nothing(base): # learns nothing, but is trained, saved and loaded as all methods are
    def __init__(self, epochs, kill=None, iterations=1000):
        weight = torch.nn.Linear(1, 1)
        optimizer = torch.optim.SGD(weight.parameters(), lr=1.0)
        self.__dict__.update(
            epochs=epochs, num_train_iter=iterations, num_eval_iter=200, it=0, start_epoch=0, kill=kill, best_it=0, best_eval_acc=0.0,
            model=weight, ema_model=weight, optimizer=optimizer, scheduler=None, loss_scaler=torch.amp.GradScaler("cpu"),
            save_dir=".", save_name="run", distributed=False, print_fn=lambda line: None,
            loader_dict={"train_lb": [{}] * (iterations // epochs), "train_ulb": [{}] * (iterations // epochs)},
            hooks_dict={"checkpoint": checkpoint()},
        )
    def process_batch(self, **batch):
        return batch
    def train_step(self):
        if self.it == self.kill:
            raise Killed
        return {}, {}

def iterations(epochs):
    try:
        Nothing(epochs, kill=450).train()
    except Killed:
        pass
    again = Nothing(epochs)
    again.load_model("run/latest_model.pth")
    begun = again.it
    again.train()
    return begun, again.it

for epochs, expected in ((1, (400, 400)), (4, (400, 900))):
    begun, ended = iterations(epochs)
    print(f"{epochs} epochs, 1,000 iterations: resumed at {begun}, ended at {ended}")
    assert (begun, ended) == expected
PY
