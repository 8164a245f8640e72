#!/usr/bin/env bash
# Guess:   a column of whole numbers in which fractions appear later is one of fractions, or an error.
# Happens: DuckDB infers from the first 20,480 rows, reads the rest as what it found there and rounds in silence: of 25,000 ones
#          and 5,000 times 0.6 the sum is 30,000 and the least value 1. So of CSV as of JSON lines. polars refuses either file;
#          pandas sums 28,000.
# Matters: accuracies on few images, rewards and losses that are whole at first are logged as 1 by whoever prints numbers as short
#          as possible; the last epochs, which are those looked at, are rounded. Write 1.0, or ask for sample_size=-1.
# Seen:    duckdb 2.0.1, polars 2.1.0, pandas 3.1.1, 2026-11-28.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
packages duckdb==2.0.1 polars==2.1.0 pandas==3.1.1

run <<'PY'
import json
import duckdb, pandas, polars

accuracies = [1] * 25_000 + [0.6] * 5_000
with open("log.jsonl", "w") as lines, open("log.csv", "w") as table:
    table.write("step,accuracy\n")
    for step, accuracy in enumerate(accuracies):
        lines.write(json.dumps({"step": step, "accuracy": accuracy}) + "\n")
        table.write(f"{step},{accuracy}\n")

ask = lambda source: duckdb.sql(f"SELECT typeof(any_value(accuracy)), sum(accuracy), min(accuracy) FROM {source}").fetchall()[0]
for source in ("read_json('log.jsonl')", "read_csv('log.csv')"):
    found, whole = ask(source), ask(source.replace("')", "', sample_size=-1)"))
    print(source, found, "asked for all rows", whole)
    assert found == ("BIGINT", 30_000, 1), found
    assert whole[0] == "DOUBLE" and abs(whole[1] - 28_000) < 1e-6, whole
assert abs(pandas.read_csv("log.csv").accuracy.sum() - 28_000) < 1e-6
for read, name in ((polars.read_ndjson, "log.jsonl"), (polars.read_csv, "log.csv")):
    try:
        read(name)
    except polars.exceptions.ComputeError as error:
        print("polars:", str(error).splitlines()[0])
    else:
        raise SystemExit(f"polars read {name}")
PY
