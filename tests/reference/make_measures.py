"""Expected values for what features are like: alpha-ReQ by its authors' reptrix, LiDAR by stable-pretraining, neural collapse by ssrlib.

    pip install reptrix==0.1.0 stable-pretraining==0.1.8 ssrlib==0.2.0 safetensors==0.8.0 && python tests/reference/make_measures.py
"""

import importlib.machinery
import pathlib
import sys
import types

import numpy as np
import torch
from reptrix import alpha
from safetensors.numpy import save_file


def bare(*packages):
    """Packages without what their __init__ imports: every model and data set that they know."""
    for name in packages:
        parent, _, child = name.rpartition(".")
        within = sys.modules[parent].__path__ if parent else None
        spec = importlib.machinery.PathFinder.find_spec(name, within)
        sys.modules[name] = types.ModuleType(name)
        sys.modules[name].__path__ = list(spec.submodule_search_locations)
        if parent:
            setattr(sys.modules[parent], child, sys.modules[name])


bare("ssrlib", "stable_pretraining", "stable_pretraining.callbacks")
from ssrlib.processing.neural_collapse import NeuralCollapseProcessor  # noqa: E402
from stable_pretraining.callbacks.lidar import LiDAR  # noqa: E402

IMAGES, VIEWS, CLASSES = 40, 6, 4


def views(random, dimensions):
    """Images that differ along axes of unlike length, and their views that differ less."""
    images = random.normal(size=(IMAGES, 1, dimensions)) * np.geomspace(2, 0.2, dimensions)
    return (images + 0.3 * random.normal(size=(IMAGES, VIEWS, dimensions))).reshape(-1, dimensions).astype(np.float32)


def lidar(x):
    """Of double precision; nothing of the callback but its arithmetic is used."""
    callback = object.__new__(LiDAR)
    callback.name, callback.n_classes, callback.samples_per_class, callback.delta, callback.epsilon = "", IMAGES, VIEWS, 1e-4, 1e-12
    return callback._compute_lidar(torch.from_numpy(x).double())["lidar"]


def main():
    random = np.random.default_rng(0)
    x, steep = views(random, 16), random.normal(size=(120, 48)) * np.arange(1, 49.0) ** -0.7
    labels = random.integers(0, CLASSES, len(x))
    classes = (random.normal(size=(CLASSES, 16))[labels] + x).astype(np.float32)
    nc1 = NeuralCollapseProcessor().process(classes.astype(np.float64), labels=labels)[0]
    found = {
        "views": x,
        "views/lidar": np.float32([lidar(x)]),
        "steep": steep.astype(np.float32),
        "steep/alpha": np.float32([alpha.get_alpha(torch.from_numpy(steep), fit_range=np.arange(10, 48))[0]]),
        "classes": classes,
        "classes/labels.i64": labels,
        "classes/neural_collapse": np.float32([nc1]),
    }
    print({name: array for name, array in found.items() if array.size == 1})
    save_file(found, pathlib.Path(__file__).with_name("measures.safetensors"))


main()
