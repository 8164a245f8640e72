#!/usr/bin/env bash
# Guess:   lr in results/lr=0.1/seed=01/… is a number, as seed is.
# Happens: for DuckDB and pyarrow it is text, for polars a number. DuckDB's greatest lr of 0.05, 0.1 and 1e-3 is 1e-3, its
#          `order by lr` draws a curve that goes back and forth, and one seed written 01 makes the seeds text too.
# Matters: folders of a sweep that are named after their keys are the usual layout of Parquet results, and the usual axis
#          is a learning rate or a weight decay.
# Seen:    duckdb 2.0.1, pyarrow 26.0.1, polars 2.1.0, 2026-11-28.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
packages duckdb==2.0.1 pyarrow==26.0.1 polars==2.1.0

run <<'PY'
from pathlib import Path
import duckdb, polars, pyarrow, pyarrow.dataset, pyarrow.parquet

for lr in ("0.05", "0.1", "1e-3"):
    folder = Path(f"results/lr={lr}/seed=01")
    folder.mkdir(parents=True)
    pyarrow.parquet.write_table(pyarrow.table({"top1": [0.5]}), folder / "part.parquet")

ordered = [lr for (lr,) in duckdb.sql("select lr from read_parquet('results/*/*/*.parquet', hive_partitioning = true) order by lr").fetchall()]
arrow = pyarrow.dataset.dataset("results", partitioning="hive").schema.field("lr").type
polar = polars.read_parquet("results/*/*/*.parquet", hive_partitioning=True).schema["lr"]
print(f"duckdb orders lr {ordered}; pyarrow's type is {arrow}, polars' {polar}")
assert ordered == ["0.05", "0.1", "1e-3"]
assert arrow == pyarrow.string() and polar == polars.Float64
PY
