#!/usr/bin/env bash
# Guess:   tries=3 runs a job again when it failed, and once more when that failed too, and what depends on the job waits.
# Happens: slurmpy has all further tries wait for the failure of the first. When it fails, the second and the third start at
#          the same time; when those fail nothing follows. The number it returns is the first try's: a job that depends on
#          it never starts once that has failed, though the second try succeeded.
# Matters: two processes resume one checkpoint and write one log on two GPUs; evaluations that were to follow stay in the
#          queue for ever as DependencyNeverSatisfied, and the sweep lacks the cells that were retried.
# Seen:    slurmpy 0.0.8, 2026-11-28. A script takes the place of sbatch; no cluster is needed to see it.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
packages slurmpy==0.0.8

cat > "$folder/sbatch" <<'SH'
#!/bin/sh
number=$((100 + $(cat "$0.log" 2> /dev/null | wc -l)))
echo "$number $*" >> "$0.log"
echo "Submitted batch job $number"
SH
chmod +x "$folder/sbatch"

run 2> /dev/null <<'PY'
from pathlib import Path
from slurmpy import Slurm

job = Slurm("byol", {"time": "01:00:00"}).run("python train.py", tries=3, _cmd="./sbatch")
Slurm("probe", {"time": "00:10:00"}).run("python probe.py", depends_on=[job], _cmd="./sbatch")
submitted = [line.split()[:-1] for line in Path("sbatch.log").read_text().splitlines()]
for number, *waits in submitted:
    print("job", number, *waits)
assert submitted == [["100"], ["101", "--dependency=afternotok:100"], ["102", "--dependency=afternotok:100"],
                     ["103", "--dependency=afterok:100"]]
PY
