#!/usr/bin/env bash
# Guess:   a function that is submitted three times runs three times.
# Happens: Dask names a task by its function and its arguments. submit(train, 0.1) thrice, or map(train, [0.1, 0.1, 0.1]), is one
#          training, whose accuracy comes back three times; once no one holds the result, the same call trains again.
# Matters: repeats of a run without a seed among its arguments have a deviation of exactly 0, so any difference between two
#          methods is significant, and a third of the GPUs is used. pure=False, or the seed as an argument.
# Seen:    dask 2026.8.0, distributed 2026.8.0, 2026-11-28.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
packages dask==2026.8.0 distributed==2026.8.0

cat > "$folder/repeats.py" <<'PY'
import random
from dask.distributed import Client

trained = []

def train(rate):
    trained.append(rate)
    return round(random.gauss(90, 1), 2)

def main():
    with Client(processes=False, n_workers=1, threads_per_worker=3, dashboard_address=None, silence_logs=50) as client:
        ways = {
            "submit": lambda: client.gather([client.submit(train, 0.1) for _ in range(3)]),
            "map": lambda: client.gather(client.map(train, [0.1] * 3)),
            "submit, pure=False": lambda: client.gather([client.submit(train, 0.1, pure=False) for _ in range(3)]),
        }
        for name, way in ways.items():
            trained.clear()
            accuracies = way()
            print(f"three trainings by {name}: {accuracies}, trained {len(trained)} times")
            assert len(set(accuracies)) == len(trained) == (3 if "pure" in name else 1)

if __name__ == "__main__":
    main()
PY
run <<< 'import repeats, sys; sys.path.insert(0, "."); repeats.main()'
