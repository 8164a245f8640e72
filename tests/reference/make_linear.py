"""Expected values for the linear classifier at its minimum: scikit-learn's multinomial logistic regression.

    pip install scikit-learn==1.9.1 safetensors==0.8.0 && python tests/reference/make_linear.py
"""

import pathlib

import numpy as np
from safetensors.numpy import save_file
from sklearn.linear_model import LogisticRegression

CLASSES, DIMENSIONS, BANK, QUERY = 4, 12, 240, 400
PENALTIES = [1e-1, 1e-2, 1e-4]


def sample(centres, mixing, count, random):
    """Overlapping classes in features whose columns are of unlike size and belong together."""
    labels = random.integers(0, CLASSES, count)
    return ((centres[labels] + random.normal(size=(count, DIMENSIONS))) @ mixing).astype(np.float32), labels


def main():
    random = np.random.default_rng(0)
    centres, mixing = random.normal(size=(CLASSES, DIMENSIONS)) * 0.7, random.normal(size=(DIMENSIONS, DIMENSIONS))
    (bank, labels), (query, truth) = (sample(centres, mixing, count, random) for count in (BANK, QUERY))
    standard = (bank - bank.mean(0)) / bank.std(0)
    found = dict(bank=bank, query=query, standard=standard.astype(np.float32))
    found |= {"labels.i64": labels, "truth.i64": truth}
    for penalty in PENALTIES:
        model = LogisticRegression(C=1 / (penalty * BANK), tol=1e-10, max_iter=100_000).fit(standard.astype(np.float64), labels)
        found[f"{penalty:g}/weights"] = np.concatenate([model.coef_, model.intercept_[:, None]], 1).astype(np.float32)
        found[f"{penalty:g}/top1"] = np.float32([model.score((query - bank.mean(0)) / bank.std(0), truth)])
        print(penalty, found[f"{penalty:g}/top1"])
    # The bytes of an array are written as they lie: scikit-learn's lie column after column.
    found = {name: np.ascontiguousarray(array) for name, array in found.items()}
    save_file(found, pathlib.Path(__file__).with_name("linear.safetensors"))


main()
