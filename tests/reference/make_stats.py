"""Expected values for src/results: NumPy, SciPy and statsmodels on small tables.

    pip install scipy==1.17.1 statsmodels==0.15.0 && python tests/reference/make_stats.py
"""

import itertools
import json
import pathlib
import types

import numpy as np
from scipy import special, stats
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.weightstats import DescrStatsW

TABLES = [
    [0.41, 0.44],
    [0.431, 0.425, 0.44],
    [0.1, 0.2, 0.3, 0.4, 0.5],
    [-0.012, 0.004, -0.02, -0.031],
    [0.702, 0.698, 0.711, 0.695, 0.709, 0.704, 0.7, 0.699, 0.707, 0.703],
]


def means(values, margin):
    test = stats.ttest_1samp(values, margin)
    low, high = test.confidence_interval(0.95)
    return dict(values=values, margin=margin, mean=np.mean(values), std=np.std(values, ddof=1), low=low, high=high, p=test.pvalue)


def drops(a, b):
    """How much more `a` changes from its baseline than `b`, seed by seed: each is (values at the baseline, values here)."""
    change = [np.subtract(here, there) for there, here in (a, b)]
    test = stats.ttest_rel(*change)
    low, high = test.confidence_interval(0.95)
    return dict(a=a, b=b, mean=np.mean(change[0] - change[1]), low=low, high=high, p=test.pvalue)


def slope(x, y):
    return dict(x=x, y=y, slope=stats.linregress(np.log2(x), y).slope)


def power(n, effect):
    return stats.nct.sf(stats.t.ppf(0.975, n - 1), n - 1, effect * np.sqrt(n))


def seeds(mean, std, margin):
    enough = (n for n in range(2, 101) if power(n, abs(mean - margin) / std) >= 0.8)
    return dict(mean=mean, std=std, margin=margin, needed=next(enough, 0))


def bca(values):
    """SciPy's interval from all n^n resamples, handed to it as if it had drawn them."""
    every = [np.mean(sorted_choice) for sorted_choice in
             (np.array(values)[sorted(places)] for places in itertools.product(range(len(values)), repeat=len(values)))]
    given = types.SimpleNamespace(bootstrap_distribution=np.array(every))
    interval = stats.bootstrap((values,), np.mean, n_resamples=0, method="BCa", bootstrap_result=given).confidence_interval
    return dict(values=values, low=interval.low, high=interval.high)


def bca_drawn(values):
    interval = stats.bootstrap((values,), np.mean, n_resamples=1_000_000, method="BCa", batch=100_000,
                               rng=np.random.default_rng(0)).confidence_interval
    return dict(values=values, low=interval.low, high=interval.high)


def holm(p):
    return dict(p=p, corrected=list(multipletests(p, method="holm")[1]))


def equivalence(values, within):
    """Two one-sided tests; the verdict 1 where they show equality, 2 where the 95 % interval lies outside, else 0."""
    p = DescrStatsW(values).ttost_mean(-within, within)[0]
    test = stats.ttest_1samp(values, 0)
    low, high = test.confidence_interval(0.9)
    wide = test.confidence_interval(0.95)
    verdict = 1 if p < 0.05 else 2 if wide.low > within or wide.high < -within else 0
    return dict(values=values, within=within, p=p, low=low, high=high, verdict=verdict)


def expected_best(scores):
    """The mean of the greatest over all n-fold draws, for n from 1 to the number of scores; no closed form is in it."""
    draws = (itertools.product(scores, repeat=n) for n in range(1, len(scores) + 1))
    return dict(scores=scores, expected=[np.mean([max(draw) for draw in all_of_n]) for all_of_n in draws])


def first_reached(curve, height):
    """The share of training at which a curve first is as high, in straight lines between evaluations: on a fine grid, then by
    NumPy's interpolation of the one piece that it is in."""
    places = np.linspace(0, 1, len(curve))
    piece = next(i for i in range(1, len(curve)) if curve[i] >= height)
    return np.interp(height, curve[piece - 1:piece + 1], places[piece - 1:piece + 1])


