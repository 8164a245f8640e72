#!/usr/bin/env bash
# Guess:   what is too large for a float8 becomes infinite or NaN, and infinity and NaN stay what they are, by PyTorch as by
#          ml_dtypes, whose types JAX and NumPy use.
# Happens: PyTorch makes infinity 448 in float8_e4m3fn, and everything above 448 too; ml_dtypes makes both NaN. Of 15,255
#          bfloat16 numbers above 464 and below infinity not one is told from 448. In float8_e5m2, and in the two fnuz types,
#          PyTorch overflows as ml_dtypes does. As a scale, float8_e8m0fnu, -2 is 2 by PyTorch and NaN by ml_dtypes.
# Matters: weights that diverged, or features of a run that did, are finite once they have been stored in eight bits, and no
#          check for NaN after that finds them; the same file says NaN when it was written from JAX. Check before the cast.
# Seen:    torch 2.15.0, ml_dtypes 0.6.0, 2026-11-28.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
packages torch==2.15.0 ml_dtypes==0.6.0 numpy==2.4.6

run <<'PY'
import ml_dtypes, numpy, torch

def both(values, name):
    by_torch = torch.tensor(values).to(getattr(torch, name)).float().numpy()
    return by_torch, numpy.array(values, dtype="float32").astype(getattr(ml_dtypes, name)).astype("float32")

values = [448.0, 464.0, 480.0, 1e6, float("inf"), float("-inf"), float("nan"), -2.0]
print("             ", *(f"{value:>9}" for value in values))
for name in ("float8_e4m3fn", "float8_e5m2", "float8_e4m3fnuz", "float8_e8m0fnu"):
    for library, found in zip(("torch", "ml_dtypes"), both(values, name)):
        print(f"{name} by {library}\n             ", *(f"{value:9}" for value in found))
by_torch, by_ml = both(values, "float8_e4m3fn")
assert by_torch[:6].tolist() == [448] * 5 + [-448] and numpy.isnan(by_torch[6])
assert by_ml[:2].tolist() == [448, 448] and numpy.isnan(by_ml[2:7]).all()
assert numpy.array_equal(*both(values, "float8_e5m2"), equal_nan=True)
scales = both([-2.0], "float8_e8m0fnu")
assert scales[0] == 2 and numpy.isnan(scales[1])
every = torch.arange(2**16).to(torch.int32).to(torch.uint16).view(torch.bfloat16)
large = every[(every > 464) & every.isfinite()]
print(f"{len(large)} finite numbers above 464 are", large.to(torch.float8_e4m3fn).float().unique().tolist())
assert large.to(torch.float8_e4m3fn).float().unique().tolist() == [448]
PY
