"""Reads a report's CSV with pandas: read_csv.py FILE TRIALS."""

import sys

import pandas

frame = pandas.read_csv(sys.argv[1])
assert len(frame) == int(sys.argv[2]), frame
means = frame.groupby(["method", "train.batch"])["knn.top1"].mean()
assert abs(means["byol", 64] - 0.49) < 1e-9, means
assert frame["knn.top1"].dtype == "float64" and frame["loss"].dtype == "float64", frame.dtypes
assert frame["device"].eq("cpu (made up, 2 threads)").all(), "a field with a comma is one field"
print("read")
