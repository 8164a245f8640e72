#!/usr/bin/env bash
# Guess:   Parsl, which can keep results by function and arguments, runs a function again once its code has changed.
# Happens: it knows a function by its name and module. The training was mended in the file, and a second run takes all
#          accuracies of the first from the checkpoint; so do two functions of one factory, of which one trains BYOL and the
#          other SimCLR, in one run: SimCLR has the accuracy of BYOL and is never trained.
# Matters: the sweep after the mended bug has the numbers from before it, and two methods come out as equal to the last
#          digit. Give what differs as an argument, and leave checkpoints behind with the code that made them.
# Seen:    parsl 2026.10.26, 2026-11-28.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
packages parsl==2026.10.26

cat > "$folder/sweep.py" <<'PY'
import parsl
from parsl.dataflow.memoization import BasicMemoizer
from parsl.utils import get_all_checkpoints

def made_for(accuracy):
    @parsl.python_app(cache=True)
    def train(rate):
        return accuracy
    return train

@parsl.python_app(cache=True)
def train(rate):
    return 10.0

memoizer = BasicMemoizer(checkpoint_files=get_all_checkpoints(), checkpoint_mode="task_exit")
with parsl.load(parsl.Config([parsl.ThreadPoolExecutor()], memoizer=memoizer, initialize_logging=False)):
    print(*[train(rate).result() for rate in (0.1, 0.3)], made_for(91.0)(0.5).result(), made_for(88.0)(0.5).result())
PY

run 2> /dev/null <<'PY'
import subprocess, sys
from pathlib import Path

def swept():
    output = subprocess.run([sys.executable, "-W", "ignore", "sweep.py"], check=True, capture_output=True, text=True).stdout
    return [float(value) for value in output.split()]

before = swept()
Path("sweep.py").write_text(Path("sweep.py").read_text().replace("return 10.0", "return 90.0"))
after = swept()
print(f"rates 0.1 and 0.3 before the bug was mended: {before[:2]}, after: {after[:2]}")
print(f"BYOL, made to return 91: {before[2]}; SimCLR, made to return 88: {before[3]}")
assert before == after == [10, 10, 91, 91]
PY
