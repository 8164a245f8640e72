"""The encoder beside this file, a ResNet, in PyTorch alone: encoder = load(); features(encoder, images)."""
import pathlib
import torch
from safetensors.torch import load_file

# What it was trained with: images of SIDE pixels, normalised by these.
SIDE = @SIDE@
MEAN, STD = torch.tensor(@MEAN@).view(3, 1, 1), torch.tensor(@STD@).view(3, 1, 1)

# Of each block of each stage: a kernel and its output channels for each convolution.
STAGES = @STAGES@


class Block(torch.nn.Module):
    def __init__(self, inputs, shape, stride):
        super().__init__()
        channels, self.layers = inputs, range(1, len(shape) + 1)
        strided = [kernel for kernel, _ in shape].index(3) + 1
        for place, (kernel, outputs) in zip(self.layers, shape):
            by = stride if place == strided else 1
            self.add_module(f"conv{place}", torch.nn.Conv2d(channels, outputs, kernel, by, kernel // 2, bias=False))
            self.add_module(f"bn{place}", torch.nn.BatchNorm2d(outputs))
            channels = outputs
        self.downsample = torch.nn.Identity()
        if stride != 1 or inputs != channels:
            project = torch.nn.Conv2d(inputs, channels, 1, stride, bias=False)
            self.downsample = torch.nn.Sequential(project, torch.nn.BatchNorm2d(channels))

    def forward(self, x):
        kept = self.downsample(x)
        for place in self.layers:
            x = self.get_submodule(f"bn{place}")(self.get_submodule(f"conv{place}")(x))
            x = torch.relu(x + kept if place == self.layers[-1] else x)
        return x


class Encoder(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1, self.bn1 = torch.nn.Conv2d(3, @WIDTH@, @STEM@, bias=False), torch.nn.BatchNorm2d(@WIDTH@)
        self.maxpool, channels = @POOL@, @WIDTH@
        for stage, blocks in enumerate(STAGES, 1):
            made = []
            for index, shape in enumerate(blocks):
                made.append(Block(channels, shape, 2 if stage > 1 and index == 0 else 1))
                channels = shape[-1][1]
            self.add_module(f"layer{stage}", torch.nn.Sequential(*made))

    def forward(self, x):
        x = self.maxpool(torch.relu(self.bn1(self.conv1(x))))
        for stage in range(1, len(STAGES) + 1):
            x = self.get_submodule(f"layer{stage}")(x)
        return x.mean((2, 3))


