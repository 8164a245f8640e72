"""The encoder beside this file, four convolutions, in PyTorch alone: encoder = load(); features(encoder, images)."""
import pathlib
import torch
from safetensors.torch import load_file

# What it was trained with: images of SIDE pixels, normalised by these.
SIDE = @SIDE@
MEAN, STD = torch.tensor(@MEAN@).view(3, 1, 1), torch.tensor(@STD@).view(3, 1, 1)


class Encoder(torch.nn.Module):
    def __init__(self, width=@WIDTH@):
        super().__init__()
        channels = [3, width, 2 * width, 4 * width, 8 * width]
        for place, (inputs, outputs) in enumerate(zip(channels, channels[1:]), 1):
            stride = 1 if place == 1 else 2
            self.add_module(f"conv{place}", torch.nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False))
            self.add_module(f"bn{place}", torch.nn.BatchNorm2d(outputs))

    def forward(self, x):
        for place in range(1, 5):
            x = torch.relu(self.get_submodule(f"bn{place}")(self.get_submodule(f"conv{place}")(x)))
        return x.mean((2, 3))


