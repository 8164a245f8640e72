#!/usr/bin/env bash
# Guess:   a random search with a seed, stopped after five of ten trials and gone on with from its storage, draws the next five.
# Happens: it draws the first five again, and trains them again: the seed is all a sampler knows of where it was, and the
#          trials in the storage do not change that. TPE and Gaussian processes do it too, whose first ten trials are random.
#          Two workers of one study with one seed train the same trials at the same time.
# Matters: "ten trials" of a preempted sweep are five, equal to the last digit of their hyper-parameters, and count as ten
#          in every interval and importance. Without a seed, or with QMCSampler, all ten differ.
# Seen:    optuna 5.0.0, 2026-11-28.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
packages optuna==5.0.0 scipy==1.17.1

run <<'PY'
import optuna, os
optuna.logging.set_verbosity(optuna.logging.ERROR)

def trials(sampler):
    name = sampler.__name__
    for _ in range(2): # the sweep, and the sweep again after it was stopped
        study = optuna.create_study(study_name=name, storage="sqlite:///sweep.db", load_if_exists=True, sampler=sampler(seed=0))
        study.optimize(lambda trial: trial.suggest_float("lr", 1e-3, 1, log=True), n_trials=5)
    return [round(trial.params["lr"], 4) for trial in study.trials]

for sampler, distinct in ((optuna.samplers.RandomSampler, 5), (optuna.samplers.TPESampler, 5), (optuna.samplers.QMCSampler, 10)):
    rates = trials(sampler)
    print(f"{sampler.__name__:13}", *rates[:5], "| resumed:", *rates[5:])
    assert len(set(rates)) == distinct
PY
