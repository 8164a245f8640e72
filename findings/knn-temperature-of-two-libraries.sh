#!/usr/bin/env bash
# Guess:   temperature 0.07 of a weighted k-NN means the same in two libraries: weights exp(similarity / 0.07).
# Happens: lightly's means that. stable-pretraining adds the temperature to a distance, weights 1 / (distance + 0.07). A
#          neighbour at cosine 0.9 outvotes one at 0.5 by 303 to 1 there and by 2.07 to 1 here; at temperature 0.7 by 1.8
#          and by 1.5.
# Matters: k-NN tables of "T = 0.07" from the two are of a nearest neighbour and of nearly equal votes: at k = 200 on few
#          images a class the accuracies are far apart, and for a reason that no table names.
# Seen:    lightly 1.6.0, stable-pretraining 0.1.8, torch 2.15.0, 2026-11-28.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
packages torch==2.15.0 lightly==1.6.0
without_dependencies stable-pretraining==0.1.8

run <<'PY'
from types import SimpleNamespace as Some
from typing import Optional
import torch
from lightly.utils.benchmarking.knn import knn_predict
from sources import definitions

distances = definitions("stable_pretraining/utils/distance_metrics.py")["compute_pairwise_distances_chunked"]
predict = definitions(
    "stable_pretraining/callbacks/knn.py", "_compute_knn_predictions",
    torch=torch, F=torch.nn.functional, Tensor=torch.Tensor, Optional=Optional, compute_pairwise_distances_chunked=distances,
)["_compute_knn_predictions"]

def at(cosine): # a feature of length 1
    return [cosine, (1 - cosine**2) ** 0.5]

def stable_wins(far, temperature): # one neighbour at 0.9 of class 0, so many at 0.5 of class 1
    settings = Some(k=1 + far, temperature=temperature, chunk_size=-1, distance_metric="euclidean", _resolve_num_classes=lambda *_: 2)
    bank, labels = torch.tensor([at(0.9)] + [at(0.5)] * far), torch.tensor([0] + [1] * far)
    return predict(settings, torch.tensor([at(1.0)]), bank, labels)[0].argmax().item() == 0

def lightly_wins(far, temperature):
    bank, labels = torch.tensor([at(0.9)] + [at(0.5)] * far), torch.tensor([0] + [1] * far)
    return knn_predict(torch.tensor([at(1.0)]), bank.T, labels, num_classes=2, knn_k=1 + far, knn_t=temperature)[0, 0].item() == 0

def outvotes(wins, temperature): # how many at 0.5 the one at 0.9 stands up to
    return max(far for far in range(1, 400) if wins(far, temperature))

for temperature in (0.07, 0.7):
    print(f"temperature {temperature}: one at 0.9 outvotes {outvotes(lightly_wins, temperature)} at 0.5 in lightly,",
          f"{outvotes(stable_wins, temperature)} in stable-pretraining")
assert outvotes(lightly_wins, 0.07) == 303 and outvotes(stable_wins, 0.07) == 2
PY
