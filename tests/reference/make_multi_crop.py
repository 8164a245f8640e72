"""Writes multi_crop.safetensors: four training steps of SwAV and DINO with small views beside the large ones of
methods.safetensors, and boxes that become small images.

    pip install torch==2.15.0 torchvision==0.29.2 safetensors numpy lightly==1.6.0 pillow==13.0.0
    python make_multi_crop.py

Losses are lightly's, which are the authors'; DINO's head is its authors' (facebookresearch/dino, vision_transformer.py), so are
its schedules (main_dino.py): the temperature by epochs, two steps each here, and no gradient for the last layer in the first.
"""
import math
import numpy as np, torch, torch.nn as nn, torch.nn.functional as F
from PIL import Image
from safetensors.torch import load_file
from lightly.loss import DINOLoss, SwaVLoss
import make_methods as base
from make import floats, rand, write
from make_methods import BatchNorm, PEAK, STEPS, Tiny, far, head

SMALL = rand(41, STEPS, 2, 8, 3, 6, 6)
DECAY = 0.9


class Cosines(nn.Module):
    """The last layer of DINOHead: torch's weight_norm with its length held at 1."""
    def __init__(self, i, o):
        super().__init__(); self.add_module("0", nn.utils.weight_norm(nn.Linear(i, o, bias=False)))
        layer = getattr(self, "0"); layer.weight_g.data.fill_(1); layer.weight_g.requires_grad = False

    def forward(self, x): return getattr(self, "0")(F.normalize(x, dim=-1, p=2))


def dino_head(*dims, norm):
    layers = []
    for i, o in zip(dims, dims[1:]): layers += [nn.Linear(i, o), *([nn.BatchNorm1d(o)] if norm else []), nn.GELU()]
    layers = layers[:-2] if norm else layers[:-1]
    return nn.Sequential(*layers)


def build_dino(norm): return {"encoder": Tiny(), "projector": dino_head(32, 24, 24, 16, norm=norm), "prototypes": Cosines(16, 12)}


def build_swav():
    return {"encoder": Tiny(), "projector": head(32, 24, 16, bias=(True, True)), "prototypes": nn.Sequential(nn.Linear(16, 6, bias=False))}


CASES = {
    "swav": dict(build=build_swav, teacher=False),
    "dino": dict(build=lambda: build_dino(False), small=False),
    "dino_small": dict(build=lambda: build_dino(True), warm=(0.04, 0.07, 2)),
}


def named(tensors):
    """A weight-normed layer has its direction under the name of the weight; its length is 1."""
    return {n.replace("weight_v", "weight"): v for n, v in tensors.items() if "weight_g" not in n}


def trace(case, views, dtype, build, teacher=True, small=True, warm=(0.04, 0.04, 0)):
    torch.manual_seed(3); s = nn.ModuleDict(build())
    for m in s.modules():
        if isinstance(m, BatchNorm): nn.init.uniform_(m.weight, .5, 1.5); nn.init.normal_(m.bias, 0, .2); m.running_mean.normal_(0, .1); m.running_var.uniform_(.5, 1.5)
    s.to(dtype); out = named(floats(s, f"{case}/start")); t = None
    if teacher: t = nn.ModuleDict(build()).to(dtype).requires_grad_(False); t.load_state_dict(s.state_dict())
    learnt = {n: p for n, p in s.named_parameters() if p.requires_grad}
    sgd = torch.optim.SGD(learnt.values(), PEAK, momentum=0.9, weight_decay=1e-3)
    swav, (start, end, epochs) = SwaVLoss(0.1, 3, 0.05), warm
    dino = DINOLoss(12, start, end, epochs, 0.1, 0.9).to(dtype)
    dino.teacher_temp_schedule = dino.teacher_temp_schedule.to(dtype)
    score = lambda net, x: net["prototypes"](net["projector"](net["encoder"](x)))
    losses = []
    for k in range(STEPS):
        epoch, large, others = k // 2, [x.to(dtype) for x in views[k]], [x.to(dtype) for x in SMALL[k]] if small else []
        if teacher:
            loss = dino([score(t, x) for x in large], [score(s, x) for x in large + others], epoch=epoch)
        else:
            weight = s["prototypes"][0].weight
            with torch.no_grad(): weight.copy_(F.normalize(weight, dim=1))
            weight.requires_grad_(k > 0)
            z = lambda x: F.normalize(s["projector"](s["encoder"](x)), dim=1)
            loss = swav([s["prototypes"](z(x)) for x in large], [s["prototypes"](z(x)) for x in others]).squeeze()
        sgd.zero_grad(); loss.backward()
        # The authors' cancel_gradients_last_layer.
        if teacher and epoch < 1: getattr(s["prototypes"], "0").weight_v.grad = None
        for g in sgd.param_groups: g["lr"] = PEAK * 0.5 * (1 + math.cos(math.pi * k / STEPS))
        sgd.step(); losses.append(loss.detach())
        if teacher:
            decay = 1 - (1 - DECAY) * 0.5 * (1 + math.cos(math.pi * k / STEPS))
            with torch.no_grad():
                for n, p in t.named_parameters():
                    if n in learnt: p.copy_(decay * p + (1 - decay) * learnt[n])
    out[f"{case}/losses"] = torch.stack(losses)
    out |= named({f"{case}/end/{n}": p for n, p in learnt.items()})
    if teacher: out |= named({f"{case}/end_target/{n}": p for n, p in t.named_parameters()}) | {f"{case}/end/centre": dino.center.reshape(1, -1)}
    return out


# ---- boxes ------------------------------------------------------------------------------------------
BOXES, OUT = [(0, 0, 16, 16), (2, 3, 10, 8), (5, 1, 4, 6), (0, 6, 15, 4), (3, 3, 9, 9), (15, 0, 1, 16)], 7


def boxes():
    """By torch with antialiasing, in floats and not clamped, and by Pillow, in bytes."""
    images, out = load_file("augment.safetensors")["images"][:len(BOXES)], {}
    for mode, filter in (("bicubic", Image.BICUBIC), ("bilinear", Image.BILINEAR)):
        made, bytes = [], []
        for image, (top, left, height, width) in zip(images, BOXES):
            box = image[:, top:top + height, left:left + width]
            made.append(F.interpolate(box[None].double(), (OUT, OUT), mode=mode, antialias=True, align_corners=False)[0].float())
            picture = Image.fromarray((box * 255).round().byte().permute(1, 2, 0).numpy()).resize((OUT, OUT), filter)
            bytes.append(torch.from_numpy(np.array(picture)).permute(2, 0, 1).float())
        out |= {f"boxes/{mode}": torch.stack(made), f"boxes/{mode}_pillow": torch.stack(bytes)}
    return out | {"boxes/images": images, "boxes/boxes.i64": torch.tensor(BOXES)}


def main():
    views, out = rand(4, STEPS, 2, 8, 3, 8, 8), {"small": SMALL}
    for case, c in CASES.items():
        a, b = trace(case, views, torch.float32, **c), trace(case, views, torch.float64, **c)
        off = (a[f"{case}/losses"].double() - b[f"{case}/losses"]).abs().max(); ends = max(far(a[k], b[k]) for k in a if "/end" in k)
        print(f"{case:12} losses {[round(x, 4) for x in a[f'{case}/losses'].tolist()]} off by {off:.1e}, ends by {ends:.1e}")
        assert off < 1e-4 and ends < 1e-4; out |= a
    write("multi_crop", out | boxes())


if __name__ == "__main__": main()
