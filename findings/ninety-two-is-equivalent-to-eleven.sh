#!/usr/bin/env bash
# Guess:   a test for equivalence asks what difference is to count as none, or takes one from the data.
# Happens: pingouin's tost() takes 1, in the units of the data. Accuracies of 0.92 and 0.11 over three seeds are equivalent
#          with p = 0.00001; in per cent, 92 and 11, the same accuracies are not, with p = 1. Paired, p = 0.0005.
# Matters: "no significant loss at small batches" is what robustness claims are made of. With fractions, any two methods are
#          equivalent, so the test never says no. Give the bound.
# Seen:    pingouin 0.7.0, 2026-11-28.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
packages pingouin==0.7.0

run 2> /dev/null <<'PY'
import numpy, pingouin

good, poor = numpy.array([0.92, 0.93, 0.91]), numpy.array([0.10, 0.12, 0.11])
values = {
    "as fractions": pingouin.tost(good, poor)["pval"].iloc[0],
    "in per cent": pingouin.tost(100 * good, 100 * poor)["pval"].iloc[0],
    "as fractions, paired": pingouin.tost(good, poor, paired=True)["pval"].iloc[0],
}
for name, value in values.items():
    print(f"92 % and 11 % {name}: p = {value:.5f} for being equivalent")
assert values["as fractions"] < 1e-4 and values["in per cent"] > 0.99 and values["as fractions, paired"] < 1e-3
PY
