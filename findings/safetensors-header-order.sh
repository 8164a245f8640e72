#!/usr/bin/env bash
# Guess:   the same tensors and metadata make the same bytes, so a hash of the file tells whether two checkpoints are equal.
# Happens: twenty saves of one tensor with five metadata keys make almost twenty different files: the metadata is written in
#          the random order of a hash map, and anew in every call.
# Matters: whoever names encoders by their hash, caches features by it, or checks that a resumed run is bit for bit the same,
#          sees differences that are none. Compare tensors, not files, or write one metadata key that holds sorted JSON.
# Seen:    safetensors 0.8.0, numpy 2.4.6, 2026-11-28: 19 different files of 20.
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
assert (load(save(tensors, metadata=about))["weight"] == 1).all()
PY
