"""Reads a report's CSV with pandas: read_csv.py FILE TRIALS."""

import sys

import pandas

frame = pandas.read_csv(sys.argv[1])
assert len(frame) == int(sys.argv[2]), frame
means = frame.groupby(["method", "train.batch"])["knn.top1"].mean()
assert abs(means["byol", 64] - 0.49) < 1e-9, means
assert frame["knn.top1"].dtype == "float64" and frame["loss"].dtype == "float64", frame.dtypes
assert frame["device"].eq("cpu (made up, 2 threads)").all(), "a field with a comma is one field"
try:
    import duckdb, polars
except ImportError:
    duckdb = polars = None
if duckdb is not None:
    relation = duckdb.read_csv(sys.argv[1])
    types = dict(zip(relation.columns, map(str, relation.types)))
    assert types["knn.top1"] == "DOUBLE" and types["trial"] == "VARCHAR", types
    schema = polars.read_csv(sys.argv[1]).schema
    assert schema["knn.top1"] == polars.Float64 and schema["trial"] == polars.String, schema
print("read")
