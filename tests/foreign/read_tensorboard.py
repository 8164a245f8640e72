"""Reads a report's event files with TensorBoard's own reader, which checks every checksum: read_tensorboard.py DIR TRIALS."""

import pathlib
import sys

from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.backend.event_processing.event_file_loader import RawEventFileLoader
from tensorboard.util import tensor_util

runs = sorted(pathlib.Path(sys.argv[1]).iterdir())
report = next(run for run in runs if run.name == "report")
runs.remove(report)
assert len(runs) == int(sys.argv[2]), runs
for run in runs:
    records = sum(1 for _ in RawEventFileLoader(str(next(run.iterdir()))).Load())
    assert records == 1 + 3 + 2, "a head, three records of training, an evaluation, the end"
    events = EventAccumulator(str(run)).Reload()
    assert set(events.Tags()["scalars"]) == {"training/loss", "knn/top1", "untrained/knn/top1"}, events.Tags()
    for tag in events.Tags()["scalars"]:
        steps = [point.step for point in events.Scalars(tag)]
        assert steps == sorted(set(steps)), (tag, steps)
    losses = events.Scalars("training/loss")
    assert [loss.step for loss in losses] == [1, 2, 3]
    assert abs(losses[0].value - 1.5) < 1e-6 and losses[0].wall_time == 1_700_000_000.0, losses[0]
words = EventAccumulator(str(report)).Reload()
assert words.Tags()["tensors"] == ["report/text_summary"], words.Tags()
assert words.SummaryMetadata("report/text_summary").plugin_data.plugin_name == "text"
text = tensor_util.make_ndarray(words.Tensors("report/text_summary")[0].tensor_proto)[0].decode()
assert text.endswith("byolab report known.toml") and "\n\nDoubt: " in text, text
print("read")
