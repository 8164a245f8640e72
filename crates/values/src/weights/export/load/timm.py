"""The encoder beside this file as timm's ResNet: encoder = load(); features(encoder, images)."""
import pathlib
import timm
import torch
from safetensors.torch import load_file

# What it was trained with: images of SIDE pixels, normalised by these.
SIDE = @SIDE@
MEAN, STD = torch.tensor(@MEAN@).view(3, 1, 1), torch.tensor(@STD@).view(3, 1, 1)


def Encoder():
    """Without a classifier."""
    encoder = timm.models.ResNet(timm.models.resnet.@BLOCK@, @LAYERS@, num_classes=0, base_width=@GROUP@)
    encoder.conv1 = torch.nn.Conv2d(3, 64, @STEM@, bias=False)
    encoder.maxpool = @POOL@
    return encoder


