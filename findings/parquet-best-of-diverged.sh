#!/usr/bin/env bash
# Guess:   the greatest accuracy in a Parquet file is one number, whoever wrote the file and however it is asked for.
# Happens: with one diverged run (NaN) in the file, DuckDB says 0.9 or nan. Asked alone, max() is answered from the file's
#          statistics, which pyarrow writes without NaN: 0.9. Asked beside another aggregate, it reads the rows: nan.
#          `where top1 > 0.95` finds the NaN in DuckDB's own file and not in pyarrow's, since the row group is skipped. polars
#          says 0.9 too, and nan is what it sorts to the top and what it keeps above 0.95.
# Matters: the best run of a sweep depends on the library that saved the table and on what else the query asks. Write
#          diverged numbers as null, or ask `where not isnan(top1)`.
# Seen:    duckdb 2.0.1, pyarrow 26.0.1, polars 2.1.0, 2026-11-28: max 0.9 alone, nan beside arg_max; 0 rows and 1.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
packages duckdb==2.0.1 pyarrow==26.0.1 polars==2.1.0 numpy==2.4.6

run <<'PY'
import math
import duckdb, polars, pyarrow, pyarrow.parquet

results = pyarrow.table({"run": ["a", "b", "c"], "top1": [0.7, math.nan, 0.9]})
pyarrow.parquet.write_table(results, "pyarrow.parquet")
duckdb.sql("copy (from results) to 'duckdb.parquet'")
one = lambda query: duckdb.sql(query).fetchall()[0][0]

for writer in ("pyarrow", "duckdb"):
    file = f"'{writer}.parquet'"
    print(
        f"{writer:8}",
        "max alone:", one(f"select max(top1) from {file}"),
        "| beside arg_max:", one(f"select max(top1), arg_max(run, top1) from {file}"),
        "| above 0.95:", one(f"select count(*) from {file} where top1 > 0.95"),
    )
frame = polars.read_parquet("pyarrow.parquet")
first = frame.sort("top1", descending=True)["top1"][0]
kept = frame.filter(polars.col("top1") > 0.95).height
print(f"polars   max: {frame['top1'].max()} | first of the sorted: {first} | above 0.95: {kept}")

assert frame["top1"].max() == 0.9 and math.isnan(first) and kept == 1
assert one("select max(top1) from 'pyarrow.parquet'") == 0.9
assert math.isnan(one("select max(top1), arg_max(run, top1) from 'pyarrow.parquet'"))
assert math.isnan(one("select max(top1) from 'duckdb.parquet'"))
assert one("select count(*) from 'pyarrow.parquet' where top1 > 0.95") == 0
assert one("select count(*) from 'duckdb.parquet' where top1 > 0.95") == 1
PY
