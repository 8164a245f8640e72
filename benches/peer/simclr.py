"""Rate of lightly's SimCLR example on CIFAR-10, as published but for the width: its transform, its loader, its step.

    python simclr.py CIFAR_10_BATCHES_BIN_FOLDER [--width 64] [--batch 128] [--steps 8] [--warm-up 2]

Prints one JSON document, see common.report.
"""
import torch
from lightly.loss import NTXentLoss
from lightly.models.modules import SimCLRProjectionHead
from lightly.transforms.simclr_transform import SimCLRTransform
from common import ResNet18, arguments, loader, report


def main():
    options = arguments()
    features = 8 * options.width
    model = torch.nn.Sequential(ResNet18(options.width), SimCLRProjectionHead(features, 512, 128)).to(options.device)
    criterion, optimizer = NTXentLoss(), torch.optim.SGD(model.parameters(), lr=0.06)

    def step(batch):
        x0, x1 = batch[0]
        loss = criterion(model(x0.to(options.device)), model(x1.to(options.device)))
        loss.backward(); optimizer.step(); optimizer.zero_grad()

    report(options, step, loader(options, SimCLRTransform(input_size=32, gaussian_blur=0.0)))


main()
