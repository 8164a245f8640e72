#!/usr/bin/env bash
# Guess:   args.seed says which images have their labels: it is in the name of the file that keeps their indices, and
#          load_exist=True, the default, reads that file again.
# Happens: with one seed each call chooses other images, by what numpy has drawn before; the file is written anew each time
#          and never read, since load_exist is passed on as False. Two methods compared in one process have no label in common,
#          and only the second's are on record.
# Matters: with four labels a class the choice of labels moves accuracy by more than the methods differ; "three seeds, the same
#          splits" is true only where each run is a process of its own with nothing random before it.
# Seen:    semilearn 0.3.2, numpy 2.4.6, 2026-11-28.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
packages numpy==2.4.6
without_dependencies semilearn==0.3.2

run <<'PY'
import os
from pathlib import Path
from types import SimpleNamespace as Some
import numpy
from sources import definitions

split = definitions(
    "semilearn/datasets/utils.py", "split_ssl_data", "sample_labeled_unlabeled_data", np=numpy, os=os, base_dir="."
)["split_ssl_data"]
args = Some(dataset="cifar10", num_labels=40, lb_imb_ratio=1, ulb_imb_ratio=1, seed=0)
labels = numpy.arange(10).repeat(500)

def labelled():
    chosen = split(args, numpy.arange(5000), labels, 10, lb_num_labels=40)[0]
    return set(chosen.tolist())

numpy.random.seed(args.seed)
first, second = labelled(), labelled()
(kept,) = Path("data/cifar10/labeled_idx").glob("lb_*")
print(f"labelled images of seed 0, twice in one process: {len(first)} and {len(second)}, {len(first & second)} in common")
print(f"{kept.name} holds the second's: {set(numpy.load(kept).tolist()) == second}")
assert len(first & second) < 5 and len(first) == 40
PY
