"""Writes methods_more.safetensors: four training steps of the methods that make_methods.py lacks, on its views, and their
losses alone, by the packages where these agree with the paper.

    pip install torch==2.15.0 torchvision==0.29.2 safetensors numpy lightly==1.6.0
    pip install --no-deps solo-learn==1.0.2
    python make_methods_more.py

DCL, DCLW, W-MSE and SIGReg are lightly's, NNCLR's and SwAV's solo-learn's, MoCo v3's its authors' code
(facebookresearch/moco-v3, moco/builder.py), two lines. Where a loss draws random numbers, they are given: W-MSE's groups are
dealt like cards, not shuffled, and SIGReg's slices are in the file.
"""
import functools, importlib.util, math, os, sys
import torch, torch.nn as nn, torch.nn.functional as F
import make_methods as base
from lightly.loss import DCLLoss, DCLWLoss
from lightly.loss.lejepa_loss import SIGReg, lejepa_invariance_loss
from lightly.loss.wmse_loss import WMSELoss
from make import rand, write
from make_methods import embed, head, heads, trace, far


def off_the_shelf(loss):
    """A step by a loss of two projections."""
    return lambda s, t, a, b, y, memory: loss(embed(s, a), embed(s, b))


def part(path):
    """A package's file as a module: whole, it asks for more than is needed here."""
    found = next(os.path.join(folder, path) for folder in sys.path if os.path.exists(os.path.join(folder, path)))
    spec = importlib.util.spec_from_file_location(path.replace("/", "_").removesuffix(".py"), found)
    module = importlib.util.module_from_spec(spec); spec.loader.exec_module(module)
    return module


# ---- DCL --------------------------------------------------------------------------------------------
def dclw_whole(a, b, temperature=0.1, sigma=0.5):
    """DCLW with the weights' gradient, which lightly stops and the authors' code (raminnakhli/Decoupled-Contrastive-Learning,
    loss/dcl.py) does not."""
    weigh = lambda x, y: 2 - len(x) * F.softmax((x * y).sum(1) / sigma, 0)
    return DCLLoss(temperature=temperature, weight_fn=weigh)(a, b)


