"""Writes methods.safetensors and optimizers.safetensors: four training steps of each method, the
normalisations of the regression loss, and the optimizers' forms that make.py lacks.

    pip install torch torchvision lightly safetensors numpy
    python make_methods.py

Needs no data set. Every trace is computed twice: what is written is float32, and the float64 twin
is only compared with it and printed, so that a tolerance can be told from float32's own error.
"""
import copy, functools, math
import torch, torch.nn as nn, torch.nn.functional as F
from torch.nn.modules.batchnorm import _BatchNorm as BatchNorm
from make import byol_loss, conv, floats, info_nce, mlp, nt_xent, rand, write   # importing it also sets one thread, deterministic

STEPS, PEAK, DECAY = 4, 0.01, 0.9     # PEAK falls along half a cosine; DECAY is the target's
ORDER = torch.tensor([0, 2, 4, 6, 1, 3, 5, 7])   # dealt like cards: group g of two gets images i with i mod 2 == g


# ---- networks -------------------------------------------------------------------------------------
class Tiny(nn.Module):
    """Four convolutions 3->4->8->16->32, each with BatchNorm and ReLU, then the global average."""
    def __init__(self):
        super().__init__()
        for n, (i, o, s) in enumerate([(3, 4, 1), (4, 8, 2), (8, 16, 2), (16, 32, 2)], 1):
            self.add_module(f"conv{n}", conv(i, o, 3, s)); self.add_module(f"bn{n}", nn.BatchNorm2d(o))

    def forward(self, x):
        for n in range(1, 5): x = F.relu(getattr(self, f"bn{n}")(getattr(self, f"conv{n}")(x)))
        return x.mean((2, 3))


def head(*dims, bias, last=()):
    """Linear layers of these widths, BatchNorm and ReLU between them; bias says which of them have one."""
    layers = []
    for i, o, b in zip(dims, dims[1:], bias): layers += [nn.Linear(i, o, bias=b), nn.BatchNorm1d(o), nn.ReLU()]
    return nn.Sequential(*layers[:-2], *last)


def unshifted(width):
    """BatchNorm with a scale and no shift: its bias is no parameter and counts as 0."""
    norm = nn.BatchNorm1d(width); norm.bias = None
    return norm


def split_norm(m, x):
    """Two contiguous groups normalised apart; running statistics move towards the mean of the groups'."""
    groups, dims = x.chunk(2), [d for d in range(x.ndim) if d != 1]
    with torch.no_grad():
        m.running_mean.lerp_(torch.stack([g.mean(dims) for g in groups]).mean(0), m.momentum)
        m.running_var.lerp_(torch.stack([g.var(dims, unbiased=True) for g in groups]).mean(0), m.momentum)
    return torch.cat([F.batch_norm(g, None, None, m.weight, m.bias, True, 0, m.eps) for g in groups])


def own_norm(m, x):
    """First moves the running statistics by this batch, then normalises by them; a target's, so without gradient."""
    dims = [d for d in range(x.ndim) if d != 1]
    m.running_mean.lerp_(x.mean(dims), m.momentum); m.running_var.lerp_(x.var(dims, unbiased=True), m.momentum)
    return F.batch_norm(x, m.running_mean, m.running_var, m.weight, m.bias, False, 0, m.eps)


def renorm(net, forward):
    # Bound to each module by hand: a method set before a deepcopy would still speak to the original.
    for m in net.modules():
        if isinstance(m, BatchNorm): m.forward = functools.partial(forward, m)


def embed(net, x): return net["projector"](net["encoder"](x))


# ---- losses and steps -----------------------------------------------------------------------------
# Each takes (student, teacher or None, view 1, view 2, labels, memory) and returns the loss of the step.
# The teacher's parameters ask for no gradient, so nothing needs detaching on its side.
def unit(x): return x / x.square().sum(1, keepdim=True).clamp(min=1e-12).sqrt()


def cos(p, z): return (unit(p) * unit(z)).sum(1)


def simclr_ema(s, t, a, b, y, memory, T=0.2):
    """Keys of both views come from the teacher; the key of the query's own view and image is left out."""
    def one(z, positive, same):
        across, within = unit(z) @ unit(positive).T / T, unit(z) @ unit(same).T / T
        within = within.masked_fill(torch.eye(len(z), dtype=torch.bool), -math.inf)
        return (torch.cat([across, within], 1).logsumexp(1) - across.diagonal()).mean()
    za, zb, ta, tb = embed(s, a), embed(s, b), embed(t, a), embed(t, b)
    return (one(za, tb, ta) + one(zb, ta, tb)) / 2


