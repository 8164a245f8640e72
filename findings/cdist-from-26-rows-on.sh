#!/usr/bin/env bash
# Guess:   the distance of two features does not depend on how many other rows are in the matrix.
# Happens: from 26 rows on torch.cdist takes |x|^2 + |y|^2 - 2xy. Of features 10 +- 0.01 a distance of 0.142
#          among 25 rows is 0.129 among 26, that of a row to itself 0.077, and of a thousand rows 97 % have another nearest
#          neighbour.
# Matters: Euclidean k-NN and retrieval on features that are not centred, as after ReLU and pooling or of a network near
#          collapse, where one looks closest, are of rounding errors; a test on a small matrix shows nothing. Centre the
#          features, or say compute_mode="donot_use_mm_for_euclid_dist".
# Seen:    torch 2.15.0, 2026-11-28.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
packages torch==2.15.0 numpy==2.4.6

run <<'PY'
import torch

torch.manual_seed(0)
features = 10 + 0.01 * torch.randn(1000, 128)
few, more = torch.cdist(features[:25], features[:25]), torch.cdist(features[:26], features[:26])
print("first row's distances among 25 rows:", [round(each, 3) for each in few[0, :6].tolist()])
print("first row's distances among 26 rows:", [round(each, 3) for each in more[0, :6].tolist()])

def nearest(compute_mode):
    return torch.cdist(features, features, compute_mode=compute_mode).fill_diagonal_(torch.inf).argmin(dim=1)

exact = nearest("donot_use_mm_for_euclid_dist")
same = (nearest("use_mm_for_euclid_dist_if_necessary") == exact).float().mean().item()
centred = features - features.mean(dim=0)
mended = (torch.cdist(centred, centred).fill_diagonal_(torch.inf).argmin(dim=1) == exact).float().mean().item()
print(f"of 1,000 nearest neighbours {same:.0%} are the same by default, {mended:.0%} after centring")
assert (few[0, :6] - more[0, :6]).abs().max() > 0.02
assert same < 0.5 and mended > 0.95
PY
