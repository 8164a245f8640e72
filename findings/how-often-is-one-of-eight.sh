#!/usr/bin/env bash
# Guess:   whole numbers from 1 to 8, even on a log scale, are drawn alike by every library.
# Happens: a 1 comes in 39 % of the draws with Optuna, in 31 or 32 % with ConfigSpace and Ray, in 20 % with hyperopt, skopt
#          and Syne Tune, where 2 is the most frequent with 25 % and 8 comes half as often as 7. Not on a log scale, hyperopt's
#          uniformint has 1 and 8 half as often as the others, and its quniform(1, 10, 4) draws 0, 4 and 8: 0 in one of nine.
# Matters: a random search is compared with itself in another library as if it were one method; depths, crops, patch sizes
#          at the ends of a range, where the best ones are, are tried half or twice as often; a batch of 0 fails late.
# Seen:    optuna 5.0.0, ConfigSpace 1.2.2, ray 2.60.0, hyperopt 0.3.0, scikit-optimize 0.10.2, syne-tune 0.16.0, 2026-11-28.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
packages optuna==5.0.0 ConfigSpace==1.2.2 "ray[tune]==2.60.0" hyperopt==0.3.0 scikit-optimize==0.10.2 syne-tune==0.16.0

run 2> /dev/null <<'PY'
from collections import Counter
import ConfigSpace, numpy, optuna, syne_tune.config_space
from hyperopt import hp
from hyperopt.pyll.stochastic import sample
from ray import tune
from skopt.space import Integer

COUNT = 4_000
optuna.logging.set_verbosity(optuna.logging.ERROR)
study = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=0))
space = ConfigSpace.ConfigurationSpace(seed=0)
space.add(ConfigSpace.Integer("x", (1, 8), log=True))
generator = numpy.random.default_rng(0)

def hyperopts(values):
    return [sample(values, generator) for _ in range(COUNT)]

draws = {
    "optuna": [study.ask().suggest_int("x", 1, 8, log=True) for _ in range(COUNT)],
    "ConfigSpace": [one["x"] for one in space.sample_configuration(COUNT)],
    "ray": tune.lograndint(1, 9).sample(size=COUNT, random_state=numpy.random.RandomState(0)),
    "hyperopt": hyperopts(hp.qloguniform("x", 0, numpy.log(8), 1)),
    "skopt": Integer(1, 8, prior="log-uniform").rvs(COUNT, random_state=0),
    "syne-tune": syne_tune.config_space.lograndint(1, 8).sample(size=COUNT, random_state=numpy.random.RandomState(0)),
    "hyperopt's uniformint(1, 8)": hyperopts(hp.uniformint("x", 1, 8)),
    "hyperopt's quniform(1, 10, 4)": hyperopts(hp.quniform("x", 1, 10, 4)),
}
shares = {}
for name, drawn in draws.items():
    counts = Counter(int(value) for value in drawn)
    shares[name] = {value: round(100 * counts[value] / COUNT) for value in sorted(counts)}
    print(f"{name:30}", "  ".join(f"{value}: {share:2} %" for value, share in shares[name].items()))
ones = {name: share.get(1, 0) for name, share in shares.items()}
assert ones["optuna"] > 36 and all(28 < ones[name] < 35 for name in ("ConfigSpace", "ray"))
assert all(shares[name][1] < 23 < shares[name][2] and shares[name][8] < 5 for name in ("hyperopt", "skopt", "syne-tune"))
assert ones["hyperopt's uniformint(1, 8)"] < 9 and set(shares["hyperopt's quniform(1, 10, 4)"]) == {0, 4, 8}
PY
