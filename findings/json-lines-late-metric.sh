#!/usr/bin/env bash
# Guess:   a metric that appears first at the end of an epoch is a column with gaps, or an error.
# Happens: polars drops the column without a word if its first value is past line 100, DuckDB if it is past the first 20,480
#          lines. The table has a loss and no accuracy. Where the lines before say null instead of nothing, DuckDB has the
#          column, of a type called NULL, and loses every value; polars refuses. pandas and pyarrow have all.
# Matters: logs of one line a step, with k-NN accuracy once an epoch, are what most trainers write. On a short trial run the
#          column is there; on the long one it is gone. Ask for infer_schema_length=None, sample_size=-1.
# Seen:    polars 2.1.0, duckdb 2.0.1, pandas 3.1.1, pyarrow 26.0.1, 2026-11-28.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
packages polars==2.1.0 duckdb==2.0.1 pandas==3.1.1 pyarrow==26.0.1

run <<'PY'
import json
import duckdb, pandas, polars, pyarrow.json

def log(name, steps, first, before={}):
    with open(name, "w") as file:
        for step in range(steps):
            measured = {"knn": 0.5} if step >= first else before
            file.write(json.dumps({"step": step, "loss": 1.0} | measured) + "\n")

def has_knn(name):
    return {
        "polars": "knn" in polars.read_ndjson(name).columns,
        "polars, all lines": "knn" in polars.read_ndjson(name, infer_schema_length=None).columns,
        "duckdb": "knn" in duckdb.sql(f"from read_json('{name}')").columns,
        "duckdb, all lines": "knn" in duckdb.sql(f"from read_json('{name}', sample_size = -1)").columns,
        "pandas": "knn" in pandas.read_json(name, lines=True).columns,
        "pyarrow": "knn" in pyarrow.json.read_json(name).column_names,
    }

log("short.jsonl", steps=200, first=50)
log("epoch.jsonl", steps=1_000, first=500)
log("long.jsonl", steps=40_000, first=30_000)
for name in ("short.jsonl", "epoch.jsonl", "long.jsonl"):
    print(name, has_knn(name))

log("null.jsonl", steps=40_000, first=30_000, before={"knn": None})
count = lambda options: duckdb.sql(f"select count(knn) from read_json('null.jsonl'{options})").fetchall()[0][0]
print("null.jsonl: of 10,000 accuracies duckdb has", count(""), "and, reading all lines first,", count(", sample_size = -1"))
assert count("") == 0 and count(", sample_size = -1") == 10_000

everyone = {"duckdb, all lines", "polars, all lines", "pandas", "pyarrow"}
who = lambda name: {reader for reader, has in has_knn(name).items() if has}
assert who("short.jsonl") == everyone | {"polars", "duckdb"}
assert who("epoch.jsonl") == everyone | {"duckdb"}
assert who("long.jsonl") == everyone
PY
