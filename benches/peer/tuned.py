"""Rate of a BYOL step as somebody tunes it in PyTorch for a GPU: images resident on the device, views made there, channels
last, bfloat16 by autocast, everything compiled, one launch for many tensors in optimizer and target. Batch statistics are those
of one view, as in BYOL's code and in ours.

    python tuned.py CIFAR_10_BATCHES_BIN_FOLDER --device cuda --precision bf16 --compile [--width 64] [--batch 256]

Prints one JSON document, see common.report.
"""
import copy, math
import torch, torch.nn.functional as F
from torch import nn
from common import Cifar10, ResNet18, arguments, report

# Of BYOL's set: brightness, contrast, saturation and hue, and how often a picture is changed in each way.
JITTER, GRAY, SOLARIZE = (0.4, 0.4, 0.2, 0.1), 0.2, 0.2
TO_LUMA = (0.299, 0.587, 0.114)


def views(images, solarize):
    """Random crops of 8 to 100 % of the area, flips, jitter, grey and solarised ones of byte images, `[n, 3, 32, 32]`."""
    n, device = images.shape[0], images.device
    uniform = lambda low, high: torch.empty(n, device=device).uniform_(low, high)
    some = lambda p, yes, no: torch.where(torch.rand(n, 1, 1, 1, device=device) < p, yes, no)
    area, ratio = uniform(0.08, 1.0), torch.exp(uniform(math.log(3 / 4), math.log(4 / 3)))
    width, height = (area * ratio).sqrt().clamp(max=1.0), (area / ratio).sqrt().clamp(max=1.0)
    flip = torch.sign(uniform(-1.0, 1.0))
    theta = torch.zeros(n, 2, 3, device=device)
    theta[:, 0, 0], theta[:, 1, 1] = width * flip, height
    theta[:, 0, 2], theta[:, 1, 2] = uniform(-1.0, 1.0) * (1 - width), uniform(-1.0, 1.0) * (1 - height)
    x = F.grid_sample(images.float() / 255, F.affine_grid(theta, images.shape, align_corners=False), align_corners=False)
    luma = torch.tensor(TO_LUMA, device=device).view(1, 3, 1, 1)
    gray = lambda x: (x * luma).sum(1, keepdim=True)
    factor = lambda strength: uniform(1 - strength, 1 + strength).view(n, 1, 1, 1)
    y = (x * factor(JITTER[0])).clamp(0, 1)
    mean, f = gray(y).mean((1, 2, 3), keepdim=True), factor(JITTER[1])
    y = (y * f + mean * (1 - f)).clamp(0, 1)
    f = factor(JITTER[2])
    y = (y * f + gray(y) * (1 - f)).clamp(0, 1)
    # A turn about the grey axis in place of HSV's hue.
    angle = uniform(-JITTER[3], JITTER[3]) * 2 * math.pi
    cos, sin = angle.cos().view(n, 1, 1, 1), angle.sin().view(n, 1, 1, 1)
    r, g, b = y[:, :1], y[:, 1:2], y[:, 2:]
    across = torch.cat([b - g, r - b, g - r], 1) / math.sqrt(3)
    y = (y * cos + across * sin + y.mean(1, keepdim=True) * (1 - cos)).clamp(0, 1)
    x = some(0.8, y, x)
    x = some(GRAY, gray(x).expand_as(x), x)
    if solarize: x = some(SOLARIZE, torch.where(x >= 0.5, 1 - x, x), x)
    return ((x - 0.45) / 0.25).contiguous(memory_format=torch.channels_last)


def head(inputs, hidden, outputs):
    return nn.Sequential(nn.Linear(inputs, hidden, bias=False), nn.BatchNorm1d(hidden), nn.ReLU(), nn.Linear(hidden, outputs))


def main():
    options = arguments()
    data = torch.from_numpy(Cifar10(options.folder, None).images).permute(0, 3, 1, 2).contiguous().to(options.device)
    online = nn.Sequential(ResNet18(options.width), head(8 * options.width, 1024, 256))
    online = online.to(options.device, memory_format=torch.channels_last)
    predictor, target = head(256, 1024, 256).to(options.device), copy.deepcopy(online).requires_grad_(False)
    parameters = [*online.parameters(), *predictor.parameters()]
    fused = options.device.startswith("cuda")
    optimizer = torch.optim.SGD(parameters, lr=0.06, fused=fused, foreach=not fused)
    kind, half = options.device.split(":")[0], options.precision == "bf16"

    def loss(images):
        x0, x1 = views(images, False), views(images, True)
        with torch.autocast(kind, torch.bfloat16, enabled=half):
            with torch.no_grad(): t0, t1 = target(x0), target(x1)
            p0, p1 = predictor(online(x0)), predictor(online(x1))
        similar = lambda p, t: F.cosine_similarity(p.float(), t.float()).mean()
        return -0.5 * (similar(p0, t1) + similar(p1, t0))

    compiled = torch.compile(loss, mode="max-autotune") if options.compile else loss

    def step(indices):
        compiled(data[indices]).backward()
        optimizer.step(); optimizer.zero_grad(set_to_none=not options.compile)
        torch._foreach_lerp_(list(target.parameters()), list(online.parameters()), 0.01)

    order = torch.randperm(len(data), device=options.device)
    report(options, step, (order[at:at + options.batch] for at in range(0, len(data) - options.batch, options.batch)))


main()
