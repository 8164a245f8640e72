#!/usr/bin/env bash
# Guess:   correcting p values for eight comparisons makes none of them smaller.
# Happens: three of statsmodels' methods do: of p = 0.2, the greatest, fdr_tsbh makes 0.075 and fdr_gbs 0.041, which is
#          significant at 5 %, though no other of the ten methods rejects it and by itself it would not be. They estimate how
#          many of the hypotheses are true, here few, and answer for a share of false findings: eight comparisons of which
#          seven are clear have room for one that is not. On noise alone they hold their level.
# Matters: a table of methods against a baseline with many clear rows proves the unclear one as well, and dropping a clear
#          row takes it away again. Per-row claims need holm.
# Seen:    statsmodels 0.15.0, scipy 1.17.1, numpy 2.4.6, 2026-11-28.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
packages statsmodels==0.15.0 scipy==1.17.1 numpy==2.4.6

run <<'PY'
import numpy
from statsmodels.stats.multitest import multipletests

p = numpy.array([0.001, 0.01, 0.02, 0.03, 0.03, 0.04, 0.045, 0.2])
methods = ("bonferroni", "sidak", "holm", "holm-sidak", "simes-hochberg", "hommel", "fdr_bh", "fdr_by", "fdr_tsbh", "fdr_tsbky", "fdr_gbs")
smaller, found = set(), set()
for method in methods:
    rejected, corrected, _, _ = multipletests(p, method=method)
    print(f"{method:14}", " ".join(f"{value:.3f}" for value in corrected), "| rejects", rejected.sum())
    smaller |= {method} if (corrected < p - 1e-12).any() else set()
    found |= {method} if rejected[-1] else set()
assert smaller == {"fdr_tsbh", "fdr_tsbky", "fdr_gbs"} and found == {"fdr_gbs"}
assert not multipletests(p[-4:], method="fdr_gbs")[0][-1]
noise = numpy.random.default_rng(0).random((1000, 8))
assert sum(multipletests(row, method="fdr_gbs")[0].any() for row in noise) < 65
PY