def simclr_v2(s, t, a, b, y, memory): return nt_xent(embed(s, a), embed(s, b), 0.5)


def moco_v1(s, t, a, b, y, memory):
    q, k, queue = embed(s, a), unit(embed(t, b)), memory["queue"]
    memory["queue"] = torch.cat([k, queue])[:len(queue)]
    return info_nce(q, k, queue, 0.07)


def moco_v2(s, t, a, b, y, memory):
    key = lambda x: unit(embed(t, x[ORDER]))[ORDER.argsort()]     # the teacher's groups are not the student's
    qa, qb, ka, kb, queue = embed(s, a), embed(s, b), key(a), key(b), memory["queue"]
    memory["queue"] = torch.cat([ka, kb, queue])[:len(queue)]
    return info_nce(qa, kb, queue, 0.2) + info_nce(qb, ka, queue, 0.2)   # both against the queue of before


def simsiam(s, t, a, b, y, memory):
    za, zb = embed(s, a), embed(s, b); pa, pb = s["predictor"](za), s["predictor"](zb)
    return -(cos(pa, zb.detach()).mean() + cos(pb, za.detach()).mean()) / 2


def off_diagonal(m): return m[~torch.eye(len(m), dtype=torch.bool)]


def barlow_twins(s, t, a, b, y, memory):
    za, zb = (F.batch_norm(embed(s, x), None, None, training=True, eps=1e-5) for x in (a, b))
    c = za.T @ zb / len(za)
    return 0.1 * ((1 - c.diagonal()).square().sum() + 0.0051 * off_diagonal(c).square().sum())


def vicreg_loss(x, y):
    spread = lambda x: F.relu(1 - (x.var(0) + 1e-4).sqrt()).mean() / 2
    def redundancy(x): x = x - x.mean(0); return off_diagonal(x.T @ x / (len(x) - 1)).square().sum() / x.shape[1]
    return 25 * F.mse_loss(x, y) + 25 * (spread(x) + spread(y)) + redundancy(x) + redundancy(y)


def vicreg(s, t, a, b, y, memory): return vicreg_loss(embed(s, a), embed(s, b))


def supervised(s, t, a, b, y, memory):
    la, lb = (s["classifier"](s["encoder"](x)) for x in (a, b))
    return (F.cross_entropy(la, y) + F.cross_entropy(lb, y)) / 2


def byol(s, t, a, b, y, memory, weight=1):
    za, zb = embed(s, a), embed(s, b)
    ta, tb = (za.detach(), zb.detach()) if t is None else (embed(t, a), embed(t, b))
    return weight * byol_loss(s["predictor"](za), tb, s["predictor"](zb), ta)


# ---- traces ---------------------------------------------------------------------------------------
heads = lambda **h: lambda: nn.ModuleDict({"encoder": Tiny()} | {k: f() for k, f in h.items()})
byol_heads = heads(projector=lambda: mlp(32, 24, 16), predictor=lambda: mlp(16, 24, 16))

# build, step, and: teacher (False: none), queue (rows), move (when the teacher moves), norm (what replaces the
# forward of the BatchNorms of the networks named), frozen (teacher in eval mode, its running statistics
# averaged as well), rates (factor on the learning rate by the first part of a name).
CASES = {
    "simclr_ema": dict(build=heads(projector=lambda: mlp(32, 24, 16)), step=simclr_ema),
    "simclr_v2": dict(build=heads(projector=lambda: head(32, 24, 24, 16, bias=(False, False, False), last=[unshifted(16)])), step=simclr_v2, teacher=False),
    "moco_v1": dict(build=heads(projector=lambda: nn.Sequential(nn.Linear(32, 16))), step=moco_v1, queue=32),
    "moco_v2": dict(build=heads(projector=lambda: nn.Sequential(nn.Linear(32, 32), nn.ReLU(), nn.Linear(32, 16))), step=moco_v2, queue=64, norm=(split_norm, "student", "teacher")),
    "simsiam": dict(build=heads(projector=lambda: head(32, 24, 24, 16, bias=(False, False, False), last=[nn.BatchNorm1d(16, affine=False)]),
                                predictor=lambda: head(16, 8, 16, bias=(False, True))), step=simsiam, teacher=False),
    "barlow_twins": dict(build=heads(projector=lambda: head(32, 24, 24, 16, bias=(False, False, False))), step=barlow_twins, teacher=False),
    "vicreg": dict(build=heads(projector=lambda: head(32, 24, 24, 16, bias=(True, True, False))), step=vicreg, teacher=False),
    "supervised": dict(build=heads(classifier=lambda: nn.Sequential(nn.Linear(32, 10))), step=supervised, teacher=False),
    "byol_peer": dict(build=byol_heads, step=functools.partial(byol, weight=0.25), move="before"),
    "byol_averaged": dict(build=byol_heads, step=byol, frozen=True),
    "byol_own": dict(build=byol_heads, step=byol, norm=(own_norm, "teacher")),
    "byol_predictor_lr": dict(build=byol_heads, step=byol, teacher=False, rates={"predictor": 10}),
    "byol_deep": dict(build=heads(projector=lambda: head(32, 24, 24, 16, bias=(True, True, False)), predictor=lambda: nn.Sequential(nn.Linear(16, 16, bias=False))), step=byol),
}


