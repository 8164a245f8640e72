"""Reads events.jsonl of a long trial with DuckDB and polars: read_events.py FILE LINES."""

import sys

import duckdb
import polars

path, lines = sys.argv[1], int(sys.argv[2])
# Both infer a schema from the first lines alone unless they are asked for all: late metrics would be no columns.
events = duckdb.read_json(path, sample_size=-1)
loss = "event.what.trained.metrics.loss"
[(kind, count, total)] = duckdb.sql(f"SELECT typeof(any_value({loss})), count({loss}), sum({loss}) FROM events").fetchall()
half = lines // 2
assert (kind, count, total) == ("DOUBLE", lines, half + 1.5 * (lines - half)), (kind, count, total)
[(kind, count)] = duckdb.sql("SELECT typeof(any_value(event.what.evaluated.metrics['knn.top1'])), count(event.what.evaluated.metrics['knn.top1']) FROM events").fetchall()
assert (kind, count) == ("DOUBLE", 1), (kind, count)
what = polars.read_ndjson(path, infer_schema_length=None)["event"].struct.field("what")
metrics = what.struct.field("trained").struct.field("metrics").struct.field("loss")
assert metrics.dtype == polars.Float64 and metrics.sum() == total, metrics
assert what.struct.field("evaluated").struct.field("metrics").struct.field("knn.top1").drop_nulls().to_list() == [0.5]
# Whole numbers first do not make a column of integers: DuckDB would round what follows its sample.
[(total_of_sample,)] = duckdb.sql(f"SELECT sum({loss}) FROM read_json('{path}')").fetchall()
assert total_of_sample == total, total_of_sample
print("read")
