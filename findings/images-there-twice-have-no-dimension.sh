#!/usr/bin/env bash
# Guess:   a few images that a data set has twice change the intrinsic dimension of its features a little.
# Happens: twenty of 500 make it 0, for features that fill 5 dimensions: MLE's local dimension of an image whose nearest
#          neighbour lies at distance 0 is 0, and the global one is the harmonic mean of all. comb="median" says 4.9. Where the
#          second copies differ in the fifth digit, fifty of them take MLE to 3.4 and TwoNN, which looks at two neighbours
#          only, to 0.26; fifty exact ones leave TwoNN at 4.1. A principal component analysis says 5 throughout.
# Matters: CIFAR's and ImageNet's copies, images looked at with two views, and features that half collapsed all read as
#          "low-dimensional"; the number drops most where a method is most invariant, which is what it is trained for.
# Seen:    scikit-dimension 0.5.0, numpy 2.4.6, 2026-11-28.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
packages scikit-dimension==0.5.0 numpy==2.4.6

run 2> /dev/null <<'PY'
import numpy
from skdim.id import MLE, TwoNN, lPCA

random = numpy.random.default_rng(0)
features = random.normal(size=(500, 5)) @ random.normal(size=(5, 64))

def dimensions(copies, difference):
    copied = features[:copies] + difference * random.normal(size=(copies, 64))
    images = numpy.vstack([features, copied])
    return {"MLE": MLE().fit(images, n_neighbors=20).dimension_,
            "its median": MLE().fit(images, n_neighbors=20, comb="median").dimension_,
            "TwoNN": TwoNN().fit(images).dimension_, "PCA": lPCA().fit(images).dimension_}

seen = {}
for copies, difference in ((0, 0), (20, 0), (50, 0), (50, 1e-4)):
    seen[copies, difference] = found = dimensions(copies, difference)
    print(f"{copies:2} of 500 copied, {f'to {difference:g}' if difference else 'exactly':9}: " + ", ".join(f"{name} {value:.2f}" for name, value in found.items()))
    assert found["PCA"] == 5 and found["its median"] > 3.5
assert seen[0, 0]["MLE"] > 4 and seen[20, 0]["MLE"] < 0.01 and seen[50, 1e-4]["TwoNN"] < 0.2 * seen[50, 0]["TwoNN"]
PY
