#!/usr/bin/env bash
# Guess:   of one seed, fifteen normal numbers are the first fifteen of sixteen.
# Happens: none of them is. From sixteen numbers on torch fills in blocks, by another formula. Sixteen are the first of
#          thirty-two again, and of uniform numbers fifteen are the first of sixteen.
# Matters: a head or a batch that grows by one begins from wholly other numbers, not from one more; comparing widths "with
#          the same seed" pairs nothing. Draw per item, from a seed that names it.
# Seen:    torch 2.15.0, on the CPU, 2026-11-28.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
packages torch==2.15.0 numpy==2.4.6

run <<'PY'
import torch

def shared(draw, few, more): # how many of the few are the first of the more
    first = draw(few, generator=torch.Generator().manual_seed(0))
    return int((first == draw(more, generator=torch.Generator().manual_seed(0))[:few]).sum())

for few, more in ((8, 15), (15, 16), (16, 32)):
    print(f"randn({few}) shares {shared(torch.randn, few, more)} of its numbers with randn({more})")
print(f"rand(15) shares {shared(torch.rand, 15, 16)} of its numbers with rand(16)")
assert shared(torch.randn, 15, 16) == 0 and shared(torch.randn, 16, 32) == 16 and shared(torch.randn, 8, 15) == 8
assert shared(torch.rand, 15, 16) == 15
PY