def trace(case, views, labels, dtype, build, step, teacher=True, queue=0, move="after", norm=None, frozen=False, rates={}):
    torch.manual_seed(3); s = build()
    # Away from the ones and zeros of PyTorch's start, so that a scale, shift or statistic left out shows.
    for m in s.modules():
        if isinstance(m, BatchNorm):
            if m.weight is not None: nn.init.uniform_(m.weight, .5, 1.5)
            if m.bias is not None: nn.init.normal_(m.bias, 0, .2)
            m.running_mean.normal_(0, .1); m.running_var.uniform_(.5, 1.5)
    s.to(dtype); views = views.to(dtype); out = floats(s, f"{case}/start")
    memory = {"queue": unit(rand(5, queue, 16)).to(dtype)} if queue else {}
    out |= {f"{case}/start/{k}": v for k, v in memory.items()}
    t = copy.deepcopy(nn.ModuleDict({k: s[k] for k in ("encoder", "projector")})).requires_grad_(False) if teacher else None
    if frozen: t.eval()
    if norm:
        for net in norm[1:]: renorm({"student": s, "teacher": t}[net], norm[0])
    named = dict(s.named_parameters())
    sgd = torch.optim.SGD([{"params": [p], "rate": rates.get(n.split(".")[0], 1)} for n, p in named.items()], PEAK, momentum=0.9, weight_decay=1e-3)

    @torch.no_grad()
    def follow():
        for n, p in t.named_parameters(): p.copy_(DECAY * p + (1 - DECAY) * named[n])
        if frozen:
            buffers = dict(s.named_buffers())
            for n, v in t.named_buffers():
                if v.is_floating_point(): v.copy_(DECAY * v + (1 - DECAY) * buffers[n])

    losses = []
    for k in range(STEPS):
        if t and move == "before": follow()
        loss = step(s, t, *views[k], labels[k], memory)
        sgd.zero_grad(); loss.backward()
        for g in sgd.param_groups: g["lr"] = PEAK * 0.5 * (1 + math.cos(math.pi * k / STEPS)) * g["rate"]
        sgd.step(); losses.append(loss.detach())
        if t and move == "after": follow()
    out[f"{case}/losses"] = torch.stack(losses)
    out |= {f"{case}/end/{n}": p for n, p in named.items()} | {f"{case}/end/{k}": v for k, v in memory.items()}
    if t: out |= {f"{case}/end_target/{n}": p for n, p in t.named_parameters()}
    # Nothing in train mode reads the statistics of split norms, so losses and weights would not show them wrong.
    if norm and norm[0] is split_norm: out |= {f"{case}/end_stats/{n}": v for n, v in s.named_buffers() if v.is_floating_point()}
    return out


def norms(dtype):
    """The regression loss of BYOL under other normalisations; rows or columns come out with the scale l2 gives."""
    p, z = rand(6, 8, 16).to(dtype).requires_grad_(), rand(7, 8, 16).to(dtype); out = {"norms/p": p, "norms/z": z}
    standard = lambda x, dim: (x - x.mean(dim, keepdim=True)) / (x.var(dim, unbiased=False, keepdim=True) + 1e-5).sqrt() / math.sqrt(x.shape[1])
    for name, n in {"l2": unit, "layer-norm": lambda x: standard(x, 1), "batch-norm": lambda x: standard(x, 0), "none": lambda x: x}.items():
        l = (n(p) - n(z)).square().sum(1).mean()
        out |= {f"norms/{name}/loss": l, f"norms/{name}/grad_p": torch.autograd.grad(l, p)[0]}
    return out


def far(a, b): return (a.double() - b.double()).abs().max().item()


