#!/usr/bin/env bash
# Guess:   the same tensors and metadata make the same bytes, and loading gives the tensors in the order of the file.
# Happens: twenty saves of one tensor with five metadata keys make almost twenty different files, and twenty loads of one
#          file of twelve layers give twenty orders: both go through a hash map that is seeded anew in every call.
# Matters: whoever names encoders or caches features by the file's hash, or checks so that a resumed run is bit for bit the
#          same, sees differences that are none. A norm summed over load()'s values differs in its last bits from run to
#          run. Compare tensors by name; write one metadata key that holds sorted JSON; safe_open().keys() is sorted.
# Seen:    safetensors 0.8.0, numpy 2.4.6, 2026-11-28: 19 different files of 20, 20 orders of 20.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
packages safetensors==0.8.0 numpy==2.4.6

run <<'PY'
import hashlib
import numpy
from safetensors.numpy import load, save

tensors = {"weight": numpy.ones(3, "float32")}
about = {key: "the same" for key in ("architecture", "data", "mean", "std", "step")}
def different(metadata):
    return len({hashlib.sha256(save(tensors, metadata=metadata)).hexdigest() for _ in range(20)})

print("different files of 20, five metadata keys:", different(about))
print("different files of 20, one metadata key:  ", different({"step": "the same"}))
assert different(about) > 1
assert different({"step": "the same"}) == 1

layers = save({f"layer{number}.weight": numpy.zeros(1) for number in range(12)})
orders = len({tuple(load(layers)) for _ in range(20)})
print("different orders of 20 loads of one file:  ", orders)
assert orders > 1
PY
