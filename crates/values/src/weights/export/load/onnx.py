"""The encoder beside this file in onnxruntime: encoder = load(); features(encoder, images)."""
import pathlib
import numpy
import onnxruntime

# What it was trained with: images of SIDE pixels. They are normalised within.
SIDE = @SIDE@


def load(path=pathlib.Path(__file__).with_name("encoder.onnx")):
    return onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])


def features(encoder, images):
    """Of images [n, 3, side, side], from 0 to 255."""
    return encoder.run(["features"], {"images": numpy.asarray(images, dtype=numpy.float32) / 255})[0]