# ---- W-MSE ------------------------------------------------------------------------------------------
def dealt(n, size, times):
    """Places of a batch dealt out like cards into groups of `size`, as often as asked."""
    order = torch.arange(n)
    for _ in range(times): order = order.view(size, n // size).T.reshape(-1)
    return order


def w_mse(a, b, size, iterations=1, epsilon=0, normalize=True):
    shuffle, calls = torch.randperm, iter(range(iterations))
    loss = WMSELoss(embedding_dim=a.shape[1], w_size=size, w_iter=iterations, eps=epsilon, track_running_stats=False,
                    **({} if normalize else {"loss_fn": F.mse_loss}))
    torch.randperm = lambda n: dealt(n, size, next(calls))
    try: return loss(torch.cat([a, b]))
    finally: torch.randperm = shuffle


# ---- MoCo v3 ----------------------------------------------------------------------------------------
def contrast(q, k, T):
    logits = F.normalize(q, dim=1) @ F.normalize(k, dim=1).T / T
    return F.cross_entropy(logits, torch.arange(len(q))) * (2 * T)


def moco_v3(s, t, a, b, y, memory, T=0.2):
    # The teacher's share of the next step, by the authors' cosine: the first does nothing, being a copy.
    memory["step"] = step = memory.get("step", 0) + 1
    base.DECAY = 1 - 0.5 * (1 + math.cos(math.pi * step / base.STEPS)) * (1 - 0.9)
    qa, qb = s["predictor"](embed(s, a)), s["predictor"](embed(s, b))
    return contrast(qa, embed(t, b), T) + contrast(qb, embed(t, a), T)


# ---- LeJEPA -----------------------------------------------------------------------------------------
SLICES = F.normalize(rand(40, base.STEPS, 16, 24), dim=1)       # [step, dimension, slice]


def lejepa(a, b, slices, weight=0.05, knots=17, t_max=3.0):
    """The authors' minimal example (rbalestr-lab/lejepa, MINIMAL.md): the statistic of each view, the mean of both."""
    sigreg = SIGReg(knots=knots, t_max=t_max).to(a.dtype); sigreg._generate_unit_vectors = lambda *of: slices.to(a.dtype)
    views = torch.stack([a, b])
    return weight * sigreg(views) + (1 - weight) * lejepa_invariance_loss(all_proj=views, global_proj=views)


def lejepa_step(s, t, a, b, y, memory):
    memory["step"] = step = memory.get("step", 0) + 1
    return lejepa(embed(s, a), embed(s, b), SLICES[step - 1])


# ---- NNCLR ------------------------------------------------------------------------------------------
nnclr_loss = part("solo/losses/nnclr.py").nnclr_loss_func


def nnclr(s, t, a, b, y, memory, T=0.1):
    """solo-learn's step, which is the paper's algorithm 1: neighbours first, then the first view's rows go into the queue."""
    za, zb = embed(s, a), embed(s, b); pa, pb = s["predictor"](za), s["predictor"](zb); queue = memory["queue"]
    na, nb = (queue[(F.normalize(z, dim=1) @ queue.T).argmax(1)] for z in (za, zb))
    memory["queue"] = torch.cat([F.normalize(za.detach(), dim=1), queue])[:len(queue)]
    return nnclr_loss(na, pb, T) / 2 + nnclr_loss(nb, pa, T) / 2


# ---- SwAV -------------------------------------------------------------------------------------------
assign, swav_loss = part("solo/utils/sinkhorn_knopp.py").SinkhornKnopp(3, 0.05), part("solo/losses/swav.py").swav_loss_func


def swav(s, t, a, b, y, memory, T=0.1):
    """The authors' step (facebookresearch/swav, main_swav.py): prototypes are brought to length 1 before it, in place, and do not
    learn in the first, by solo-learn's assignment and loss, which are the authors'."""
    memory["step"] = step = memory.get("step", 0) + 1; prototypes = s["prototypes"][0].weight
    with torch.no_grad(): prototypes.copy_(F.normalize(prototypes, dim=1))
    prototypes.requires_grad_(step > 1)
    scores = [F.normalize(embed(s, x), dim=1) @ prototypes.T for x in (a, b)]
    return swav_loss(scores, [assign(score.detach()) for score in scores], T)


unbiased = functools.partial(head, bias=(False, False, False))
plain = heads(projector=lambda: head(32, 24, 16, bias=(True, False)))
CASES = {
    "dcl": dict(build=plain, step=off_the_shelf(DCLLoss(temperature=0.1)), teacher=False),
    "dclw": dict(build=plain, step=off_the_shelf(DCLWLoss(temperature=0.2, sigma=0.5)), teacher=False),
    "dclw_whole": dict(build=plain, step=off_the_shelf(functools.partial(dclw_whole, temperature=0.2)), teacher=False),
    "w_mse": dict(build=heads(projector=lambda: head(32, 24, 4, bias=(True, True))), step=off_the_shelf(functools.partial(w_mse, size=8)), teacher=False),
    "w_mse_dealt": dict(build=heads(projector=lambda: head(32, 24, 2, bias=(True, True))), step=off_the_shelf(functools.partial(w_mse, size=4, iterations=2)), teacher=False),
    "moco_v3": dict(build=heads(projector=lambda: unbiased(32, 24, 16, last=[nn.BatchNorm1d(16, affine=False)]),
                                predictor=lambda: unbiased(16, 24, 16)), step=moco_v3, move="before"),
    "lejepa": dict(build=heads(projector=lambda: head(32, 24, 24, 16, bias=(True, True, True))), step=lejepa_step, teacher=False),
    "nnclr": dict(build=heads(projector=lambda: unbiased(32, 24, 24, 16, last=[nn.BatchNorm1d(16)]),
                              predictor=lambda: head(16, 24, 16, bias=(False, True))), step=nnclr, teacher=False, queue=32),
    "swav": dict(build=heads(projector=lambda: head(32, 24, 16, bias=(True, True)), prototypes=lambda: nn.Sequential(nn.Linear(16, 6, bias=False))), step=swav, teacher=False),
}

# On rows `a` and `b` of 64 images.
LOSSES = {
    "dcl": (16, DCLLoss(temperature=0.1)),
    "dclw": (16, DCLWLoss(temperature=0.2, sigma=0.5)),
    "dclw_whole": (16, functools.partial(dclw_whole, temperature=0.2)),
    "w_mse_whole": (16, functools.partial(w_mse, size=64)),
    "w_mse_groups": (16, functools.partial(w_mse, size=32)),
    "w_mse_dealt": (8, functools.partial(w_mse, size=16, iterations=4)),
    "w_mse_shrunk": (8, functools.partial(w_mse, size=16, iterations=2, epsilon=0.1)),
    "lejepa": (16, functools.partial(lejepa, slices=SLICES[0])),
    "lejepa_finer": (16, functools.partial(lejepa, slices=SLICES[1], weight=0.5, knots=33, t_max=5.0)),
    "w_mse_plain": (16, functools.partial(w_mse, size=64, normalize=False)),
}


def losses(dtype):
    out = {}
    for name, (width, loss) in LOSSES.items():
        # Columns of different lengths that lean on each other.
        a, common = rand(30, 64, width), rand(31, 64, 1)
        a = ((a + common) * torch.linspace(0.5, 2, width)); b = (a + 0.5 * rand(32, 64, width)).to(dtype).requires_grad_()
        a = a.to(dtype).requires_grad_(); l = loss(a, b); g = torch.autograd.grad(l, [a, b])
        out |= {f"losses/{width}/a": a, f"losses/{width}/b": b, f"losses/{name}/loss": l, f"losses/{name}/grad_a": g[0], f"losses/{name}/grad_b": g[1]}
    return out


def main():
    views, labels = rand(4, base.STEPS, 2, 8, 3, 8, 8), torch.randint(0, 10, (base.STEPS, 8), generator=torch.Generator().manual_seed(8))
    out = {}
    for case, c in CASES.items():
        runs = []
        for dtype in (torch.float32, torch.float64):
            base.DECAY = 0.9; runs.append(trace(case, views, labels, dtype, **c))
        a, b = ({k: v for k, v in run.items() if torch.is_tensor(v)} for run in runs)
        off = (a[f"{case}/losses"].double() - b[f"{case}/losses"]).abs().max(); ends = max(far(a[k], b[k]) for k in a if "/end" in k)
        print(f"{case:12} losses {[round(x, 4) for x in a[f'{case}/losses'].tolist()]} off by {off:.1e}, ends by {ends:.1e}")
        assert off < 1e-4 and ends < 1e-4; out |= a
    a, b = losses(torch.float32), losses(torch.float64)
    for name in LOSSES: print(f"{name:12}", *(f"{k} {a[f'losses/{name}/{k}'].abs().max():.4f} off by {far(a[f'losses/{name}/{k}'], b[f'losses/{name}/{k}']):.1e}" for k in ("loss", "grad_a", "grad_b")))
    write("methods_more", out | a | {"losses/slices": SLICES})


if __name__ == "__main__": main()
