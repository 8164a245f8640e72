#!/usr/bin/env bash
# Guess:   a median pruner stops a trial whose accuracy has fallen below the median of the others at that step.
# Happens: Optuna's compares the best that the trial ever had. One that peaks at 0.6 and collapses to 0.1 goes on while the
#          others climb to 0.6; one that starts slowly, and would end above all, is stopped at its first step. And what was
#          stopped has a value in trials_dataframe(), its last, not nan: the greatest of the column may be of a pruned trial.
# Matters: collapse after a good start is how self-supervised runs fail: sweeps spend their budget on it and cut late
#          bloomers. SuccessiveHalvingPruner compares the value at the step.
# Seen:    optuna 5.0.0, pandas 3.1.1, 2026-11-28.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
packages optuna==5.0.0 pandas==3.1.1

run <<'PY'
import optuna
optuna.logging.set_verbosity(optuna.logging.ERROR)

usual = [0.2, 0.3, 0.4, 0.5, 0.55, 0.58, 0.59, 0.59]
collapsed = [0.3, 0.6, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1]
late = [0.19, 0.5, 0.7, 0.8, 0.85, 0.9, 0.9, 0.9]

def steps(pruner, *curves):
    study, taken = optuna.create_study(direction="maximize", pruner=pruner), []
    def objective(trial):
        curve = curves[trial.number]
        taken.append(0)
        for step, accuracy in enumerate(curve):
            taken[-1] = step + 1
            trial.report(accuracy, step)
            if trial.should_prune():
                raise optuna.TrialPruned()
        return curve[-1]
    study.optimize(objective, n_trials=len(curves))
    return taken, study

taken, study = steps(optuna.pruners.MedianPruner(n_startup_trials=3), usual, usual, usual, collapsed, late)
frame = study.trials_dataframe()
print(frame[["number", "value", "state"]].assign(steps=taken).to_string(index=False))
assert taken[3] == 8 and frame["state"][3] == "COMPLETE"
assert taken[4] == 1 and frame["state"][4] == "PRUNED" and frame["value"][4] == 0.19
halving, _ = steps(optuna.pruners.SuccessiveHalvingPruner(), usual, usual, usual, collapsed)
print("steps of the collapsed trial with successive halving:", halving[3])
assert halving[3] < 8
PY
