"""Reads the tables of biornn results with the libraries that users have. Called by
sweep_test.go: results.py FOLDER."""

import os
import sys

import pyarrow
import pyarrow.parquet as pq

folder = sys.argv[1]
wide = pq.read_table(os.path.join(folder, "runs.parquet"))
assert wide.num_rows == 12, wide.num_rows
assert wide.schema.field("constraint.lambda").type == pyarrow.float64(), wide.schema
assert wide.schema.field("seed").type == pyarrow.int64(), wide.schema
assert wide.column("diverged_at_update").null_count == 12
assert sorted(set(wide.column("constraint.lambda").to_pylist())) == [0.001, 0.01, 0.1]
long = pq.read_table(os.path.join(folder, "long.parquet"))
accuracies = {r["run"]: r["value"] for r in long.to_pylist() if r["measure"] == "test_accuracy"}
assert accuracies == dict(zip(wide.column("run").to_pylist(), wide.column("test_accuracy").to_pylist()))

try:
    import pandas
except ImportError:
    sys.exit("results.py wants pandas")
text = pandas.read_csv(os.path.join(folder, "runs.csv"))
frame = pandas.read_parquet(os.path.join(folder, "runs.parquet"))
assert list(text.columns) == list(frame.columns)
pandas.testing.assert_series_equal(text["val_accuracy"], frame["val_accuracy"], check_exact=True)
assert text.groupby(["model", "constraint.lambda"])["test_accuracy"].count().tolist() == [2] * 6

try:
    import duckdb
except ImportError:
    sys.exit("results.py wants duckdb")
count = duckdb.sql(f"""select count(*) from '{folder}/runs.parquet' where symbol = 'W*D*C' and "constraint.lambda" < 0.05""").fetchall()[0][0]
assert count == 4, count
