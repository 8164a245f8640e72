#!/usr/bin/env bash
# Guess:   a p value that is nan, of a method whose runs diverged, stays nan, and the others are corrected as without it.
# Happens: with holm and bonferroni it counts as one comparison more. With Benjamini and Hochberg's every corrected p value is
#          nan, while `reject` still says True of some, and of fewer than before: 0.03, found without the nan, is not found.
#          hommel and fdr_gbs find nothing at all any more. SciPy refuses the same p values.
# Matters: one collapsed method in a sweep changes which of the others differ from the baseline; `corrected < 0.05` and
#          `reject` of one call disagree.
# Seen:    statsmodels 0.15.0, scipy 1.17.1, numpy 2.4.6, 2026-11-28.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
packages statsmodels==0.15.0 scipy==1.17.1 numpy==2.4.6

run <<'PY'
import numpy
from scipy.stats import false_discovery_control
from statsmodels.stats.multitest import multipletests

p = [0.001, 0.01, 0.02, 0.03, 0.2, 0.04, 0.045, 0.03]
lost = {}
for method in ("bonferroni", "holm", "hommel", "simes-hochberg", "fdr_bh", "fdr_by", "fdr_tsbky", "fdr_gbs"):
    before, _, _, _ = multipletests(p, method=method)
    after, corrected, _, _ = multipletests(p + [numpy.nan], method=method)
    lost[method] = int(before.sum()), int(after.sum()), int(numpy.isnan(corrected).sum())
    print(f"{method:14} finds {before.sum()} of 8; with a ninth that is nan {after.sum()}, and of the corrected {lost[method][2]} are nan")
assert lost["fdr_bh"] == (5, 2, 9) and lost["holm"] == (1, 1, 1)
assert lost["fdr_gbs"][1:] == lost["hommel"][1:] == (0, 9)
try:
    false_discovery_control(p + [numpy.nan])
    raise AssertionError("SciPy takes it")
except ValueError as error:
    print("SciPy:", error)
PY
