#!/usr/bin/env bash
# Guess:   an array that safetensors writes is read back as it was, or refused, as PyTorch's tensors are whose numbers do not lie
#          one after the other.
# Happens: safetensors.numpy writes the bytes of an array as they lie and its shape as it is said, and tells nobody. scikit-learn's
#          LogisticRegression keeps its weights column after column: the classifier that is read back has the right shape and
#          scrambled numbers, and tells digits at 11 % where it told 93 %. Of a transposed array the same becomes of all but its
#          first and last number. safetensors.torch refuses such a tensor.
# Matters: linear probes handed from scikit-learn to others, and kernels that are transposed on their way out of TensorFlow: no
#          shape is wrong, nothing fails, the number is chance. numpy.ascontiguousarray first.
# Seen:    safetensors 0.8.0, numpy 2.4.6, scikit-learn 1.9.1, torch 2.15.0, 2026-11-28.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
packages safetensors==0.8.0 numpy==2.4.6 scikit-learn==1.9.1 torch==2.15.0

run <<'PY'
import numpy, safetensors.numpy, safetensors.torch, torch
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression

x, y = load_digits(return_X_y=True)
x = x / 16
model = LogisticRegression(max_iter=1000).fit(x[:1000], y[:1000])
again = safetensors.numpy.load(safetensors.numpy.save({"weight": model.coef_}))["weight"]
accuracy = lambda weight: ((x[1000:] @ weight.T + model.intercept_).argmax(1) == y[1000:]).mean()
before, after = accuracy(model.coef_), accuracy(again)
print(f"weights {model.coef_.shape}, column after column: {model.coef_.flags.f_contiguous}; read back {again.shape}, "
      f"equal: {numpy.array_equal(model.coef_, again)}; accuracy {before:.3f} before, {after:.3f} after")
assert model.coef_.shape == again.shape and before > 0.9 and after < 0.25

numbers = numpy.arange(6.0).reshape(2, 3).T
read = safetensors.numpy.load(safetensors.numpy.save({"a": numbers}))["a"]
print(f"{numbers.tolist()} is read back as {read.tolist()}")
assert not numpy.array_equal(numbers, read)
try:
    safetensors.torch.save({"a": torch.arange(6.0).reshape(2, 3).T})
    raise SystemExit("torch's was taken")
except ValueError as error:
    print("torch's is refused:", str(error)[:60])
PY
