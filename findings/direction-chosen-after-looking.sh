#!/usr/bin/env bash
# Guess:   at alpha = 0.05 two methods that are alike are told apart in 5 % of the comparisons.
# Happens: in 11 % at 20 seeds, where autorank takes Wilcoxon's test: it looks which median is greater and then tests that one
#          side, so that alpha is 10 %. Five seeds that all point one way are significant, p = 0.031, which no two-sided
#          signed-rank test of five can be. Its t-test, for data that look normal, has two sides.
#          And the first row of the table that is "descending", of accuracies, is the worst method, whose effect
#          size is 0 and from which the others differ by -6; with "ascending", of errors, it is the best.
# Matters: whether a difference counts depends on a test for normality; and result.rankdf.index[0] is the winner or the loser.
# Seen:    autorank 1.3.0, scipy 1.17.1, pandas 3.1.1, 2026-11-28.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
packages autorank==1.3.0 scipy==1.17.1 pandas==3.1.1 numpy==2.4.6

run <<'PY'
import contextlib, io
import numpy, pandas, scipy.stats
from autorank import autorank

def compared(values, **how):
    with contextlib.redirect_stdout(io.StringIO()):
        return autorank(pandas.DataFrame(values), alpha=0.05, **how)

numbers, times = numpy.random.default_rng(0), 300
told_apart = {mode: 0 for mode in ("parametric", "nonparametric")}
for _ in range(times):
    seeds = numbers.normal(0.9, 0.01, (2, 20))
    for mode in told_apart:
        told_apart[mode] += compared(dict(BYOL=seeds[0], SimCLR=seeds[1]), force_mode=mode).pvalue < 0.05
print("20 seeds of one distribution are told apart:", {mode: f"{number / times:.0%}" for mode, number in told_apart.items()})
assert told_apart["nonparametric"] > 0.085 * times and told_apart["parametric"] < 0.08 * times

five = numpy.array([0.90, 0.91, 0.92, 0.93, 0.94])
ours = compared(dict(BYOL=five + 0.001 * numpy.arange(1, 6), SimCLR=five), force_mode="nonparametric").pvalue
scipys = scipy.stats.wilcoxon(0.001 * numpy.arange(1, 6)).pvalue
print(f"five seeds that point one way: p = {ours:.4f}, by SciPy {scipys:.4f}")
assert abs(2 * ours - scipys) < 1e-9

methods = dict(BYOL=numbers.normal(0.90, 0.01, 10), SimCLR=numbers.normal(0.84, 0.01, 10))
for order, values in (("descending", methods), ("ascending", {name: 1 - accuracy for name, accuracy in methods.items()})):
    table = compared(values, order=order).rankdf
    print(f"{order:10}: first {table.index[0]}, mean rank {table.meanrank.iloc[0]:.0f}; effect sizes {[round(float(one), 1) for one in table.effect_size]}")
    assert table.index[0] == ("SimCLR" if order == "descending" else "BYOL")
PY
