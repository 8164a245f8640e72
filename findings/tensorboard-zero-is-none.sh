#!/usr/bin/env bash
# Guess:   0 keeps every point, as in EventAccumulator's size_guidance of the same program; or is refused.
# Happens: of 3,000 points of a curve `tensorboard --samples_per_plugin scalars=0` serves none, by the fast and by the slow
#          loader, without a word; unasked it serves 1,000, and 3,000 at scalars=3000. EventAccumulator reads 3,000 at 0.
# Matters: who looks for a spike that sampling hid asks for all of it and sees an empty chart, as if nothing had been logged.
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

writer = EventFileWriter("logs/run")
for step in range(3000):
    summary = Summary(value=[Summary.Value(tag="loss", simple_value=step)])
    writer.add_event(Event(step=step, wall_time=1e9 + step, summary=summary))
writer.close()

def served(*options):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    arguments = ["--logdir", "logs", "--host", "127.0.0.1", "--port", str(port), *options]
    server = subprocess.Popen([sys.executable, "-m", "tensorboard.main", *arguments], stderr=subprocess.DEVNULL)
    ask = lambda path: json.load(urllib.request.urlopen(f"http://127.0.0.1:{port}/data/plugin/scalars/{path}"))
    try:
        for _ in range(120):
            time.sleep(0.5)
            try:
                if "loss" in ask("tags").get("run", {}): break
            except OSError:
                continue
        time.sleep(2)
        return len(ask("scalars?tag=loss&run=run"))
    finally:
        server.terminate()
        server.wait()

asked = lambda points: ("--samples_per_plugin", f"scalars={points}")
shown = {"unasked": served(), "0": served(*asked(0)), "0, slow": served(*asked(0), "--load_fast", "false"), "3000": served(*asked(3000))}
reader = EventAccumulator("logs/run", size_guidance={"scalars": 0})
reader.Reload()
shown["EventAccumulator, 0"] = len(reader.Scalars("loss"))
print(shown)
assert shown == {"unasked": 1000, "0": 0, "0, slow": 0, "3000": 3000, "EventAccumulator, 0": 3000}, shown
PY
