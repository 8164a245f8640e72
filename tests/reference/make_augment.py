"""Writes augment.safetensors and augment_more.safetensors beside itself: what PyTorch, torchvision, PIL and a
transcription of BYOL's colour code make of six generated images.

    pip install torch torchvision safetensors numpy
    python tests/reference/make_augment.py

Written with PyTorch 2.15 and torchvision 0.29 (float32, CPU). Keys are `case/name`, integers end in `.i64`.
"""
import colorsys
from pathlib import Path

import numpy
import torch
import torchvision.transforms.functional as T
from PIL import Image, ImageFilter
from safetensors.torch import save_file
from torchvision.transforms.autoaugment import RandAugment, _apply_op

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


def by_pixel(image, change):
    """`image` `[3, h, w]` with every pixel's red, green and blue changed."""
    pixels = image.double().reshape(3, -1).T.tolist()
    return torch.tensor([change(*pixel) for pixel in pixels]).T.reshape(image.shape).float().clamp(0, 1)


def byol_colour(name, image, amount):
    """The parts of colour jitter as DeepMind's augmentations.py has them."""
    def in_hsv(red, green, blue):
        h, s, v = colorsys.rgb_to_hsv(red, green, blue)
        h, s = ((h + amount) % 1.0, s) if name == "hue" else (h, min(s * amount, 1.0))
        return colorsys.hsv_to_rgb(h, s, v)

    if name == "brightness":
        return (image + amount).clamp(0, 1)
    if name == "contrast":
        mean = image.mean((1, 2), keepdim=True)
        return (amount * (image - mean) + mean).clamp(0, 1)
    return by_pixel(image, in_hsv)


def pil_blur(image, sigma):
    picture = Image.fromarray((image * 255).round().byte().permute(1, 2, 0).numpy())
    blurred = numpy.array(picture.filter(ImageFilter.GaussianBlur(sigma)))
    return torch.from_numpy(blurred).permute(2, 0, 1) / 255


def rand_augment(x):
    """All fourteen changes at magnitudes 9 and 30, each positive in even images; those on bytes as torchvision has it."""
    out = {}
    for magnitude in (9, 30):
        for which, (name, (values, signed)) in enumerate(RandAugment()._augmentation_space(31, (SIDE, SIDE)).items()):
            amount = values[magnitude].item() if values.ndim > 0 else 0.0
            on_bytes = name in ("Posterize", "Equalize")
            amount = amount / 255 if name == "Solarize" and amount > 1 else amount
            images = []
            for i, image in enumerate(x):
                image = (image * 255).round().byte() if on_bytes else image
                with_sign = -amount if signed and i % 2 == 1 else amount
                image = _apply_op(image, name, with_sign, T.InterpolationMode.NEAREST, None)
                images.append(image / 255 if on_bytes else image)
            out[f"rand_augment/{which}_{magnitude}"] = torch.stack(images)
    return out


def more(x):
    """As `cases`, for the operations that came later."""
    out = {"images": x}
    boxes = [(0, 0, 16, 16), (2, 3, 10, 8), (5, 1, 4, 6), (0, 6, 15, 4), (3, 3, 9, 9), (15, 0, 1, 16)]
    crop = lambda i, box: T.resized_crop(x[i], *box, [SIDE, SIDE], T.InterpolationMode.BILINEAR, antialias=False)
    out["crop/boxes.i64"] = torch.tensor(boxes)
    out["crop/bilinear"] = torch.stack([crop(i, box) for i, box in enumerate(boxes)])
    factors = {
        "brightness": [-0.4, -0.1, 0, 0.1, 0.3, 0.4],
        "contrast": [0.6, 0.8, 1, 1.1, 1.3, 1.4],
        "saturation": [0.2, 0.9, 1, 1.05, 1.2, 1.8],
        "hue": [-0.1, -0.5, 0, 0.03, 0.1, 0.5],
    }
    for name, values in factors.items():
        out[f"byol_{name}/factors"] = torch.tensor(values)
        out[f"byol_{name}/images"] = torch.stack([byol_colour(name, x[i], value) for i, value in enumerate(values)])
    for sigma in (0.1, 0.8, 2.0):
        out[f"blur_pil_s{sigma}/images"] = torch.stack([pil_blur(image, sigma) for image in x])
    degrees = [-30.0, -7.0, 0.0, 12.0, 45.0, 90.0]
    out["rotation/degrees"] = torch.tensor(degrees)
    rotate = lambda i, angle: T.rotate(x[i], angle, T.InterpolationMode.BILINEAR)
    out["rotation/images"] = torch.stack([rotate(i, angle) for i, angle in enumerate(degrees)])
    out["equalize/images"] = T.equalize((x * 255).round().byte()) / 255
    return out | rand_augment(x)


if __name__ == "__main__":
    torch.set_num_threads(1)
    for file, made in [("augment", cases), ("augment_more", more)]:
        tensors = {name: tensor.contiguous() for name, tensor in made(generated()).items()}
        save_file(tensors, Path(__file__).with_name(f"{file}.safetensors"))
