#!/usr/bin/env bash
# Guess:   NumPy sums half precision in pairs or in float32, so that the mean of 1,000 ones is 1 in any of its types.
# Happens: in bfloat16, which is ml_dtypes' in NumPy, it is 0.256: the sum stops at 256, whose next number is 258. Their
#          deviation, of numbers that are all alike, is 0.50. In float8_e4m3fn the mean is 0.016. In NumPy's own float16, and
#          in PyTorch's bfloat16, it is 1. Along the first axis it is the same, so the mean of every feature is wrong.
# Matters: bfloat16 features read from safetensors, or handed over by JAX, are arrays of this type: their means shrink with
#          the number of images, so standardising them leaves them where they were, and spread, centre and rank are those
#          of other features. astype("float32") first; mean(dtype="float32") is enough too.
# Seen:    ml_dtypes 0.6.0, numpy 2.4.6, safetensors 0.8.0, torch 2.15.0, 2026-11-28.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
packages torch==2.15.0 ml_dtypes==0.6.0 numpy==2.4.6 safetensors==0.8.0

run <<'PY'
import ml_dtypes, numpy, torch
from safetensors.numpy import load_file
from safetensors.torch import save_file

save_file({"features": torch.ones(1_000, 4, dtype=torch.bfloat16)}, "features.safetensors")
features = load_file("features.safetensors")["features"]
means = {
    "bfloat16 of NumPy": features.mean(axis=0)[0],
    "the same, summed in float32": features.mean(axis=0, dtype="float32")[0],
    "bfloat16 of PyTorch": torch.ones(1_000, 4, dtype=torch.bfloat16).mean(dim=0)[0],
    "float16 of NumPy": numpy.ones((1_000, 4), dtype="float16").mean(axis=0)[0],
    "float8_e4m3fn of NumPy": features.astype(ml_dtypes.float8_e4m3fn).mean(axis=0)[0],
}
means = {name: float(value) for name, value in means.items()}
for name, value in means.items():
    print(f"the mean of 1,000 ones: {value:.3f}, {name}")
deviation = float(features.std(axis=0)[0])
print(f"their deviation: {deviation:.3f} in bfloat16 of NumPy")
assert list(means.values()) == [0.255859375, 1, 1, 1, 0.015625] and 0.5 < deviation < 0.51
PY
