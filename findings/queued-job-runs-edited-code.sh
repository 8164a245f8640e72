#!/usr/bin/env bash
# Guess:   a job that waits in the queue runs the code that was submitted, or the code of the day; one or the other.
# Happens: both, by where the function stands. submitit stores a function of the script that submits whole, with the values
#          it refers to; of a function that is imported it stores the name. The learning rate is edited while two jobs wait:
#          the one submitted from the script trains with 0.1, the other with 10. In a job that mixes them, half is old.
# Matters: "fix it while the array is pending" changes the trials that have not started, and of a sweep the first are of one
#          recipe and the last of another, under one name; moving a function from the script to a module turns it on.
# Seen:    submitit 1.5.4, cloudpickle 3.1.3, 2026-11-28.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
packages submitit==1.5.4 cloudpickle==3.1.3

run <<'PY'
import subprocess, sys
from pathlib import Path

def write(rate):
    Path("training.py").write_text(f"RATE = {rate}\n\ndef train(seed):\n    return RATE\n")
    Path("both.py").write_text(f"""
import training
from submitit.core.utils import DelayedSubmission

RATE = {rate}

def train(seed):
    return RATE

def mixed(seed):
    return RATE, training.RATE

def submit():
    for function in (train, training.train, mixed):
        DelayedSubmission(function, 1).dump(f"{{function.__module__}}-{{function.__name__}}.pkl") # as an executor's submit does

if __name__ == "__main__":
    submit()
""")

def python(*words):
    return subprocess.run([sys.executable, *words], check=True, capture_output=True, text=True).stdout.strip()

write(0.1)
python("both.py")
write(10.0) # the jobs are pending
seen = {}
for name in ("__main__-train", "training-train", "__main__-mixed"):
    seen[name] = python("-c", f"from submitit.core.utils import DelayedSubmission as job; print(job.load('{name}.pkl').result())")
    print(f"submitted with 0.1, edited to 10, {name:15} runs with {seen[name]}")
assert list(seen.values()) == ["0.1", "10.0", "(0.1, 10.0)"]
PY
