#!/usr/bin/env bash
# Guess:   200 nearest neighbours among 100 labelled images are those 100.
# Happens: faiss fills up with the number -1, and labels[-1] is the label of the last image. Images that are kept by class, as
#          folders are read, end with the last class: a hundred votes more for it, so that every digit is a 9 and k-NN on
#          a hundred labelled digits falls from 88 % at k = 10 to 10 %. Nothing is raised, shapes fit, and votes add up to 200.
# Matters: k = 200 is the setting of MoCo's demo that is copied everywhere; at 1 % of the labels, or on a small data set, the
#          encoder is called useless, and all encoders are alike. scikit-learn refuses k above the number of images.
# Seen:    faiss-cpu 1.15.1, scikit-learn 1.9.1, 2026-11-28.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
packages faiss-cpu==1.15.1 scikit-learn==1.9.1 numpy==2.4.6

run <<'PY'
import faiss, numpy
from sklearn.datasets import load_digits
from sklearn.neighbors import KNeighborsClassifier

digits = load_digits()
features, labels = digits.data.astype("float32"), digits.target
first = numpy.concatenate([numpy.flatnonzero(labels == label)[:10] for label in range(10)]) # ten of each class, class by class
rest = numpy.setdiff1d(numpy.arange(len(labels)), first)
index = faiss.IndexFlatL2(64)
index.add(features[first])

def accuracy(neighbours):
    found = index.search(features[rest], neighbours)[1]
    votes = numpy.apply_along_axis(numpy.bincount, 1, labels[first][found], minlength=10)
    assert votes.sum(1).min() == neighbours
    predicted = votes.argmax(1)
    return (predicted == labels[rest]).mean(), numpy.bincount(predicted, minlength=10)

few, many = accuracy(3), accuracy(200)
print(f"k = 3: right in {few[0]:.0%}; k = 200: right in {many[0]:.0%}, predicted classes {many[1].tolist()}")
assert few[0] > 0.75 and many[0] < 0.12 and many[1][9] == len(rest)
try:
    KNeighborsClassifier(200).fit(features[first], labels[first]).predict(features[rest])
    raise AssertionError("scikit-learn takes it, too")
except ValueError as error:
    print("scikit-learn:", error)
PY
