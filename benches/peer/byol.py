"""Rate of lightly's BYOL example on CIFAR-10, as published but for the width: its transform, its loader, its step.

    python byol.py CIFAR_10_BATCHES_BIN_FOLDER [--width 64] [--batch 128] [--steps 8] [--warm-up 2]

Prints one JSON document: images of the batch (not views) a second, the median of the steps, with the slowest and fastest.
"""
import copy, json, statistics, time
import torch
from lightly.loss import NegativeCosineSimilarity
from lightly.models.modules import BYOLPredictionHead, BYOLProjectionHead
from lightly.models.utils import deactivate_requires_grad, update_momentum
from lightly.transforms.byol_transform import BYOLTransform, BYOLView1Transform, BYOLView2Transform
from common import Cifar10, ResNet18, arguments, peak_bytes


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
    loader = torch.utils.data.DataLoader(Cifar10(options.folder, transform), batch_size=options.batch, shuffle=True,
                                         drop_last=True, num_workers=options.workers)
    model, criterion = BYOL(options.width), NegativeCosineSimilarity()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.06)
    seconds, begin = [], time.perf_counter()
    for step, ((x0, x1), _) in enumerate(loader):
        update_momentum(model.backbone, model.backbone_momentum, m=0.99)
        update_momentum(model.projection_head, model.projection_head_momentum, m=0.99)
        loss = 0.5 * (criterion(model(x0), model.forward_momentum(x1)) + criterion(model(x1), model.forward_momentum(x0)))
        loss.backward(); optimizer.step(); optimizer.zero_grad()
        now = time.perf_counter(); seconds.append(now - begin); begin = now
        if step + 1 == options.warm_up + options.steps: break
    rates = [options.batch / s for s in seconds[options.warm_up:]]
    # The loader works ahead while the warm-up waits for it: the rate over all timed steps is the honest one.
    print(json.dumps({"images_per_second": options.batch * len(rates) / sum(seconds[options.warm_up:]),
                      "spread": [min(rates), max(rates)], "peak_bytes": peak_bytes()}))


main()
