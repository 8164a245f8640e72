#!/usr/bin/env bash
# Guess:   the more comparisons a test is corrected for, the harder it is to pass.
# Happens: hardest for two. deepsig raises the confidence level of its almost stochastic order from 0.95 by 0.05 divided by
#          the number of comparisons: 0.975 for two, as Bonferroni has it, but 0.955 for ten, where 0.995 is due, and 0.9505
#          for a hundred. An upper bound of 0.55 for one comparison is 0.64 for two and 0.55 again for a hundred. multi_aso,
#          which corrects unasked, treats ten methods, 45 pairs, as if there were one pair.
# Matters: tables of many methods are what the correction is for, and there it is as good as absent: with ten methods that
#          are all alike one of the 45 pairs is nearly sure to pass.
# Seen:    deepsig 1.2.8, numpy 2.4.6, scipy 1.17.1, 2026-11-28.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
packages numpy==2.4.6 scipy==1.17.1 pandas==3.1.1 joblib==1.6.0 tqdm psutil dill
without_dependencies deepsig==1.2.8

run <<'PY'
import numpy
from deepsig import aso

numbers = numpy.random.default_rng(0)
ours, theirs = numbers.normal(0.91, 0.01, 5), numbers.normal(0.905, 0.01, 5)
bounds = {
    comparisons: aso(ours, theirs, num_comparisons=comparisons, seed=0, num_bootstrap_iterations=300, show_progress=False)
    for comparisons in (1, 2, 3, 10, 45, 100)
}
for comparisons, bound in bounds.items():
    print(f"corrected for {comparisons:3} comparisons: violated by {bound:.3f} at most")
assert max(bounds, key=bounds.get) == 2 and bounds[100] - bounds[1] < 0.05 * (bounds[2] - bounds[1])
PY
