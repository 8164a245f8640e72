"""Reads a report's Parquet file with DuckDB: read_parquet.py FILE TRIALS."""

import sys

import duckdb

events = duckdb.read_parquet(sys.argv[1])
ask = lambda question: duckdb.sql(question).fetchall()
types = dict(zip(events.columns, map(str, events.types)))
assert types["time"] == "TIMESTAMP WITH TIME ZONE" and types["value"] == "DOUBLE" and types["trial"] == "VARCHAR", types
assert ask("SELECT count(DISTINCT trial) FROM events") == [(int(sys.argv[2]),)]
assert ask("SELECT DISTINCT count(*) FROM events WHERE kind = 'trained' AND metric = 'loss' GROUP BY trial") == [(3,)]
[(final,)] = ask("SELECT avg(value) FROM events WHERE kind = 'finished' AND metric = 'knn.top1' AND method = 'byol'")
assert abs(final - 0.485) < 1e-9, final
assert ask("SELECT count(*) FROM events WHERE kind = 'started' AND text IS NULL") == [(0,)]
assert ask("SELECT count(*) FROM events WHERE kind = 'started' AND metric IS NOT NULL") == [(0,)]
assert ask("SELECT DISTINCT axes->>'$.\"train.batch\"' FROM events ORDER BY 1") == [("32",), ("64",)]
assert ask("SELECT count(*) FROM (SELECT 1 FROM events WHERE metric IS NOT NULL GROUP BY trial, metric, step HAVING count(*) > 1)") == [(0,)]
metadata = dict(duckdb.sql(f"SELECT key, value FROM parquet_kv_metadata('{sys.argv[1]}')").fetchall())
assert metadata[b"question"] == b"Does BYOL lose less?" and metadata[b"command"] == b"byolab run known.toml", metadata
try:
    import polars
except ImportError:
    polars = None
if polars is not None:
    assert polars.read_parquet(sys.argv[1]).schema["time"] == polars.Datetime("us", "UTC")
print("read")
