"""Writes steps of the peers' optimizers, rates of their schedules and their losses: peer_lars.safetensors,
peer_schedules.json, peer_losses.safetensors; and measures: peer_measures.safetensors.

    pip install torch==2.15.0 safetensors numpy lightly==1.6.0 timm==1.0.31
    pip install loguru hydra-core omegaconf
    pip install --no-deps solo-learn==1.0.2 stable-pretraining==0.1.8 lightning-bolts==0.7.0
    python make_peers.py

Single files of packages are loaded by their paths: whole, some of them ask for more than is needed here.
"""
import importlib, importlib.util, json, math, os, sys, types, warnings
import torch
from safetensors.torch import save_file
from timm.optim.lars import Lars
from torch.optim.lr_scheduler import CosineAnnealingLR

warnings.simplefilter("ignore"); torch.set_num_threads(1)
stability = types.ModuleType("pl_bolts.utils.stability"); stability.under_review = lambda *a, **k: (lambda it: it)
sys.modules |= {"pl_bolts": types.ModuleType("pl_bolts"), "pl_bolts.utils": types.ModuleType("pl_bolts.utils"), "pl_bolts.utils.stability": stability}


def part(path):
    """A package's file as a module."""
    found = next(os.path.join(folder, path) for folder in sys.path if os.path.exists(os.path.join(folder, path)))
    spec = importlib.util.spec_from_file_location(path.replace("/", "_").removesuffix(".py"), found)
    module = importlib.util.module_from_spec(spec); spec.loader.exec_module(module)
    return module


lightly, timm, solo = part("lightly/utils/lars.py").LARS, Lars, part("solo/utils/lars.py").LARSWrapper
stable, bolts = part("stable_pretraining/optim/lars.py").LARS, part("pl_bolts/optimizers/lars.py").LARS


def rand(seed, *shape):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def inside(package, module, **others):
    """A module of a package whose `__init__` files are left out; `others` stand in for their neighbours."""
    folder = next(os.path.join(folder, package) for folder in sys.path if os.path.isdir(os.path.join(folder, package)))
    for name in [package, f"{package}.{module.split('.')[0]}"]:
        sys.modules[name] = types.ModuleType(name); sys.modules[name].__path__ = [os.path.join(folder, *name.split(".")[1:])]
    sys.modules |= {f"{package}.{name}": other for name, other in others.items()}
    return importlib.import_module(f"{package}.{module}")


# ---- LARS ---------------------------------------------------------------------------------------------
SHAPES = {"conv.weight": (4, 3, 3, 3), "linear.weight": (5, 4), "still.weight": (3, 3), "zero.weight": (2, 3), "faint.weight": (3, 4), "linear.bias": (5,), "bn.weight": (4,)}
RATES = [0.0, 0.5, 1.5, 0.3, 0.1]       # of the steps: as at a warm-up's beginning, and above 1


def start():
    """`zero` begins at 0, `faint` has gradients so small that an epsilon is seen, `still` has none at two steps."""
    return {n: rand(i, *s) * (0 if n[:4] == "zero" else 1) for i, (n, s) in enumerate(SHAPES.items())}


def grads(step):
    scale = lambda n: 1e-8 if n[:5] == "faint" else float(step not in (1, 3)) if n[:5] == "still" else 1.0
    return {n: rand(100 * step + i + 50, *s) * scale(n) for i, (n, s) in enumerate(SHAPES.items())}


def lars():
    apart = lambda ps, wd: [{"params": [p for p in ps if p.ndim > 1], "weight_decay": wd}, {"params": [p for p in ps if p.ndim == 1], "weight_decay": 0}]
    wrapped = lambda ps, wd, **more: solo(torch.optim.SGD(ps, lr=1, momentum=0.9, weight_decay=wd), eta=0.02, exclude_bias_n_norm=True, **more)
    kinds = {
        "lightly": lambda ps, wd: lightly(apart(ps, wd), lr=1, momentum=0.9, trust_coefficient=0.02),
        "bolts": lambda ps, wd: bolts(apart(ps, wd), lr=1, momentum=0.9, trust_coefficient=0.02),
        "timm": lambda ps, wd: timm(apart(ps, wd), lr=1, momentum=0.9, trust_coeff=0.02),
        "timm_larc": lambda ps, wd: timm(apart(ps, wd), lr=1, momentum=0.9, trust_coeff=0.02, trust_clip=True),
        "solo": lambda ps, wd: wrapped(ps, wd),
        "solo_clip": lambda ps, wd: wrapped(ps, wd, clip=True),
        "stable": lambda ps, wd: stable(ps, lr=1, momentum=0.9, weight_decay=wd, eta=0.02, exclude_bias_n_norm=True),
        "stable_clip": lambda ps, wd: stable(ps, lr=1, momentum=0.9, weight_decay=wd, eta=0.02, exclude_bias_n_norm=True, clip_lr=True),
    }
    out = {f"start/{n}": p for n, p in start().items()} | {f"step{k}/grad/{n}": g for k in range(len(RATES)) for n, g in grads(k).items()}
    out["rates"] = torch.tensor(RATES)
    for (kind, make), decay in ((it, wd) for it in kinds.items() for wd in (0.01, 0.0)):
        leaves = {n: p.clone() for n, p in start().items()}
        optimizer = make(list(leaves.values()), decay)
        for k, rate in enumerate(RATES):
            for n, g in grads(k).items(): leaves[n].grad = g.clone()
            for group in optimizer.param_groups: group["lr"] = rate
            optimizer.step()
            out |= {f"{kind}_{decay}/step{k}/param/{n}": p.clone() for n, p in leaves.items()}
    save_file({k: v.contiguous() for k, v in out.items()}, "peer_lars.safetensors")


