"""Expected values for src/results/sequence.rs: SciPy's noncentral t integrated over the mixture, and confseq's widths.

    pip install scipy==1.17.1 matplotlib multiprocess && pip download --no-deps --no-binary confseq confseq==0.0.11 && tar xzf confseq-0.0.11.tar.gz
    PYTHONPATH=confseq-0.0.11/src python tests/reference/make_sequences.py

Of confseq only the part in Python is used; the compiled one, which needs Boost, is not.
"""

import json
import pathlib

import numpy as np

np.float_ = np.float64  # confseq 0.0.11 asks for the name that NumPy 2 took away

from confseq.betting import betting_cs
from confseq.predmix import predmix_empbern_twosided_cs
from scipy import integrate, optimize, stats

ALPHA, PRECISION = 0.05, 0.183


def log_e(values, margin):
    """The density of the t statistic, its effect drawn from the mixture, over the central one's."""
    n = len(values)
    t = (np.mean(values) - margin) / (np.std(values, ddof=1) / np.sqrt(n))
    return log_e_of_t(n, t)


def log_e_of_t(n, t):
    prior = stats.norm(0, 1 / np.sqrt(PRECISION))
    # The likelihood of the effect lies around t / sqrt(n), as wide as a few over sqrt(n).
    middle, wide = t / np.sqrt(n), (8 + abs(t)) / np.sqrt(n)
    density = lambda effect: stats.nct.pdf(t, n - 1, effect * np.sqrt(n)) * prior.pdf(effect)
    mixed, _ = integrate.quad(density, middle - wide, middle + wide, epsabs=0, epsrel=1e-11, limit=500)
    return np.log(mixed / stats.t.pdf(t, n - 1))


def half(values):
    """Where the e-value becomes 20, found by bisection; none of too few values."""
    n, deviation = len(values), np.std(values, ddof=1)
    t = optimize.brentq(lambda t: log_e_of_t(n, t) + np.log(ALPHA), 1e-3, 200, xtol=1e-12)
    return t * deviation / np.sqrt(n)


def case(values, margin):
    greatest = max([0.0] + [log_e(values[:n], margin) for n in range(2, len(values) + 1)])
    return dict(values=values, margin=margin, log_e=log_e(values, margin), half=half(values), p=np.exp(-greatest))


def bounded(values, n):
    """Widths on the scale of the differences, which lie between -1 and 1 and are moved to 0 to 1 for confseq."""
    moved = (np.array(values) + 1) / 2
    bets = [2 * np.subtract(*betting_cs(moved, alpha=ALPHA, breaks=20000, running_intersection=True)[::-1])[i - 1] for i in n]
    bernstein = [2 * np.subtract(*predmix_empbern_twosided_cs(moved, alpha=ALPHA, running_intersection=True)[::-1])[i - 1] for i in n]
    return [dict(of="betting_cs", values=values, n=n, width=bets), dict(of="predmix_empbern", values=values, n=n, width=bernstein)]


def differences(seed, mean, spread, count):
    return list(np.round(np.random.default_rng(seed).normal(mean, spread, count), 4))


VALUES = [
    [0.431, 0.425, 0.44, 0.437],
    [0.1, 0.2, 0.3, 0.4, 0.5],
    [-0.012, 0.004, -0.02, -0.031, -0.011, -0.008],
    [0.702, 0.698, 0.711, 0.695, 0.709, 0.704, 0.7, 0.699, 0.707, 0.703],
    differences(3, 0.02, 0.02, 20),
]
LOOKS = [4, 5, 6, 8, 10, 20, 50]

document = dict(
    values=[case(values, margin) for values, margin in zip(VALUES, (0.4, 0.0, 0.01, 0.69, 0.0))],
    confseq=[found for case in ((0, 0.01, 0.01), (1, 0.05, 0.03)) for found in bounded(differences(*case, 50), LOOKS)],
)
pathlib.Path(__file__).with_name("sequences.json").write_text(json.dumps(document, indent=1, default=float) + "\n")
