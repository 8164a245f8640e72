"""Writes pretext.safetensors: four training steps of each pretext task on views and targets that are given.

    pip install torch==2.15.0 torchvision lightly safetensors numpy
    python make_pretext.py

What a task makes of an image is not in here: tests/it/tasks.rs looks at that. Here is what follows from it, written from the papers'
formulas: cross-entropies, squared errors, counts that add up, triplets. Every trace is computed in double precision too.
"""
import math
import torch, torch.nn as nn, torch.nn.functional as F
from make import conv, floats, rand, write
from make_methods import BatchNorm, head

STEPS, PEAK, N, COLOURS, LIGHTS = 4, 0.05, 4, 22 * 22, 20


class Tiny(nn.Module):
    """Four convolutions of doubling width with stride 1, 2, 2, 2, each with BatchNorm and ReLU: maps, not features."""
    def __init__(self, width=4):
        super().__init__()
        for n, (i, o, s) in enumerate([(3, width, 1), (width, 2 * width, 2), (2 * width, 4 * width, 2), (4 * width, 8 * width, 2)], 1):
            self.add_module(f"conv{n}", conv(i, o, 3, s)); self.add_module(f"bn{n}", nn.BatchNorm2d(o))

    def forward(self, x):
        for n in range(1, 5): x = F.relu(getattr(self, f"bn{n}")(getattr(self, f"conv{n}")(x)))
        return x


class Halves(nn.Module):
    """One encoder sees the mean of the channels, the other what is left without it."""
    def __init__(self):
        super().__init__()
        self.light, self.colour = Tiny(2), Tiny(2)

    def forward(self, x):
        light = x.mean(1, keepdim=True)
        return torch.cat([self.light(light.expand_as(x)), self.colour(x - light)], 1)


def features(net, x): return net["encoder"](x).mean((2, 3))


def rows(maps): return maps.permute(0, 2, 3, 1).flatten(0, 2)


def share(logits, told): return (logits.argmax(1) == told).double().mean()


def told_apart(name, joined=1):
    """One of a few, by the features of one image or of several side by side."""
    def step(net, views, told):
        logits = net[name](features(net, views[0]).unflatten(0, (-1, joined)).flatten(1)); told = told.flatten().long()
        return F.cross_entropy(logits, told), share(logits, told)
    return step


def triplets(net, views, told, margin=0.5):
    v, w = (net["exemplar"](features(net, x)) for x in views)
    near, far = F.cosine_similarity(v, w), F.cosine_similarity(v, w.roll(-1, 0))
    return F.relu(far - near + margin).mean(), (near > far).double().mean()


