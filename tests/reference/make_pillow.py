"""Writes pillow.safetensors beside itself: what Pillow and torchvision make of 200 pictures, operation by operation and in
chains, as the views of lightly, solo-learn, MoCo and SimSiam are made.

    pip install pillow==13.0.0 torch==2.15.0 torchvision==0.29.2 safetensors==0.8.0 numpy
    python tests/reference/make_pillow.py

A picture and what becomes of it are bytes, and bytes are compared: kept is the CRC-32 of each result, planes of red, green
and blue, as `case.i64`; beside it the parameters of each picture, as `case/parameter`. `pictures.i64` are those of the
pictures themselves, which tests/it/pillow.rs draws again.
"""
import zlib
from pathlib import Path

import numpy
import torch
import torchvision.transforms.functional as T
from PIL import Image, ImageFilter
from safetensors.torch import save_file
from torchvision.transforms.autoaugment import RandAugment, _apply_op

SIDE, COUNT = 16, 200
MASK = (1 << 64) - 1


class SplitMix:
    """Steele, Lea and Flood 2014: the same numbers in every language."""

    def __init__(self, seed):
        self.state = seed

    def next(self):
        self.state = (self.state + 0x9E3779B97F4A7C15) & MASK
        z = self.state
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & MASK
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK
        return z ^ (z >> 31)

    def below(self, end):
        return (self.next() >> 32) % end


def generated(which):
    """In turn noise, gray noise, dark noise, saturated colours and slopes, `[side, side, 3]`."""
    draws = SplitMix(which)
    planes = numpy.zeros((3, SIDE, SIDE), numpy.uint8)
    for plane in planes:
        base, right, down = draws.below(256), draws.below(33) - 16, draws.below(33) - 16
        for y in range(SIDE):
            for x in range(SIDE):
                noise = draws.below(256)
                slope = min(max(base + right * x + down * y, 0), 255)
                plane[y, x] = [noise, noise, noise // 16, 255 * (noise // 128), slope][which % 5]
    if which % 5 == 1:
        planes[1:] = planes[0]
    return Image.fromarray(numpy.ascontiguousarray(planes.transpose(1, 2, 0)))


def crc(picture):
    return zlib.crc32(numpy.array(picture).transpose(2, 0, 1).tobytes())


class Cases:
    """Results and parameters, by name."""

    def __init__(self):
        self.pictures = [generated(which) for which in range(COUNT)]
        self.rng = numpy.random.default_rng(0)
        self.out = {"pictures.i64": torch.tensor([crc(picture) for picture in self.pictures])}

    def floats(self, name, low, high):
        """A parameter per picture, of f32 as torch draws them."""
        values = self.rng.uniform(low, high, COUNT).astype(numpy.float32)
        self.out[name] = torch.from_numpy(values)
        return [float(value) for value in values]

    def add(self, name, change):
        made = [change(i, picture) for i, picture in enumerate(self.pictures)]
        self.out[f"{name}.i64"] = torch.tensor([crc(picture) for picture in made])
        return made


def boxes(rng):
    sizes = rng.integers(1, SIDE + 1, (COUNT, 2))
    return numpy.concatenate([rng.integers(0, SIDE + 1 - sizes), sizes], 1)


PARTS = [T.adjust_brightness, T.adjust_contrast, T.adjust_saturation, T.adjust_hue]


def blurred(picture, sigma):
    return picture.filter(ImageFilter.GaussianBlur(radius=sigma))


def operations(cases):
    cut = boxes(cases.rng)
    cases.out["crop/boxes.i64"] = torch.from_numpy(cut)
    for name in ("bicubic", "bilinear"):
        how = T.InterpolationMode(name)
        crop = lambda i, picture: T.resized_crop(picture, *map(int, cut[i]), [SIDE, SIDE], how)
        cases.add(f"crop_{name}", crop)
    cases.add("flip", lambda i, picture: T.hflip(picture))
    cases.add("grayscale", lambda i, picture: T.rgb_to_grayscale(picture, 3))
    amounts = [cases.floats(f"jitter/{name}", *range) for name, range in (
        ("brightness", (0, 2)), ("contrast", (0, 2)), ("saturation", (0, 2)), ("hue", (-0.5, 0.5)))]
    for part, values in zip(PARTS, amounts):
        cases.add(part.__name__.removeprefix("adjust_"), lambda i, picture: part(picture, values[i]))
    sigmas = cases.floats("blur/sigma", 0.05, 6)
    cases.add("blur", lambda i, picture: blurred(picture, sigmas[i]))
    cases.add("blur_least", lambda i, picture: blurred(picture, 0.1))
    for kernel in (3, 9):
        cases.add(f"blur_{kernel}", lambda i, picture: T.gaussian_blur(picture, [kernel] * 2, [sigmas[i]] * 2))
    cases.add("solarize", lambda i, picture: T.solarize(picture, 128))
    cases.add("equalize", lambda i, picture: T.equalize(picture))
    degrees = cases.floats("rotation/degrees", -180, 180)
    cases.add("rotation", lambda i, picture: T.rotate(picture, degrees[i], T.InterpolationMode.BILINEAR))
    return cut, amounts, sigmas


def rand_augment(cases):
    """Each of the fourteen at every magnitude, positive in even pictures."""
    space = RandAugment()._augmentation_space(31, (SIDE, SIDE))
    for which, (name, (values, signed)) in enumerate(space.items()):
        def change(i, picture):
            amount = float(values[i % 31]) if values.ndim > 0 else 0.0
            sign = -1 if signed and i % 2 == 1 else 1
            return _apply_op(picture, name, sign * amount, T.InterpolationMode.NEAREST, None)
        cases.add(f"rand_augment_{which}", change)


def chains(cases, cut, amounts, sigmas):
    """Crop, the parts of the jitter in one of their orders, flip, blur, solarize."""
    orders = [cases.rng.permutation(4) for _ in range(COUNT)]
    cases.out["chain/order.i64"] = torch.from_numpy(numpy.array(orders))

    def chain(i, picture):
        picture = T.resized_crop(picture, *map(int, cut[i]), [SIDE, SIDE], T.InterpolationMode.BICUBIC)
        for part in orders[i]:
            picture = PARTS[part](picture, amounts[part][i])
        picture = T.hflip(picture) if i % 2 else T.rgb_to_grayscale(picture, 3)
        return T.solarize(blurred(picture, sigmas[i]), 128)

    cases.add("chain", chain)


if __name__ == "__main__":
    torch.set_num_threads(1)
    cases = Cases()
    cut, amounts, sigmas = operations(cases)
    rand_augment(cases)
    chains(cases, cut, amounts, sigmas)
    save_file({name: tensor.contiguous() for name, tensor in cases.out.items()},
              Path(__file__).with_name("pillow.safetensors"))
