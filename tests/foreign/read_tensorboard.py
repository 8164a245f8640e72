"""Reads a report's event files with TensorBoard's own reader, which checks every checksum: read_tensorboard.py DIR TRIALS."""

import pathlib
import sys

from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.backend.event_processing.event_file_loader import RawEventFileLoader

runs = sorted(pathlib.Path(sys.argv[1]).iterdir())
assert len(runs) == int(sys.argv[2]), runs
for run in runs:
    records = sum(1 for _ in RawEventFileLoader(str(next(run.iterdir()))).Load())
    assert records == 1 + 3 + 2, "a head, three records of training, an evaluation, the end"
    events = EventAccumulator(str(run)).Reload()
    assert set(events.Tags()["scalars"]) == {"training/loss", "knn/top1", "untrained/knn/top1"}, events.Tags()
    losses = events.Scalars("training/loss")
    assert [loss.step for loss in losses] == [1, 2, 3]
    assert abs(losses[0].value - 1.5) < 1e-6 and losses[0].wall_time == 1_700_000_000.0, losses[0]
print("read")
