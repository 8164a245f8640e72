#!/usr/bin/env bash
# Guess:   TensorBoard shows what EventAccumulator reads: it is the same program's reader of the same file.
# Happens: the server has a second reader (--load_fast, the default where it is installed). Of a run that went on from an
#          earlier step the server shows 0 1 2 3 with the steps after the restart replaced, EventAccumulator and the slow
#          server all of 0 1 2 3 4 2 3. Of three values at one step the server keeps the last, the others keep three.
# Matters: exports made by EventAccumulator, as pandas users do, hold points that nobody saw on screen: doubled steps weigh
#          twice in a mean, and the value "at step 4" is of the branch that was abandoned.
# Seen:    tensorboard 2.21.0, tensorboard-data-server 0.7.2, 2026-11-28.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
packages tensorboard==2.21.0 tensorboard-data-server==0.7.2

run <<'PY'
import json, socket, subprocess, sys, time, urllib.request
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.compat.proto.event_pb2 import Event
from tensorboard.compat.proto.summary_pb2 import Summary
from tensorboard.summary.writer.event_file_writer import EventFileWriter

runs = {"resumed": [0, 1, 2, 3, 4, 2, 3], "one-step": [0, 0, 0, 1]}
for run, steps in runs.items():
    writer = EventFileWriter(f"logs/{run}")
    for at, step in enumerate(steps):
        summary = Summary(value=[Summary.Value(tag="loss", simple_value=at)])
        writer.add_event(Event(step=step, wall_time=1e9 + at, summary=summary))
    writer.close()

def accumulated(run):
    reader = EventAccumulator(f"logs/{run}")
    reader.Reload()
    return [event.step for event in reader.Scalars("loss")]

def served(fast):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    options = ["--logdir", "logs", "--host", "127.0.0.1", "--port", str(port), "--load_fast", fast]
    server = subprocess.Popen([sys.executable, "-m", "tensorboard.main", *options], stderr=subprocess.DEVNULL)
    ask = lambda path: json.load(urllib.request.urlopen(f"http://127.0.0.1:{port}/data/plugin/scalars/{path}"))
    try:
        for _ in range(120): # half a minute, until both runs are read
            time.sleep(0.25)
            try:
                if len(ask("tags")) == len(runs):
                    break
            except OSError:
                pass
        return {run: [step for _, step, _ in ask(f"scalars?run={run}&tag=loss")] for run in runs}
    finally:
        server.terminate()
        server.wait()

fast, slow = served("true"), served("false")
for run, steps in runs.items():
    print(f"{run}: written {steps}, EventAccumulator {accumulated(run)}, server {fast[run]}, slow server {slow[run]}")
    assert accumulated(run) == slow[run] == steps
assert fast == {"resumed": [0, 1, 2, 3], "one-step": [0, 1]}
PY
