#!/usr/bin/env bash
# Guess:   a string in JSON is a string to whoever reads it; guessing types is for CSV.
# Happens: pandas.read_json makes numbers of a column whose strings all read as numbers. The run "12e4567" is infinite, the
#          run "0012345" is 12345. DuckDB leaves those and makes a date of the run "2024-01-05".
# Matters: a file per run holds one run's id, and of short hashes of seven digits one in eighteen reads as a number. Such
#          runs drop out of joins and groups without a word, and which ones is up to the hash. Say dtype=False.
# Seen:    pandas 3.1.1, duckdb 2.0.1, polars 2.1.0, 2026-11-28.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
packages pandas==3.1.1 duckdb==2.0.1 polars==2.1.0

run <<'PY'
import json
import duckdb, pandas, polars

def read(run):
    with open("run.jsonl", "w") as file:
        file.writelines(json.dumps({"run": run, "step": step}) + "\n" for step in range(3))
    return {
        "pandas": pandas.read_json("run.jsonl", lines=True)["run"][0],
        "pandas, dtype=False": pandas.read_json("run.jsonl", lines=True, dtype=False)["run"][0],
        "duckdb": duckdb.sql("select run from read_json('run.jsonl')").fetchall()[0][0],
        "polars": polars.read_ndjson("run.jsonl")["run"][0],
    }

for run in ("3f2a91c", "12e4567", "0012345", "2024-01-05"):
    print(run, {reader: str(value) for reader, value in read(run).items() if value != run} or "read by all")
assert set(read("3f2a91c").values()) == {"3f2a91c"}
assert read("12e4567")["pandas"] == float("inf") and read("12e4567")["pandas, dtype=False"] == "12e4567"
assert read("0012345")["pandas"] == 12345 and read("0012345")["duckdb"] == "0012345"
assert str(type(read("2024-01-05")["duckdb"])) == "<class 'datetime.date'>"
PY
