"""Writes semi.safetensors: four training steps of FixMatch, of pseudo-labels and of a mean teacher; FixMatch's Wide ResNet.

    pip install torch==2.15.0 torchvision lightly safetensors numpy
    pip install --no-deps semilearn==0.3.2
    python make_semi.py

Losses are semilearn's functions, whose package imports half of the field: its two files are read as they lie. Its own moving
average leaves buffers out; here they are averaged too. The batch is one labelled image for two unlabelled ones, all in one passage.
"""
import copy, importlib.util, math, sys, types
import torch, torch.nn as nn, torch.nn.functional as F
from make import conv, floats, rand, write
from make_methods import Tiny, head

STEPS, PEAK, DECAY, THRESHOLD, LABELLED, MU, CLASSES = 4, 0.05, 0.9, 0.4, 4, 2, 10


def semilearn():
    """ce_loss and consistency_loss, without the rest of the package."""
    folder = importlib.util.find_spec("semilearn").submodule_search_locations[0] + "/core/criterions/"
    package = types.ModuleType("criterions"); package.__path__ = [folder]; sys.modules["criterions"] = package
    return importlib.import_module("criterions.consistency")


def rate(step):
    """semilearn's and the authors' cosine over 7/16 of half a turn."""
    return PEAK * math.cos(7 / 16 * math.pi * step / STEPS)


def classify(net, x): return net["classifier"](net["encoder"](x))


def fixmatch(c, s, t, x, y, weak, strong):
    logits = classify(s, torch.cat([x, weak, strong])); n, m = len(x), len(weak)
    probabilities = logits[n:n + m].detach().softmax(1); kept, guess = probabilities.max(1)
    mask = (kept >= THRESHOLD).to(x.dtype)
    return c.ce_loss(logits[:n], y, reduction="mean") + c.consistency_loss(logits[n + m:], guess, "ce", mask=mask), mask.mean()


def pseudo_label(c, s, t, x, y, weak, strong):
    logits = classify(s, torch.cat([x, weak])); n = len(x)
    kept, guess = logits[n:].detach().softmax(1).max(1); mask = (kept >= THRESHOLD).to(x.dtype)
    return c.ce_loss(logits[:n], y, reduction="mean") + c.consistency_loss(logits[n:], guess, "ce", mask=mask), mask.mean()


def mean_teacher(c, s, t, x, y, weak, strong):
    """The second view stands for another draw of the first; the teacher normalises by its own batch."""
    logits = classify(s, torch.cat([x, weak])); n = len(x)
    told = classify(t, strong).softmax(1)
    return c.ce_loss(logits[:n], y, reduction="mean") + 10 * c.consistency_loss(logits[n:], told.detach(), "mse"), torch.zeros(())


def run(dtype):
    c, out = semilearn(), {}
    m = LABELLED * MU
    labelled = rand(1, STEPS, LABELLED, 3, 16, 16); views = rand(2, STEPS, 2, m, 3, 16, 16)
    labels = torch.randint(CLASSES, (STEPS, LABELLED), generator=torch.Generator().manual_seed(3))
    out |= {"labelled": labelled, "views": views, "labels.i64": labels}
    for case, step in [("fixmatch", fixmatch), ("pseudo_label", pseudo_label), ("mean_teacher", mean_teacher)]:
        torch.manual_seed(7)
        s = nn.ModuleDict({"encoder": Tiny(), "classifier": head(32, CLASSES, bias=[True])})
        # Wider than PyTorch draws it, so that some answers are sure.
        nn.init.normal_(s["classifier"][0].weight, 0, 0.5); s = s.to(dtype)
        t = copy.deepcopy(s).requires_grad_(False)
        out |= floats(s, f"{case}/start")
        optimizer = torch.optim.SGD(s.parameters(), lr=PEAK, momentum=0.9, weight_decay=1e-3)
        losses, kept = [], []
        for k in range(STEPS):
            loss, share = step(c, s, t, labelled[k].to(dtype), labels[k], views[k, 0].to(dtype), views[k, 1].to(dtype))
            optimizer.zero_grad(); loss.backward()
            for group in optimizer.param_groups: group["lr"] = rate(k)
            optimizer.step(); losses.append(loss.detach()); kept.append(share)
            with torch.no_grad():
                theirs, ours = dict(t.named_parameters()), dict(s.named_parameters())
                if case != "mean_teacher": theirs |= dict(t.named_buffers()); ours |= dict(s.named_buffers())
                for name, mine in theirs.items():
                    if mine.is_floating_point(): mine.mul_(DECAY).add_((1 - DECAY) * ours[name])
        out |= {f"{case}/losses": torch.stack(losses), f"{case}/kept": torch.stack(kept)}
        out |= floats(s, f"{case}/end") | floats(t, f"{case}/end_target")
        print(case, dtype, [round(float(x), 4) for x in losses], [round(float(x), 3) for x in kept])
    return out


