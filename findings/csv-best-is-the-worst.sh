#!/usr/bin/env bash
# Guess:   the greatest value of a column of numbers with gaps is the greatest number.
# Happens: the best top-1 of 9.8, 85.1 and 70.0 is 9.8. A column that is empty as far as the reader looks (polars 100 lines,
#          DuckDB some 20,000) becomes text, and of texts 9.8 is the greatest. Nothing is said; pandas and pyarrow say 85.1.
# Matters: a metrics.csv with a row a step and accuracy once an epoch is what Lightning's CSVLogger writes. max(), order by
#          and `where top1 > 50` answer, wrongly, once the first evaluation comes late, and rightly on the short trial.
#          Ask for infer_schema_length=None, sample_size=-1.
# Seen:    polars 2.1.0, duckdb 2.0.1, pandas 3.1.1, pyarrow 26.0.1, 2026-11-28.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
packages polars==2.1.0 duckdb==2.0.1 pandas==3.1.1 pyarrow==26.0.1

run <<'PY'
import duckdb, pandas, polars, pyarrow.compute, pyarrow.csv

accuracies = [9.8, 85.1, 70.0]
with open("metrics.csv", "w") as file:
    file.write("step,loss,top1\n")
    for step in range(40_000): # evaluated at 30,000, 33,000 and 36,000
        evaluated = 30_000 <= step < 39_000 and step % 3_000 == 0
        file.write(f"{step},0.5,{accuracies[step // 3_000 - 10] if evaluated else ''}\n")

best = {
    "polars": polars.read_csv("metrics.csv")["top1"].max(),
    "polars, all lines": polars.read_csv("metrics.csv", infer_schema_length=None)["top1"].max(),
    "duckdb": duckdb.sql("select max(top1) from 'metrics.csv'").fetchall()[0][0],
    "duckdb, all lines": duckdb.sql("select max(top1) from read_csv('metrics.csv', sample_size = -1)").fetchall()[0][0],
    "pandas": pandas.read_csv("metrics.csv")["top1"].max(),
    "pyarrow": pyarrow.compute.max(pyarrow.csv.read_csv("metrics.csv")["top1"]).as_py(),
}
for reader, value in best.items():
    print(f"the best of {accuracies} by {reader}: {value!r}")
assert best.pop("polars") == best.pop("duckdb") == "9.8"
assert set(best.values()) == {85.1}
PY
