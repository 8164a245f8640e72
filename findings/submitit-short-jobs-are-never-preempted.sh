#!/usr/bin/env bash
# Guess:   a job that Slurm preempts in its first minute is preempted; only what ran to its limit has timed out.
# Happens: submitit takes for timed out whatever ran longer than the lesser of 80 % of its limit and the limit less ten
#          minutes. With a limit of ten minutes or less that is zero: every preemption, in the first second too, counts as a
#          timeout. The fourth is not queued again, and one of a function without checkpoint() is not even the first time.
# Matters: sweeps of short cells on a preemptible partition lose cells, for being preempted often, and it reads as
#          "timed-out". Ask for more than ten minutes, or pack cells.
# Seen:    submitit 1.5.4, 2026-11-28.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
packages submitit==1.5.4

run <<'PY'
import logging, time
from types import SimpleNamespace as Some
from submitit.core.job_environment import SignalHandler
from submitit.core.utils import DelayedSubmission

logging.disable()
def judged(limit, ran): # minutes
    submission = DelayedSubmission(print)
    submission.set_timeout(limit, max_num_timeout=3)
    handler = SignalHandler(Some(), Some(), submission)
    handler._start_time = time.time() - 60 * ran
    return "timed out" if handler.has_timed_out() else "preempted"

for limit, ran in ((5, 0), (10, 0), (12, 1), (12, 3), (60, 30), (60, 49)):
    print(f"limit {limit:2} minutes, signal after {ran:2}: {judged(limit, ran)}")
assert judged(10, 0) == judged(5, 0) == judged(12, 3) == judged(60, 49) == "timed out"
assert judged(12, 1) == judged(60, 30) == "preempted"
PY
