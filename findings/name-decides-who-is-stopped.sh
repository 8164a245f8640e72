#!/usr/bin/env bash
# Guess:   the same eight curves in the same order are stopped at the same steps, what ever the study is called.
# Happens: with Optuna's HyperbandPruner the checksum of the study's name and the trial's number chooses the bracket, that is
#          how soon a trial may be stopped: named "byol" the eight take 70 steps, named "moco" 103, and other trials live.
#          Without a name it is another number in each run. SuccessiveHalvingPruner does not read names.
# Matters: one study for each method, named after it, gives the methods different budgets and different luck in a search
#          whose point is to be fair; samplers' seeds do not change it.
# Seen:    optuna 5.0.0, 2026-11-28.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
packages optuna==5.0.0

run <<'PY'
import optuna
optuna.logging.set_verbosity(optuna.logging.ERROR)

def steps(name, pruner):
    study, taken = optuna.create_study(study_name=name, direction="maximize", pruner=pruner), []
    def objective(trial):
        taken.append(0)
        for epoch in range(27):
            taken[-1] = epoch + 1
            trial.report(0.1 + 0.01 * epoch * (8 - trial.number) / 8, epoch) # each trial is worse than the one before
            if trial.should_prune():
                raise optuna.TrialPruned()
        return 0.0
    study.optimize(objective, n_trials=8)
    return taken

hyperband, halving = {}, {}
for name in ("byol", "simclr", "moco"):
    hyperband[name] = steps(name, optuna.pruners.HyperbandPruner(min_resource=1, max_resource=27, reduction_factor=3))
    halving[name] = steps(name, optuna.pruners.SuccessiveHalvingPruner())
    print(f"{name:6} Hyperband", *(f"{taken:2}" for taken in hyperband[name]), f"= {sum(hyperband[name]):3} steps | halving", *(f"{taken:2}" for taken in halving[name]))
assert [sum(taken) for taken in hyperband.values()] == [70, 66, 103]
assert halving["byol"] == halving["simclr"] == halving["moco"]
PY
