#!/usr/bin/env bash
# Guess:   sbatch(command) in a loop over seeds submits one job a seed, each of which trains that seed.
# Happens: simple_slurm keeps the commands: the second job trains seeds 0 and 1, the tenth all ten, 55 trainings in place of
#          10. With job_file=, a seed of $SLURM_ARRAY_TASK_ID is written as \$SLURM_ARRAY_TASK_ID, so that every task of the
#          array is given the text and not its number; without job_file the same call gives the number.
# Matters: late jobs run out of time with the first seeds trained again, two jobs write one run's files at a time, and seeds
#          that are several runs count as one. A Slurm() of its own for each command, and convert=False beside job_file.
# Seen:    simple_slurm 0.3.6, 2026-11-28. A script named sbatch keeps what it is given; no cluster is needed to see it.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
packages simple_slurm==0.3.6

mkdir "$folder/bin"
cat > "$folder/bin/sbatch" <<'SH'
#!/bin/sh
cat "$@" > "job-$(ls | grep -c ^job-).txt"
echo Submitted batch job 7
SH
chmod +x "$folder/bin/sbatch"

PATH=$folder/bin:$PATH run <<'PY'
from pathlib import Path
from simple_slurm import Slurm

def submitted(job):
    return [line for line in Path(f"job-{job}.txt").read_text().splitlines() if "train.py" in line]

slurm = Slurm(job_name="byol")
for seed in range(10):
    slurm.sbatch(f"python train.py --seed {seed}", verbose=False)
trained = [len(submitted(job)) for job in range(10)]
print("trainings of the ten jobs:", trained, "in all", sum(trained))
command = "python train.py --seed $SLURM_ARRAY_TASK_ID"
Slurm(array=range(10)).sbatch(command, verbose=False)
Slurm(array=range(10)).sbatch(command, job_file="train.sh", verbose=False)
print("an array of ten:     ", *submitted(10), "\nthe same by job_file:", *submitted(11))
assert trained == list(range(1, 11)) and submitted(10) == [command] and submitted(11) == [command.replace("$", "\\$")]
PY
