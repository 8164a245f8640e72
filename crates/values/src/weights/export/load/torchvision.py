"""The encoder beside this file as torchvision's ResNet: encoder = load(); features(encoder, images)."""
import pathlib
import torch
import torchvision
from safetensors.torch import load_file

# What it was trained with: images of SIDE pixels, normalised by these.
SIDE = @SIDE@
MEAN, STD = torch.tensor(@MEAN@).view(3, 1, 1), torch.tensor(@STD@).view(3, 1, 1)


class Encoder(torchvision.models.ResNet):
    """Of width @WIDTH@, without a classifier."""

    def __init__(self):
        super().__init__(torchvision.models.resnet.@BLOCK@, @LAYERS@, width_per_group=@GROUP@)
        self.conv1 = torch.nn.Conv2d(3, @WIDTH@, @STEM@, bias=False)
        self.bn1 = torch.nn.BatchNorm2d(@WIDTH@)
        self.maxpool = @POOL@
        self.fc = torch.nn.Identity()

    def _make_layer(self, block, planes, *others, **named):
        if planes == 64:
            self.inplanes = @WIDTH@
        return super()._make_layer(block, planes * @WIDTH@ // 64, *others, **named)


