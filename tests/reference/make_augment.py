"""Writes augment.safetensors beside itself: what PyTorch and torchvision make of six generated images.

    pip install torch torchvision safetensors numpy
    python tests/reference/make_augment.py

Written with PyTorch 2.15 and torchvision 0.29 (float32, CPU). Keys are `case/name`, integers end in `.i64`.
"""
from pathlib import Path

import torch
import torchvision.transforms.functional as T
from safetensors.torch import save_file

SIDE = 16


def generated():
    """Noise, smooth gradients, a coarse mosaic, saturated colours, gray levels and near-black, all in bytes / 255."""
    noise = lambda *shape: torch.rand(*shape, generator=torch.Generator().manual_seed(sum(shape)))
    y, x = torch.meshgrid(torch.linspace(0, 1, SIDE), torch.linspace(0, 1, SIDE), indexing="ij")
    gray = (x * y).expand(3, SIDE, SIDE)
    images = [
        noise(3, SIDE, SIDE),
        torch.stack([x, y, 1 - x * y]),
        noise(3, 4, 4).repeat_interleave(4, 1).repeat_interleave(4, 2),
        (noise(3, SIDE, SIDE) > 0.5).float(),
        gray,
        0.1 * noise(3, SIDE, SIDE),
    ]
    return (torch.stack(images) * 255).round() / 255


def cases(x):
    """Every operation at given parameters, one parameter per image."""
    out = {"images": x}
    boxes = [(0, 0, 16, 16), (2, 3, 10, 8), (5, 1, 4, 6), (0, 6, 15, 4), (3, 3, 9, 9), (15, 0, 1, 16)]
    crop = lambda i, box: T.resized_crop(x[i], *box, [SIDE, SIDE], T.InterpolationMode.BICUBIC, antialias=False)
    out["crop/boxes.i64"] = torch.tensor(boxes)
    out["crop/bicubic"] = torch.stack([crop(i, box) for i, box in enumerate(boxes)]).clamp(0, 1)
    factors = {
        "brightness": [0.6, 0.8, 1, 1.1, 1.3, 1.4],
        "contrast": [0.6, 0.8, 1, 1.1, 1.3, 1.4],
        "saturation": [0.2, 0.9, 1, 1.05, 1.2, 1.8],
        "hue": [-0.1, -0.5, 0, 0.03, 0.1, 0.5],
    }
    for name, values in factors.items():
        adjust = getattr(T, f"adjust_{name}")
        out[f"{name}/factors"] = torch.tensor(values)
        out[f"{name}/images"] = torch.stack([adjust(x[i], value) for i, value in enumerate(values)])
    out["grayscale/images"] = T.rgb_to_grayscale(x, 3)
    for size in (3, 9):
        for sigma in (0.1, 0.8, 2.0):
            out[f"blur_k{size}_s{sigma}/images"] = T.gaussian_blur(x, [size, size], [sigma, sigma])
    out["solarize/images"] = T.solarize(x, 0.5)
    out["flip/images"] = T.hflip(x)
    return out


if __name__ == "__main__":
    torch.set_num_threads(1)
    tensors = {name: tensor.contiguous() for name, tensor in cases(generated()).items()}
    save_file(tensors, Path(__file__).with_name("augment.safetensors"))
