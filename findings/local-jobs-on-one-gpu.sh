#!/usr/bin/env bash
# Guess:   submitit's local executor gives jobs of one GPU each a GPU of its own, or runs them one after another.
# Happens: each is given the first: CUDA_VISIBLE_DEVICES is 0 in every job of an array, however many GPUs there are, and all
#          of them start at once. slurm_array_parallelism, which limits them on a cluster, is taken and without effect.
# Matters: "the same call, on the workstation" trains the whole sweep on one card, which runs out of memory or is eight
#          times slower, and steps per second of methods are compared while others run beside them. visible_gpus is for one
#          job with several; a GPU for each has to be set for each job.
# Seen:    submitit 1.5.4, 2026-11-28. No GPU is needed to see it.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
packages submitit==1.5.4

cat > "$folder/sweep.py" <<'PY'
import os, time
import submitit

def train(trial):
    begun = time.time()
    time.sleep(3)
    return os.environ["CUDA_VISIBLE_DEVICES"], begun, time.time()

def main():
    executor = submitit.AutoExecutor("jobs", cluster="local")
    executor.update_parameters(gpus_per_node=1, timeout_min=1, slurm_array_parallelism=1)
    results = [job.result() for job in executor.map_array(train, range(4))]
    beside = [sum(begun < other_end and other_begun < end for _, other_begun, other_end in results)
              for _, begun, end in results]
    print("CUDA_VISIBLE_DEVICES of four jobs of one GPU, one at a time:", *[device for device, _, _ in results])
    print("jobs that ran while each of them ran, itself included:", *beside)
    assert {device for device, _, _ in results} == {"0"} and max(beside) > 1
PY
run <<< 'import sys; sys.path.insert(0, "."); import sweep; sweep.main()'
