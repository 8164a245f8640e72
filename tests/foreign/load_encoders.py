"""Loads each folder's encoder by its load.py and compares what it makes of images.npy with expected.npy, within 1e-4."""
import importlib.util, pathlib, sys
import numpy

for folder in map(pathlib.Path, sys.argv[1:]):
    spec = importlib.util.spec_from_file_location("load_" + folder.name, folder / "load.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    images, expected = numpy.load(folder / "images.npy"), numpy.load(folder / "expected.npy")
    if (folder / "encoder.onnx").exists():
        found = module.features(module.load(), images)
    else:
        import torch
        torch.set_num_threads(1)
        found = module.features(module.load(), torch.from_numpy(images)).numpy()
    off, largest = abs(found - expected).max(), max(1, abs(expected).max())
    assert found.shape == expected.shape and off <= 1e-4 * largest, f"{folder.name}: off by {off} of {largest}"
    print(folder.name, off)
print("read")
