#!/usr/bin/env bash
# Guess:   --use_fast_math costs digits: powf(x, 2.f) is the square of x, somewhat less exactly.
# Happens: NVRTC writes it as two to the power of twice the logarithm of x, and the logarithm of a negative number is NaN: the
#          square of -3 is NaN, of 0 by way of minus infinity still 0. pow(x, 2), with a whole exponent, is multiplications in
#          both, and without the flag powf begins with the absolute value. So is sqrtf(x * x) not touched.
# Matters: variances and distances written with powf are NaN from the first batch, or only where features are negative,
#          behind a ReLU never; a kernel that passed its test with features above 0 fails later. Write x * x.
# Seen:    nvidia-cuda-nvrtc 13.2.86, cuda-bindings 13.5.0, 2026-11-28. No GPU is needed to see what is compiled.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
packages cuda-bindings==13.5.0 nvidia-cuda-nvrtc==13.2.86 numpy==2.4.6

run <<'PY'
import re
import numpy
from cuda.bindings import nvrtc

def compiled(expression, *options):
    text = f'extern "C" __global__ void f(float* y, const float* v) {{ float x = v[threadIdx.x]; y[threadIdx.x] = {expression}; }}'
    _, program = nvrtc.nvrtcCreateProgram(text.encode(), b"f.cu", 0, [], [])
    options = [option.encode() for option in ("--gpu-architecture=compute_90", *options)]
    assert nvrtc.nvrtcCompileProgram(program, len(options), options)[0] == nvrtc.nvrtcResult.NVRTC_SUCCESS
    ptx = b" " * nvrtc.nvrtcGetPTXSize(program)[1]
    nvrtc.nvrtcGetPTX(program, ptx)
    return re.findall(r"^\s+((?:abs|add|ex2|lg2|mul|fma|neg|sqrt|and)\.[.\w]*f32)", ptx.decode(), re.M)

FAST = "--use_fast_math"
for expression, options in (("powf(x, 2.f)", (FAST,)), ("powf(x, 2.f)", ()), ("pow(x, 2)", (FAST,)), ("x * x", (FAST,))):
    instructions = compiled(expression, *options)
    print(f"{expression:12} {' '.join(options):15}", *instructions[:4], "..." if len(instructions) > 4 else "")
assert compiled("powf(x, 2.f)", FAST) == ["lg2.approx.ftz.f32", "add.ftz.f32", "ex2.approx.ftz.f32"]
assert "abs.f32" in compiled("powf(x, 2.f)") and not any("lg2" in one for one in compiled("pow(x, 2)", FAST))
with numpy.errstate(all="ignore"):
    x = numpy.array([-3, 0, 3], dtype="float32")
    print("which is, of", x, "to the digits it has:", numpy.exp2(numpy.log2(x) + numpy.log2(x)))
PY
