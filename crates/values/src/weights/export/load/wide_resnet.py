"""The encoder beside this file, a Wide ResNet that normalises first, in PyTorch alone: encoder = load(); features(encoder, images)."""
import pathlib
import torch
from safetensors.torch import load_file

# What it was trained with: images of SIDE pixels, normalised by these.
SIDE = @SIDE@
MEAN, STD = torch.tensor(@MEAN@).view(3, 1, 1), torch.tensor(@STD@).view(3, 1, 1)


def norm(channels):
    return torch.nn.BatchNorm2d(channels, eps=1e-3)


def relu(x):
    return torch.nn.functional.leaky_relu(x, 0.1)


class Block(torch.nn.Module):
    def __init__(self, inputs, outputs, stride, first):
        super().__init__()
        self.bn1, self.bn2, self.first = norm(inputs), norm(outputs), first
        self.conv1 = torch.nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False)
        self.conv2 = torch.nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False)
        same = inputs == outputs
        self.convShortcut = torch.nn.Identity() if same else torch.nn.Conv2d(inputs, outputs, 1, stride, bias=False)

    def forward(self, x):
        activated = relu(self.bn1(x))
        kept = self.convShortcut(activated if self.first else x)
        return kept + self.conv2(relu(self.bn2(self.conv1(activated))))


class Stage(torch.nn.Module):
    def __init__(self, inputs, outputs, stride, first):
        super().__init__()
        blocks = [Block(inputs, outputs, stride, first)] + [Block(outputs, outputs, 1, False) for _ in range(3)]
        self.layer = torch.nn.Sequential(*blocks)

    def forward(self, x):
        return self.layer(x)


class Encoder(torch.nn.Module):
    def __init__(self, width=@WIDTH@):
        super().__init__()
        self.conv1 = torch.nn.Conv2d(3, width // 2, 3, 1, 1, bias=False)
        self.block1 = Stage(width // 2, width, 1, True)
        self.block2 = Stage(width, 2 * width, 2, False)
        self.block3 = Stage(2 * width, 4 * width, 2, False)
        self.bn1 = norm(4 * width)

    def forward(self, x):
        return relu(self.bn1(self.block3(self.block2(self.block1(self.conv1(x)))))).mean((2, 3))