def methods():
    views = rand(4, STEPS, 2, 8, 3, 8, 8)
    labels = torch.randint(0, 10, (STEPS, 8), generator=torch.Generator().manual_seed(8))
    out, worst = {"views": views, "labels.i64": labels}, 0
    for case, c in CASES.items():
        a, b = trace(case, views, labels, torch.float32, **c), trace(case, views, labels, torch.float64, **c)
        # Relative, but never to less than 1: SimSiam's loss is a mean of cosines near 0, so its error is one of the cosines.
        l, m = a[f"{case}/losses"], b[f"{case}/losses"]; error = (l.double() - m).abs()
        off = (error / m.abs().clamp(min=1)).max().item(); worst = max(worst, off)
        ends = max(far(a[k], b[k]) for k in a if "/end" in k); moved = max(far(a[k], a[k.replace("/end/", "/start/")]) for k in a if "/end/" in k and "queue" not in k)
        print(f"{case:18} losses {[round(x, 4) for x in l.tolist()]} off by {error.max():.1e}, relative {(error / m.abs()).max():.1e}, ends by {ends:.1e}, weights moved up to {moved:.2f}")
        out |= a
    a, b = norms(torch.float32), norms(torch.float64); off = max(far(a[k], b[k]) / b[k].abs().max().item() for k in a)
    print(f"{'norms':18} off by {off:.1e} (relative)\nlargest deviation of a loss: {worst:.1e} (relative to it or to 1)"); assert max(worst, off) < 1e-5
    write("methods", out | a)


# ---- optimizers -----------------------------------------------------------------------------------
def lars_simclr(params, grads, moments, lr, wd=1e-2, momentum=0.9, eta=1e-3):
    """SimCLR's form: the learning rate of the step enters the momentum instead of multiplying it."""
    for n in params:
        p, g = params[n], grads[n]
        if p.ndim > 1:
            g = g + wd * p
            if p.norm() > 0 and g.norm() > 0: g = g * (eta * p.norm() / g.norm())
        moments[n] = momentum * moments[n] + lr * g
        params[n] = p - moments[n]


def lars_solo(params, grads, moments, lr, wd=1e-2, momentum=0.9, eta=0.02):
    """solo-learn's form: norms taken apart, the ratio clipped so that no layer exceeds the learning rate."""
    for n in params:
        p, g = params[n], grads[n]
        if p.ndim > 1:
            ratio = min(eta * p.norm() / (g.norm() + wd * p.norm() + 1e-8) / lr, 1) if p.norm() > 0 and g.norm() > 0 else 1
            g = (g + wd * p) * ratio
        moments[n] = momentum * moments[n] + g
        params[n] = p - lr * moments[n]


def by_torch(make):
    """An optimizer of torch's as a function like the two above; made at the first call, it keeps its own moments."""
    kept = {}
    def step(params, grads, moments, lr):
        if not kept: kept["leaves"] = {n: p.clone() for n, p in params.items()}; kept["optimizer"] = make(kept["leaves"])
        for n, p in kept["leaves"].items(): p.grad = grads[n].clone()
        for g in kept["optimizer"].param_groups: g["lr"] = lr
        kept["optimizer"].step()
        params |= {n: p.clone() for n, p in kept["leaves"].items()}
    return step


def optimizers():
    shapes, out = {"conv.weight": (4, 3, 3, 3), "linear.weight": (5, 4), "linear.bias": (5,), "bn.weight": (4,)}, {}
    adamw = lambda groups: torch.optim.AdamW(groups, betas=(.9, .999), eps=1e-8, weight_decay=1e-2)
    nesterov = lambda ps: torch.optim.SGD(ps.values(), lr=0.8, momentum=0.9, weight_decay=1e-2, nesterov=True)
    apart = lambda ps: [{"params": [p for p in ps.values() if p.ndim > 1]}, {"params": [p for p in ps.values() if p.ndim == 1], "weight_decay": 0}]
    for case, step, peak in [("lars_simclr", lars_simclr, .8), ("lars_solo", lars_solo, .02), ("nesterov", by_torch(nesterov), .8),
                             ("adamw", by_torch(lambda ps: adamw(ps.values())), .01), ("adamw_excluded", by_torch(lambda ps: adamw(apart(ps))), .01)]:
        params = {n: rand(i, *s) for i, (n, s) in enumerate(shapes.items())}
        moments = {n: torch.zeros(s) for n, s in shapes.items()}
        out |= {f"{case}/start/{n}": p for n, p in params.items()}
        for k in range(5):
            grads = {n: rand(100 * k + i + 50, *s) for i, (n, s) in enumerate(shapes.items())}
            step(params, grads, moments, lr=peak / (k + 1))
            out |= {f"{case}/step{k}/grad/{n}": g for n, g in grads.items()} | {f"{case}/step{k}/param/{n}": p for n, p in params.items()}
    write("optimizers", out)


if __name__ == "__main__":
    methods(); optimizers()
