#!/usr/bin/env bash
# Guess:   SLURMCluster(cores=16, memory="64GB") with one GPU asked for is one worker a job, and trains one trial at a time.
# Happens: the job it writes starts four workers of four threads, each of which takes a task: sixteen trials at a time share
#          the GPU, four at a time a worker of 15 GB, which is killed and begun again when they need more. Fewer cores do not
#          make fewer workers: four cores are four workers. Slurm is asked for 60G.
# Matters: trials run out of GPU memory, or are sixteen times slower than the one that was timed, and a sweep over batch
#          sizes fails at the large ones. cores=1 with job_cpu=16 is one trial a job of sixteen cores.
# Seen:    dask-jobqueue 0.9.0, dask 2026.8.0, distributed 2026.8.0, 2026-11-28. No cluster is needed to see it.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
packages dask-jobqueue==0.9.0 dask==2026.8.0 distributed==2026.8.0

run 2> /dev/null <<'PY'
import re
from dask_jobqueue import SLURMCluster

def job(cores, memory, **more):
    with SLURMCluster(cores=cores, memory=memory, job_extra_directives=["--gres=gpu:1"], **more) as cluster:
        text = cluster.job_script()
    threads, workers = (re.search(rf"--n{word} (\d+)", text) for word in ("threads", "workers"))
    return int(workers[1]) if workers else 1, int(threads[1]), re.search("--mem=(.*)", text)[1]

for cores, memory, expected in ((16, "64GB", (4, 4, "60G")), (8, "32GB", (4, 2, "30G")), (4, "16GB", (4, 1, "15G"))):
    workers, threads, asked = job(cores, memory)
    print(f"{cores:2} cores, {memory}, one GPU: {workers} workers of {threads} threads, {workers * threads} tasks at a time; --mem={asked}")
    assert (workers, threads, asked) == expected
assert job(16, "64GB", processes=1)[:2] == (1, 16) and job(1, "64GB", job_cpu=16)[:2] == (1, 1)
PY
