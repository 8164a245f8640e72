"""Rate of lightly's BYOL example on CIFAR-10, as published but for the width: its transform, its loader, its step.

    python byol.py CIFAR_10_BATCHES_BIN_FOLDER [--width 64] [--batch 128] [--steps 8] [--warm-up 2]

Prints one JSON document, see common.report.
"""
import copy
import torch
from lightly.loss import NegativeCosineSimilarity
from lightly.models.modules import BYOLPredictionHead, BYOLProjectionHead
from lightly.models.utils import deactivate_requires_grad, update_momentum
from lightly.transforms.byol_transform import BYOLTransform, BYOLView1Transform, BYOLView2Transform
from common import ResNet18, arguments, loader, report


class BYOL(torch.nn.Module):
    def __init__(self, width):
        super().__init__()
        self.backbone, features = ResNet18(width), 8 * width
        self.projection_head = BYOLProjectionHead(features, 1024, 256)
        self.prediction_head = BYOLPredictionHead(256, 1024, 256)
        self.backbone_momentum = copy.deepcopy(self.backbone)
        self.projection_head_momentum = copy.deepcopy(self.projection_head)
        deactivate_requires_grad(self.backbone_momentum); deactivate_requires_grad(self.projection_head_momentum)

    def forward(self, x):
        return self.prediction_head(self.projection_head(self.backbone(x)))

    def forward_momentum(self, x):
        return self.projection_head_momentum(self.backbone_momentum(x)).detach()


def main():
    options = arguments()
    transform = BYOLTransform(view_1_transform=BYOLView1Transform(input_size=32, gaussian_blur=0.0),
                              view_2_transform=BYOLView2Transform(input_size=32, gaussian_blur=0.0))
    model, criterion = BYOL(options.width).to(options.device), NegativeCosineSimilarity()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.06)

    def step(batch):
        (x0, x1), _ = batch
        update_momentum(model.backbone, model.backbone_momentum, m=0.99)
        update_momentum(model.projection_head, model.projection_head_momentum, m=0.99)
        x0, x1 = x0.to(options.device), x1.to(options.device)
        loss = 0.5 * (criterion(model(x0), model.forward_momentum(x1)) + criterion(model(x1), model.forward_momentum(x0)))
        loss.backward(); optimizer.step(); optimizer.zero_grad()

    report(options, step, loader(options, transform))


main()