def denoising(net, views, told):
    maps = net["encoder"](views[0]); n, _, h, w = maps.shape
    made = net["decoder"](rows(maps)).view(n, h, w, -1).permute(0, 3, 1, 2)
    return F.mse_loss(F.pixel_shuffle(made, 16 // h), told.view_as(views[0])), None


def context_encoder(net, views, told):
    image, hidden = told.split([3 * 256, 256], 1); hidden = hidden.repeat(1, 3)
    made = net["decoder"](net["encoder"](views[0]).permute(0, 2, 3, 1).flatten(1))
    return (((made - image) * hidden).square().sum(1) / hidden.sum(1)).mean(), None


def cells(head, maps, told, classes):
    """Each place of 2 x 2 tells 2 x 2 cells of the image's 4 x 4."""
    n, _, h, w = maps.shape
    logits = head(rows(maps)).view(n, h, w, 2, 2, classes).permute(0, 1, 3, 2, 4, 5).reshape(-1, classes); told = told.flatten().long()
    return F.cross_entropy(logits, told), share(logits, told)


def colorization(net, views, told): return cells(net["colours"], net["encoder"](views[0]), told, COLOURS)


def split_brain(net, views, told):
    light, colour = net["encoder"](views[0]).chunk(2, 1); colours, lights = told.chunk(2, 1)
    (one, right), (other, _) = cells(net["colours"], light, colours, COLOURS), cells(net["lightness"], colour, lights, LIGHTS)
    return one + other, right


def counting(net, views, told, margin=10):
    counts = F.relu(net["counter"](features(net, views[0]))).unflatten(0, (-1, 5)); whole, parts = counts[:, 0], counts[:, 1:].sum(1)
    apart = (whole.roll(-1, 0) - parts).square().sum(1)
    return ((whole - parts).square().sum(1) + F.relu(margin - apart)).mean(), None


def net(encoder=Tiny, **heads):
    made = lambda *dims: head(*dims, bias=[False] * (len(dims) - 2) + [True])
    return lambda: nn.ModuleDict({"encoder": encoder()} | {name: made(*dims) for name, dims in heads.items()})


SMALL, WHOLE = "small", "whole"     # 8 x 8 pixels, 36 of them; 16 x 16, two views of four
# network, step, views (how many images of which size), targets (shape, classes; none: pixels)
CASES = {
    "exemplar": (net(exemplar=(32, 64)), told_apart("exemplar"), (WHOLE, 1, N), ((N, 1), 64)),
    "triplets": (net(exemplar=(32, 6)), triplets, (WHOLE, 2, N), None),
    "rotation": (net(rotation=(32, 4)), told_apart("rotation"), (SMALL, 1, 4 * N), ((N, 4), "turns")),
    "context": (net(context=(64, 12, 8)), told_apart("context", 2), (SMALL, 1, 2 * N), ((N, 1), 8)),
    "jigsaw": (net(jigsaw=(288, 12, 5)), told_apart("jigsaw", 9), (SMALL, 1, 9 * N), ((N, 1), 5)),
    "denoising": (net(decoder=(32, 12, 192)), denoising, (WHOLE, 1, N), ((N, 768), None)),
    "context_encoder": (net(decoder=(128, 12, 768)), context_encoder, (WHOLE, 1, N), ((N, 1024), "hole")),
    "colorization": (net(colours=(32, 4, 4 * COLOURS)), colorization, (WHOLE, 1, N), ((N, 16), COLOURS)),
    "split_brain": (net(Halves, colours=(16, 4, 4 * COLOURS), lightness=(16, 4, 4 * LIGHTS)), split_brain, (WHOLE, 1, N), ((N, 32), LIGHTS)),
    "counting": (net(counter=(32, 12, 6)), counting, (SMALL, 1, 5 * N), None),
}


def targets(case, asked):
    if asked is None: return None
    shape, kind = asked; drawn = rand(hash_of(case), STEPS, *shape)
    if kind == "turns": return torch.arange(4.).repeat(STEPS, N, 1)
    if kind == "hole": drawn[..., 768:] = (drawn[..., 768:] > 0).float(); return drawn
    return drawn if kind is None else ((drawn.abs() * 1e4).long() % kind).float()


def hash_of(case): return 100 + list(CASES).index(case)


def trace(case, pixels, dtype):
    build, step, (size, count, images), asked = CASES[case]
    torch.manual_seed(3); s = build()
    for m in s.modules():
        if isinstance(m, BatchNorm): nn.init.uniform_(m.weight, .5, 1.5); nn.init.normal_(m.bias, 0, .2)
    if case == "counting": nn.init.normal_(s["counter"][-1].weight, 0, .2)     # so that some of the margins are kept
    s.to(dtype); told = targets(case, asked); out = {f"{case}/start/{n}": p.detach().clone() for n, p in s.named_parameters()}
    if told is not None: out[f"{case}/targets"] = told; told = told.to(dtype)
    sgd = torch.optim.SGD(s.parameters(), PEAK, momentum=0.9, weight_decay=1e-3); losses, right = [], []
    for k in range(STEPS):
        views = [pixels[size][k, v, :images].to(dtype) for v in range(count)]
        loss, top1 = step(s, views, None if told is None else told[k])
        sgd.zero_grad(); loss.backward()
        for g in sgd.param_groups: g["lr"] = PEAK * 0.5 * (1 + math.cos(math.pi * k / STEPS))
        sgd.step(); losses.append(loss.detach()); right.append(top1)
    out[f"{case}/losses"] = torch.stack(losses)
    if right[0] is not None: out[f"{case}/top1"] = torch.stack(right).float()
    return out | {f"{case}/end/{n}": p for n, p in s.named_parameters()}


if __name__ == "__main__":
    pixels = {SMALL: rand(1, STEPS, 1, 9 * N, 3, 8, 8), WHOLE: rand(2, STEPS, 2, N, 3, 16, 16)}
    written = {f"views/{size}": views for size, views in pixels.items()}
    for case in CASES:
        single, double = trace(case, pixels, torch.float32), trace(case, pixels, torch.float64)
        off = max(((single[k].double() - double[k].double()).abs() / double[k].abs().clamp(min=1)).max().item() for k in single if "/end/" in k or k.endswith("losses"))
        moved = max((single[k] - single[k.replace("/end/", "/start/")]).abs().max().item() for k in single if "/end/" in k)
        top1 = single.get(f"{case}/top1"); print(f"{case:16} losses {[round(x, 4) for x in single[f'{case}/losses'].tolist()]} right {None if top1 is None else top1.tolist()} off {off:.1e} moved {moved:.2f}")
        assert off < 1e-5, case
        written |= single
    write("pretext", written)
