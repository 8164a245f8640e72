#!/usr/bin/env bash
# Guess:   a logistic regression that reports no lack of convergence has found its minimum, whatever the features' scale.
# Happens: L-BFGS stops once no derivative is above 0.0001. Derivatives shrink with the number of classes and with the length
#          of the features: for 1,000 classes and features of length 1 the first one is below, so the fit ends before its
#          first step, with n_iter_ 0, all weights 0, and without a warning. Its accuracy is 0.1 %, that of the same features
#          at unit deviation, with a penalty to match, 100 %. Ten digits at a thousandth of their length: 10 % instead of 93.
# Matters: "logistic regression on normalised features" is the probe of many papers and the default of a line of code. It
#          is chance for ImageNet's number of classes, a little worse than it should be for hundreds, and blames the encoder.
# Seen:    scikit-learn 1.9.1, numpy 2.4.6, 2026-11-28.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
packages scikit-learn==1.9.1 numpy==2.4.6

run <<'PY'
import warnings
import numpy
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression

warnings.simplefilter("error") # a lack of convergence would be one

def unit(features):
    return features / numpy.linalg.norm(features, axis=1, keepdims=True)

def probe(features, labels, others, their_labels, scale):
    model = LogisticRegression(C=1000 / scale**2, max_iter=1000).fit(features * scale, labels) # the same minimum at any scale
    return model.n_iter_[0], model.score(others * scale, their_labels)

random = numpy.random.default_rng(0)
for classes, scales in ((100, (1, 768**0.5)), (1000, (1, 768**0.5))):
    centres, labels = 0.35 * random.normal(size=(classes, 768)), numpy.repeat(numpy.arange(classes), 10)
    train, test = (unit(centres[labels] + random.normal(size=(len(labels), 768))) for _ in range(2))
    seen = [probe(train, labels, test, labels, scale) for scale in scales]
    for (steps, accuracy), what in zip(seen, ("length 1", "unit deviation")):
        print(f"{classes:4} classes, features of {what:14}: {steps:3} steps, right in {accuracy:.1%}")
assert seen[0] == (0, 1 / 1000) and seen[1][1] > 0.95

digits = load_digits()
features = unit(digits.data)
for scale in (1, 0.1, 0.01, 0.001):
    steps, accuracy = probe(features[:1000], digits.target[:1000], features[1000:], digits.target[1000:], scale)
    print(f"  10 digits, features of length {scale:<8}: {steps:3} steps, right in {accuracy:.1%}")
assert accuracy < 0.15
PY
