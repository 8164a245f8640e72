#!/usr/bin/env bash
# Guess:   numba's simulator computes with the types of the kernel, so that whole numbers come out the same as on the card.
# Happens: a product of two uint32 wraps at 32 bits in the simulator, as in C, and is one of 64 bits in what is compiled for the
#          card (mul.wide.u32) and by njit. MurmurHash's last steps, with which numbers are drawn from counters, give the
#          known values in the simulator, and all others otherwise: of 1,000 counters the 0 alone agrees, though each
#          result is stored as uint32.
# Matters: kernels that draw crops and flips from seed, epoch and image are tested where there is no card. There they are
#          those of the C and PyTorch code they were copied from, and on the card every view is another, all within their
#          ranges. Mask the products, or compare with numbers from the card.
# Seen:    numba-cuda 0.30.4, numba 0.68.1, numpy 2.4.6, 2026-11-28. No GPU is needed to see what is compiled.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
packages "numba-cuda[cu13]==0.30.4" numba==0.68.1 numpy==2.4.6

cat > "$folder/kernels.py" <<'PY'
import numpy
from numba import cuda

COUNTERS = numpy.arange(1_000, dtype="uint32")
FACTORS = numpy.array([0x85EBCA6B, 0xC2B2AE35], dtype="uint32")

def mixed(counter, factors):
    counter ^= counter >> 16
    counter *= factors[0]
    counter ^= counter >> 13
    counter *= factors[1]
    return counter ^ counter >> 16

mix = cuda.jit(device=True)(mixed)

def draw(counters, factors, drawn):
    i = cuda.grid(1)
    if i < counters.size:
        drawn[i] = mix(counters[i], factors)
PY

PYTHONPATH=$folder:$PYTHONPATH NUMBA_ENABLE_CUDASIM=1 run <<'PY'
import kernels, numpy
from numba import cuda

drawn = numpy.zeros_like(kernels.COUNTERS)
cuda.jit(kernels.draw)[4, 256](kernels.COUNTERS, kernels.FACTORS, drawn)
numpy.save("simulated.npy", drawn)
PY
PYTHONPATH=$folder:$PYTHONPATH run <<'PY'
import kernels, numba, numpy, re
from numba import cuda, uint32

ptx, _ = cuda.compile_ptx(kernels.mixed, (uint32, uint32[:]), device=True, cc=(9, 0))
products = sorted(set(re.findall(r"mul\.(?:wide\.u32|lo\.s64|lo\.s32)", ptx)))
compiled = numba.njit(kernels.mixed)
compiled = numpy.array([compiled(counter, kernels.FACTORS) & 0xFFFFFFFF for counter in kernels.COUNTERS])
simulated = numpy.load("simulated.npy")

def wrapped(counter): # as in C
    counter = (counter ^ counter >> 16) * 0x85EBCA6B & 0xFFFFFFFF
    counter = (counter ^ counter >> 13) * 0xC2B2AE35 & 0xFFFFFFFF
    return counter ^ counter >> 16

in_c = numpy.array([wrapped(int(counter)) for counter in kernels.COUNTERS])
print("drawn for 1, 2 and 3: in C", in_c[1:4], "simulated", simulated[1:4], "compiled", compiled[1:4], *products)
print(f"equal to C: {(simulated == in_c).sum()} of 1,000 simulated, {(compiled == in_c).sum()} compiled")
assert (simulated == in_c).all() and (compiled == in_c).sum() <= 1 and "mul.lo.s32" not in products and products
PY
