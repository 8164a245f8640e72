"""Reads a report's database with SQLite and pandas: read_sqlite.py FILE TRIALS."""

import json
import sqlite3
import sys

import pandas

database = sqlite3.connect(sys.argv[1])
assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
trials = pandas.read_sql("SELECT * FROM trials", database)
assert len(trials) == int(sys.argv[2]), trials
assert json.loads(trials["axes"][0])["train.batch"] == 64
losses = pandas.read_sql("SELECT * FROM numbers WHERE kind = 'trained' AND metric = 'loss' ORDER BY trial, step", database)
assert len(losses) == 3 * len(trials), "three records of training a trial"
final = pandas.read_sql("SELECT avg(value) AS mean FROM numbers JOIN trials USING (trial) "
                        "WHERE kind = 'finished' AND metric = 'knn.top1' AND method = 'byol'", database)
assert abs(final["mean"][0] - 0.485) < 1e-9, final
twice = "SELECT count(*) FROM (SELECT 1 FROM numbers GROUP BY trial, metric, step HAVING count(*) > 1)"
assert database.execute(twice).fetchone() == (0,)
results = pandas.read_sql("SELECT avg(value) AS mean FROM results JOIN trials USING (trial) "
                          "WHERE metric = 'knn.top1' AND method = 'byol'", database)
assert abs(results["mean"][0] - 0.485) < 1e-9, results
assert database.execute("SELECT verdict FROM claims").fetchall() == [("holds",)]
differences = pandas.read_sql("SELECT * FROM differences WHERE metric = 'knn.top1' ORDER BY axes", database)
assert list(differences["first"]) == ["byol", "byol"] and abs(differences["mean"][1] - 0.02) < 1e-9, differences
print("read")
