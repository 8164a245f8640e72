#!/usr/bin/env bash
# Guess:   the interquartile mean of three seeds is robust: one diverged seed is cut off.
# Happens: rliable's IQM of three runs of one task is their mean. A quarter of three is rounded down to nothing, so nothing
#          is cut: of 90, 91 and 10 % it is 63.7 %. From four runs on it cuts.
# Matters: IQM is reported because means of few runs mislead; at the usual three seeds it is the mean under another name.
# Seen:    rliable 1.2.0, scipy 1.17.1, 2026-11-28.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
packages rliable==1.2.0 scipy==1.17.1 numpy==2.4.6

run <<'PY'
import numpy
from rliable.metrics import aggregate_iqm

for runs in ([0.90, 0.91, 0.10], [0.90, 0.91, 0.92, 0.10]):
    scores = numpy.array(runs)[:, None] # runs by tasks
    print(f"{runs}: mean {scores.mean():.3f}, interquartile mean {aggregate_iqm(scores):.3f}")
assert aggregate_iqm(numpy.array([[0.90], [0.91], [0.10]])) == numpy.mean([0.90, 0.91, 0.10])
assert abs(aggregate_iqm(numpy.array([[0.90], [0.91], [0.92], [0.10]])) - 0.905) < 1e-9
PY