# ---- Wide ResNet ----------------------------------------------------------------------------------
class Block(nn.Module):
    """kekmodel/FixMatch-pytorch's BasicBlock as its authors' TensorFlow code computes it."""
    def __init__(self, i, o, stride, first):
        super().__init__()
        norm = lambda c: nn.BatchNorm2d(c, momentum=0.001, eps=1e-3)
        self.bn1, self.conv1, self.bn2, self.conv2 = norm(i), conv(i, o, 3, stride), norm(o), conv(o, o, 3, 1)
        self.convShortcut = conv(i, o, 1, stride) if i != o else None; self.first = first

    def forward(self, x):
        a = F.leaky_relu(self.bn1(x), 0.1); kept = a if self.first else x
        y = self.conv2(F.leaky_relu(self.bn2(self.conv1(a)), 0.1))
        return y + (kept if self.convShortcut is None else self.convShortcut(kept))


class Stage(nn.Module):
    def __init__(self, blocks): super().__init__(); self.layer = nn.Sequential(*blocks)
    def forward(self, x): return self.layer(x)


class Wide(nn.Module):
    """28 layers; width is the first stage's, 32 in WRN-28-2."""
    def __init__(self, width):
        super().__init__()
        self.conv1, i = conv(3, width // 2, 3, 1), width // 2
        for s in range(3):
            o = width << s
            self.add_module(f"block{s + 1}", Stage([Block(i if k == 0 else o, o, 2 if s and k == 0 else 1, s == 0 and k == 0) for k in range(4)])); i = o
        self.bn1 = nn.BatchNorm2d(i, momentum=0.001, eps=1e-3)

    def forward(self, x):
        x = self.block3(self.block2(self.block1(self.conv1(x))))
        return F.leaky_relu(self.bn1(x), 0.1).mean((2, 3))


def wide(dtype):
    torch.manual_seed(5); net = Wide(4)
    for m in net.modules():
        if isinstance(m, nn.BatchNorm2d): nn.init.uniform_(m.weight, .5, 1.5); nn.init.normal_(m.bias, 0, .2); m.running_mean.normal_(0, .1); m.running_var.uniform_(.5, 1.5)
    net = net.to(dtype); x, slope = rand(11, 4, 3, 16, 16), rand(12, 4, 16)
    out = {"wide/x": x, "wide/slope": slope} | floats(net, "wide/start")
    out["wide/evaluated"] = net.eval()(x.to(dtype))
    trained = net.train()(x.to(dtype)); (trained * slope.to(dtype)).sum().backward()
    out |= {"wide/trained": trained, "wide/gradient/conv1.weight": net.conv1.weight.grad, "wide/gradient/block2.layer.0.convShortcut.weight": net.block2.layer[0].convShortcut.weight.grad}
    return out | {f"wide/after/{k}": v.detach().clone() for k, v in net.state_dict().items() if "running" in k}


if __name__ == "__main__":
    single, double = (run(dtype) | wide(dtype) for dtype in (torch.float32, torch.float64))
    for key in single:
        if "/" in key:
            off = (single[key].double() - double[key].double()).abs().max().item()
            assert off < 2e-5, (key, off)
    write("semi", single)
