#!/usr/bin/env bash
# Guess:   TRITON_INTERPRET=1 runs a kernel on the CPU to the bits that a GPU would give, slowly.
# Happens: float32 is cut to bfloat16, not rounded: of 4,096 numbers 48 % are another than PyTorch's, and the average of a
#          target that is kept in bfloat16 is -0.26 % off after every store. What is compiled, without a GPU too, rounds:
#          cvt.rn.bf16.f32. 1 + 1 in bfloat16 is 1.7e38, and the sum of 4,096 ones 0: integers are added. tl.dot
#          of float32 is exact to 1e-5 in the interpreter, and compiled it is tf32 unless told otherwise.
# Matters: tests of kernels run where no card is. They hold a wrong rounding for right, or a right kernel for wrong, and
#          say nothing of the three digits of tf32. Triton's text says that bfloat16 is not supported; nothing refuses it.
# Seen:    triton 3.9.0, torch 2.15.0, 2026-11-28.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
packages torch==2.15.0 triton==3.9.0 numpy==2.4.6

cat > "$folder/kernels.py" <<'PY'
import triton
import triton.language as tl

@triton.jit
def cast(source, target, n: tl.constexpr):
    i = tl.arange(0, n)
    tl.store(target + i, tl.load(source + i).to(tl.bfloat16))

@triton.jit
def double(source, target, n: tl.constexpr):
    i = tl.arange(0, n)
    x = tl.load(source + i)
    tl.store(target + i, x + x)

@triton.jit
def total(source, target, n: tl.constexpr):
    tl.store(target, tl.sum(tl.load(source + tl.arange(0, n)), axis=0).to(tl.float32))

@triton.jit
def product(source, target, n: tl.constexpr):
    i = tl.arange(0, n)[:, None] * n + tl.arange(0, n)[None, :]
    x = tl.load(source + i)
    tl.store(target + i, tl.dot(x, x))
PY

PYTHONPATH=$folder:$PYTHONPATH TRITON_INTERPRET=1 run <<'PY'
import kernels, torch

def interpreted(kernel, source, n, like):
    target = torch.zeros_like(like)
    kernel[(1,)](source, target, n)
    return target

torch.manual_seed(0)
numbers = torch.rand(4_096)
cut = interpreted(kernels.cast, numbers, 4_096, numbers.bfloat16())
other = (cut != numbers.bfloat16()).float().mean().item()
off = ((cut.double() - numbers) / numbers).mean().item()
doubled = interpreted(kernels.double, torch.ones(16, dtype=torch.bfloat16), 16, torch.ones(16, dtype=torch.bfloat16))[0].item()
summed = interpreted(kernels.total, torch.ones(4_096, dtype=torch.bfloat16), 4_096, torch.ones(1)).item()
matrix = torch.randn(64, 64)
exact = (interpreted(kernels.product, matrix, 64, matrix) - matrix.double() @ matrix.double()).abs().max().item()
print(f"interpreted: {100 * other:.0f} % of the numbers are not PyTorch's, {100 * off:.2f} % off on average")
print(f"interpreted: 1 + 1 = {doubled:.3g}, the sum of 4,096 ones is {summed}, tl.dot of float32 is off by {exact:.0e}")
assert 0.4 < other < 0.6 and -0.003 < off < -0.002 and doubled > 1e30 and summed == 0 and exact < 1e-4
PY
PYTHONPATH=$folder:$PYTHONPATH TRITON_CACHE_DIR=$folder/cache run 2> /dev/null <<'PY'
import re
import kernels, triton
from triton.backends.compiler import GPUTarget
from triton.compiler import ASTSource

def instructions(kernel, n, target, pattern):
    source = ASTSource(fn=kernel, signature={"source": "*fp32", "target": target, "n": "constexpr"}, constexprs={"n": n})
    text = triton.compile(source, target=GPUTarget("cuda", 90, 32)).asm["ptx"]
    return sorted(set(re.findall(pattern, text)))

casts = instructions(kernels.cast, 4_096, "*bf16", r"cvt\.[.\w]*bf16[.\w]*")
products = instructions(kernels.product, 64, "*fp32", r"mma_async[.\w]*")
print("compiled:", *casts, *products)
assert casts and all(".rn." in name for name in casts) and products and all("tf32" in name for name in products)
PY
