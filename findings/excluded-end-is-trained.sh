#!/usr/bin/env bash
# Guess:   temperature=range(0.1,0.4,0.1) of a Hydra sweep, whose end is excluded as Python's is, trains 0.1, 0.2 and 0.3.
# Happens: it trains 0.1, 0.2, 0.30000000000000004 and 0.4. Of 810 ranges in tenths and hundredths whose
#          end is a whole number of steps away, 40 % have their end, and 64 % a value with rounding behind it, which becomes the
#          trial's parameter and the name of its folder. range(0,1,0.1) has no end, range(0.9,1.0,0.02) neither.
# Matters: the sweep is one cell larger for some methods' keys and not for others', the trial at 0.30000000000000004 is another
#          than the one at 0.3 of yesterday's list, and a figure by value has two columns for them.
# Seen:    hydra-core 1.3.8, 2026-11-28.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
packages hydra-core==1.3.8

run <<'PY'
from decimal import Decimal
from hydra.core.override_parser.overrides_parser import OverridesParser

parser = OverridesParser.create()

def trained(start, stop, step):
    return list(parser.parse_override(f"temperature=range({start},{stop},{step})").sweep_string_iterator())

for bounds in (("0.1", "0.4", "0.1"), ("0", "1", "0.1"), ("0.9", "1.0", "0.02"), ("0.05", "0.2", "0.05")):
    print(f"range({', '.join(bounds)}): {', '.join(trained(*bounds))}")
assert trained("0.1", "0.4", "0.1") == ["0.1", "0.2", "0.30000000000000004", "0.4"]

ranges = ends = rounded = 0
for unit in (Decimal("0.1"), Decimal("0.01")):
    for start in range(1, 10):
        for step in range(1, 6):
            for steps in range(2, 11):
                bounds = [unit * value for value in (start, start + step * steps, step)]
                values = trained(*bounds)
                ranges += 1
                ends += len(values) > steps
                rounded += any(len(value) > 6 for value in values)
print(f"of {ranges} ranges {ends} ({ends / ranges:.0%}) have their end, {rounded} ({rounded / ranges:.0%}) a value that is rounded")
assert ends > ranges / 20 and rounded > ranges / 4
PY
