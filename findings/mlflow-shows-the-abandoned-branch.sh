#!/usr/bin/env bash
# Guess:   a run's metric, in its table and in search_runs, is what was logged last.
# Happens: it is the value at the greatest step ever logged. A run that diverged at step 4 and went on from its checkpoint at
#          step 2 shows the accuracy of step 4 until it has passed it. And of an infinite loss the database keeps
#          1.797e308, which is finite to whoever reads it.
# Matters: sorting runs by a metric ranks resumed ones by what was thrown away; a mean over seeds with one infinite loss is a
#          huge number in place of a warning.
# Seen:    mlflow-skinny 3.17.2 with SQLAlchemy and SQLite, 2026-11-28.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
packages mlflow-skinny==3.17.2 sqlalchemy==2.1.9 alembic==1.20.1

run <<'PY' 2> /dev/null
import math
import mlflow

mlflow.set_tracking_uri("sqlite:///runs.db")
with mlflow.start_run() as run:
    for step in (0, 1, 2, 3, 4):
        mlflow.log_metric("top1", 0.5 + step / 10, step=step)
    for step in (2, 3): # from the checkpoint of step 2
        mlflow.log_metric("top1", 0.1, step=step)
    mlflow.log_metric("loss", math.inf)
shown = mlflow.get_run(run.info.run_id).data.metrics
print("logged last: top1 0.1, loss inf; shown:", shown)
assert shown["top1"] == 0.9
assert math.isfinite(shown["loss"]) and shown["loss"] > 1e308
PY