def measures(seeds):
    """How much less a loses than b, by each measure; a curve over training for the baseline (there) and where it drops to (here)."""
    ends = {m: {place: np.array([seed[m][place][-1] for seed in seeds]) for place in ("there", "here")} for m in "ab"}
    gains = {m: {place: ends[m][place] - [seed[m]["untrained"] for seed in seeds] for place in ("there", "here")} for m in "ab"}

    def at_equal_height(seed, m):
        height = min(seed["a"]["there"][-1], seed["b"]["there"][-1])
        curve = seed[m]["here"]
        return np.interp(first_reached(seed[m]["there"], height), np.linspace(0, 1, len(curve)), curve) - height

    left = {
        "absolute": {m: ends[m]["here"] - ends[m]["there"] for m in "ab"},
        "relative": {m: ends[m]["here"] / ends[m]["there"] for m in "ab"},
        "kept": {m: gains[m]["here"] / gains[m]["there"] for m in "ab"},
        "log-odds": {m: special.logit(ends[m]["here"]) - special.logit(ends[m]["there"]) for m in "ab"},
        "equal-height": {m: np.array([at_equal_height(seed, m) for seed in seeds]) for m in "ab"},
    }

    def compared(both):
        low, high = stats.ttest_rel(both["a"], both["b"]).confidence_interval(0.95)
        return dict(mean=np.mean(both["a"] - both["b"]), low=low, high=high)

    return dict(seeds=seeds, **{name: compared(both) for name, both in left.items()})


def trained(untrained, there, here):
    return dict(untrained=untrained, there=there, here=here)


# b stands higher and loses more points, of which it keeps as much; the curve of the second b dips before it rises.
HEIGHTS = [
    dict(a=trained(0.2, [0.2, 0.3, 0.38, 0.4], [0.2, 0.27, 0.33, 0.35]), b=trained(0.2, [0.2, 0.45, 0.66, 0.7], [0.2, 0.4, 0.55, 0.6])),
    dict(a=trained(0.18, [0.18, 0.29, 0.35, 0.41], [0.18, 0.28, 0.34, 0.37]), b=trained(0.19, [0.19, 0.5, 0.3, 0.72], [0.19, 0.46, 0.5, 0.58])),
    dict(a=trained(0.21, [0.21, 0.31, 0.42, 0.39], [0.21, 0.25, 0.3, 0.33]), b=trained(0.2, [0.2, 0.4, 0.6, 0.69], [0.2, 0.39, 0.52, 0.61])),
]

document = dict(
    means=[means(values, margin) for values in TABLES for margin in (0.0, 0.3)],
    drops=[drops(([0.5, 0.6, 0.4], [0.49, 0.58, 0.385]), ([0.48, 0.59, 0.41], [0.44, 0.54, 0.362])),
           drops(([0.71, 0.69], [0.7, 0.66]), ([0.65, 0.66], [0.66, 0.6]))],
    slopes=[slope([512, 64], [0.5, 0.4]), slope([512, 256, 128, 64], [0.72, 0.71, 0.66, 0.58]), slope([1, 3, 4.5], [0.1, 0.3, 0.2])],
    quantiles=[dict(n=n, t=stats.t.ppf(0.975, n - 1)) for n in (2, 3, 4, 11, 31, 101)],
    power=[dict(n=n, effect=effect, power=power(n, effect)) for n in (2, 3, 5, 20, 100) for effect in (0.0, 0.3, 1.0, 3.0)],
    seeds=[seeds(*case) for case in ((0.02, 0.01, 0.0), (-0.02, 0.01, 0.0), (0.02, 0.01, 0.01), (0.01, 0.02, 0.0), (0.001, 0.02, 0.0))],
    bca=[bca(values) for values in ([0.431, 0.425, 0.44], [0.41, 0.44, 0.4, 0.47], [0.1, 0.2, 0.3, 0.4, 0.9], [0.5, 0.6, 0.4, 0.55, 0.47, 0.9])],
    bca_drawn=[bca_drawn(TABLES[4]), bca_drawn([0.1, 0.2, 0.15, 0.9, 0.3, 0.25, 0.22, 0.4, 0.35, 0.6, 0.12, 0.2])],
    expected_best=[expected_best(scores) for scores in ([0.4], [0.41, 0.44, 0.4], [0.5, 0.2, 0.5, 0.61, 0.33])],
    equivalence=[equivalence(values, within) for within in (0.01, 0.03) for values in ([0.002, -0.001, 0.004], [0.008, 0.012, 0.01, 0.006],
                 [-0.041, -0.044, -0.039], [0.02, -0.03], [-0.012, 0.004, -0.02, -0.031, 0.002])],
    measures=[measures(HEIGHTS), measures([dict(a=seed["b"], b=seed["a"]) for seed in HEIGHTS[:2]])],
    holm=[holm(p) for p in ([0.01], [0.01, 0.04, 0.03, 0.005], [0.9, 0.02, 0.02], [0.5, 0.6])],
)
pathlib.Path(__file__).with_name("stats.json").write_text(json.dumps(document, indent=1, default=float) + "\n")
