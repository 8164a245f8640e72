#!/usr/bin/env bash
# Guess:   reading an array of which a chunk's file is gone is an error.
# Happens: the rows are zeros. A chunk that was never written, one of nothing but zeros, and one that was lost are the same.
# Matters: features copied from a cluster by an interrupted rsync read without complaint; their images have the zero
#          vector as feature, which cosine k-NN puts equally near to everything.
# Seen:    zarr 3.1.6, numpy 2.4.6, 2026-11-28.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
packages zarr==3.1.6 numpy==2.4.6

run <<'PY'
import os
import zarr

features = zarr.create_array("features.zarr", shape=(4, 8), chunks=(1, 8), dtype="float32")
features[:] = 1.0
os.remove("features.zarr/c/2/0")
sums = zarr.open_array("features.zarr", mode="r")[:].sum(axis=1).tolist()
print("sums of four rows, the third one's chunk deleted:", sums)
assert sums == [8, 8, 0, 8]
PY