# ---- schedules: 10 steps an epoch, 4 epochs of which the first warms up, the peak 0.6 --------------------
EPOCH, WARM, TOTAL, PEAK = 10, 10, 40, 0.6
STEPS = [0, 1, 5, WARM - 1, WARM, WARM + 1, 25, 29, TOTAL - 2, TOTAL - 1, TOTAL]   # the last is one after the end


def rates(make, every=1):
    """The rate of each step under a scheduler that moves every so many."""
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=PEAK)
    scheduler, found = make(optimizer), []
    for step in range(TOTAL + 1):
        if step and step % every == 0: scheduler.step()
        found.append(optimizer.param_groups[0]["lr"])
    return found


def timm_rates(**how):
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=PEAK)
    from timm.scheduler.cosine_lr import CosineLRScheduler
    scheduler = CosineLRScheduler(optimizer, warmup_t=WARM, t_in_epochs=False, **how)
    found = []
    for step in range(TOTAL + 1):
        scheduler.step_update(step); found.append(optimizer.param_groups[0]["lr"])
    return found


def schedules():
    of_lightly, of_bolts, of_stable = part("lightly/utils/scheduler.py"), part("pl_bolts/optimizers/lr_scheduler.py"), part("stable_pretraining/optim/lr_scheduler.py")
    cosine = {"warmup_epochs": 1, "epochs": TOTAL // EPOCH}
    by_epoch = lambda o: of_lightly.CosineWarmupScheduler(o, warmup_epochs=1, max_epochs=TOTAL // EPOCH)
    cases = [
        ("lightly CosineWarmupScheduler", cosine | {"warmup_count": "begun", "lr_end": 0.001, "schedule_end": "last"},
         rates(lambda o: of_lightly.CosineWarmupScheduler(o, warmup_epochs=WARM, max_epochs=TOTAL))),
        ("lightly CosineWarmupScheduler by epoch, without a warm-up", cosine | {"warmup_epochs": 0, "schedule": "cosine-by-epoch", "lr_end": 0.001, "schedule_end": "last"},
         rates(lambda o: of_lightly.CosineWarmupScheduler(o, warmup_epochs=0, max_epochs=TOTAL // EPOCH), EPOCH)),
        ("torch CosineAnnealingLR by epoch, lightly's CIFAR-10 benchmark", cosine | {"warmup_epochs": 0, "schedule": "cosine-by-epoch"},
         rates(lambda o: CosineAnnealingLR(o, TOTAL // EPOCH), EPOCH)),
        ("bolts LinearWarmupCosineAnnealingLR, as solo-learn has it", cosine | {"warmup_count": "between", "warmup_start": 3e-5 / PEAK},
         rates(lambda o: of_bolts.LinearWarmupCosineAnnealingLR(o, warmup_epochs=WARM, max_epochs=TOTAL, warmup_start_lr=3e-5))),
        ("stable-pretraining LinearWarmupCosineAnnealing", cosine | {"warmup_start": 0.01},
         rates(lambda o: of_stable.LinearWarmupCosineAnnealing(o, TOTAL, peak_step=WARM))),
        ("timm CosineLRScheduler with warmup_prefix", cosine, timm_rates(t_initial=TOTAL - WARM, warmup_prefix=True)),
        ("timm CosineLRScheduler", cosine | {"schedule_start": "with-warmup"}, timm_rates(t_initial=TOTAL)),
        # `adjust_learning_rate` of moco_cifar10_demo.ipynb, whose epochs are 1 to 200: it printed 0.059996 for the first.
        ("MoCo's CIFAR notebook", cosine | {"warmup_epochs": 0, "schedule": "cosine-by-epoch", "schedule_end": "ahead"},
         [PEAK * 0.5 * (1 + math.cos(math.pi * min(k // EPOCH + 1, TOTAL // EPOCH) / (TOTAL // EPOCH))) for k in range(TOTAL + 1)]),
    ]
    # The target's decay, from 0.99 to 1.
    decays = [("lightly cosine_schedule", {"schedule_end": "last"}, [of_lightly.cosine_schedule(min(k, TOTAL), TOTAL, 0.99, 1.0) for k in range(TOTAL + 1)])]
    listed = lambda all: [{"of": of, "train": train, "steps": STEPS, "values": [found[k] for k in STEPS]} for of, train, found in all]
    json.dump({"steps_per_epoch": EPOCH, "peak": PEAK, "learning_rate": listed(cases), "base": 0.99, "target_decay": listed(decays)}, open("peer_schedules.json", "w"), indent=1)


# ---- losses ----------------------------------------------------------------------------------------------
def losses():
    from lightly.loss import BarlowTwinsLoss, NTXentLoss, NegativeCosineSimilarity, VICRegLoss
    of_stable = inside("stable_pretraining", "losses.joint_embedding", utils=part("stable_pretraining/utils/distributed.py"))
    of_solo = lambda name: part(f"solo/losses/{name}.py")
    # Columns of deviations from 0.2 to 1.6: some under the hinge, some above.
    spread = torch.linspace(0.2, 1.6, 8)
    a, b, queue = rand(1, 16, 8) * spread, (rand(1, 16, 8) + 0.3 * rand(2, 16, 8)) * spread, torch.nn.functional.normalize(rand(3, 32, 8), dim=1)
    unit = lambda x: torch.nn.functional.normalize(x, dim=1)
    cosine = NegativeCosineSimilarity()
    cases = {
        "vicreg/lightly": VICRegLoss(), "vicreg/solo": of_solo("vicreg").vicreg_loss_func, "vicreg/stable": of_stable.VICRegLoss(),
        "barlow/lightly": BarlowTwinsLoss(), "barlow/solo": lambda a, b: of_solo("barlow").barlow_loss_func(a, b, lamb=5e-3, scale_loss=0.1),
        "simclr/lightly": NTXentLoss(temperature=0.2), "simclr/stable": of_stable.NTXEntLoss(temperature=0.2),
        "simclr/solo": lambda a, b: of_solo("simclr").simclr_loss_func(a, b, temperature=0.2),
        "moco/solo": lambda a, b: of_solo("moco").moco_loss_func(unit(a), unit(b), queue.T, temperature=0.2),
        "byol/lightly": lambda a, b: 0.5 * (cosine(a, b.detach()) + cosine(b, a.detach())),
        "byol/solo": lambda a, b: of_solo("byol").byol_loss_func(a, b) + of_solo("byol").byol_loss_func(b, a),
    }
    out = {"a": a, "b": b, "queue": queue}
    for case, loss in cases.items():
        leaves = [a.clone().requires_grad_(), b.clone().requires_grad_()]
        value = loss(*leaves); grads = torch.autograd.grad(value, leaves)
        out |= {f"{case}/loss": value.detach().reshape(1), f"{case}/grad_a": grads[0], f"{case}/grad_b": grads[1]}
    save_file({k: v.contiguous() for k, v in out.items()}, "peer_losses.safetensors")


# ---- measures: RankMe in double precision, and k-NN where exp(cos / t) overflows single precision --------------
def measures():
    from lightly.utils.benchmarking.knn import knn_predict
    svd = lambda x: torch.linalg.svdvals(x.double())
    rank_me = lambda x, added: (lambda p: torch.exp(-torch.sum(p * torch.log(p))))(svd(x) / svd(x).sum() + added)
    out = {}
    for name, x in {"tall": rand(1, 40, 12) * 0.6 ** torch.arange(12), "wide": rand(2, 12, 40), "rank_two": rand(3, 64, 2) @ rand(4, 2, 48)}.items():
        # The paper's 1e-7, and the 1e-5 of stable-pretraining's callback.
        out |= {f"rank/{name}/x": x, f"rank/{name}/paper": rank_me(x, 1e-7).float().reshape(1), f"rank/{name}/stable": rank_me(x, 1e-5).float().reshape(1)}
    unit = lambda x: torch.nn.functional.normalize(x, dim=1)
    labels, answer = (torch.randint(0, 5, (n,), generator=torch.Generator().manual_seed(n)) for n in (200, 50))
    one_hot = lambda y: torch.nn.functional.one_hot(y, 16)
    bank, query = unit(rand(5, 200, 16) + one_hot(labels)), unit(rand(6, 50, 16) + 0.5 * one_hot(answer))
    out |= {"knn/bank": bank, "knn/query": query, "knn/labels": labels.float()}
    for t in (0.01, 0.002):
        single, double = (knn_predict(q, b.T, labels, 5, knn_k=20, knn_t=t)[:, 0] for q, b in [(query, bank), (query.double(), bank.double())])
        print(f"lightly's k-NN at {t}: {(single != double).sum()} of 50 classes are others in single precision than in double")
        out[f"knn/{t}"] = double.float()
    save_file({k: v.contiguous() for k, v in out.items()}, "peer_measures.safetensors")


if __name__ == "__main__":
    lars(), schedules(), losses(), measures()
