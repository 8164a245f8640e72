"""What the peers share: CIFAR-10 from its binary files, ResNet-18 in the CIFAR form at any width, options."""
import argparse, glob, json, resource, time
import numpy as np, torch, torch.nn.functional as F
from PIL import Image
from torch import nn


def arguments():
    parser = argparse.ArgumentParser()
    parser.add_argument("folder")
    parser.add_argument("--width", type=int, default=64)
    parser.add_argument("--batch", type=int, default=128)
    parser.add_argument("--steps", type=int, default=8)
    parser.add_argument("--warm-up", type=int, default=2)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--precision", choices=["f32", "bf16"], default="f32")
    parser.add_argument("--compile", action="store_true")
    parser.add_argument("--device", default="cpu")
    return parser.parse_args()


def report(options, step, fed):
    """Takes `step` with what `fed` yields and prints one JSON document: images of the batch (not views) a second, the mean of
    the timed steps, with the slowest and fastest. Where the device works beside the host it is waited for at the end alone, and
    single steps say little."""
    wait = torch.cuda.synchronize if options.device.startswith("cuda") else lambda: None
    seconds = []
    begin = time.perf_counter()
    for number, batch in enumerate(fed):
        step(batch)
        if number + 1 in (options.warm_up, options.warm_up + options.steps): wait()
        now = time.perf_counter(); seconds.append(now - begin); begin = now
        if number + 1 == options.warm_up + options.steps: break
    timed = seconds[options.warm_up:]
    rates = [options.batch / s for s in timed]
    # A loader works ahead while the warm-up waits for it: the rate over all timed steps is the honest one.
    print(json.dumps({"images_per_second": options.batch * len(timed) / sum(timed), "spread": [min(rates), max(rates)],
                      "peak_bytes": peak_bytes()}))


def loader(options, transform):
    return torch.utils.data.DataLoader(Cifar10(options.folder, transform), batch_size=options.batch, shuffle=True,
                                       drop_last=True, num_workers=options.workers)


class Cifar10(torch.utils.data.Dataset):
    def __init__(self, folder, transform):
        rows = np.concatenate([np.fromfile(name, np.uint8).reshape(-1, 3073)
                               for name in sorted(glob.glob(f"{folder}/data_batch_*.bin"))])
        self.labels, self.images = rows[:, 0], rows[:, 1:].reshape(-1, 3, 32, 32).transpose(0, 2, 3, 1)
        self.transform = transform

    def __len__(self):
        return len(self.images)

    def __getitem__(self, place):
        return self.transform(Image.fromarray(self.images[place])), int(self.labels[place])


def conv(i, o, k, s):
    return nn.Conv2d(i, o, k, s, k // 2, bias=False)


class Block(nn.Module):
    def __init__(self, i, o, s):
        super().__init__()
        self.conv1, self.bn1, self.conv2, self.bn2 = conv(i, o, 3, s), nn.BatchNorm2d(o), conv(o, o, 3, 1), nn.BatchNorm2d(o)
        self.downsample = nn.Sequential(conv(i, o, 1, s), nn.BatchNorm2d(o)) if s != 1 or i != o else None

    def forward(self, x):
        y = self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x)))))
        return F.relu(y + (x if self.downsample is None else self.downsample(x)))


class ResNet18(nn.Module):
    """3x3 stem of stride 1, no max-pool; `w` channels in the first stage; features after the global average."""
    def __init__(self, w):
        super().__init__()
        self.conv1, self.bn1, i, stages = conv(3, w, 3, 1), nn.BatchNorm2d(w), w, []
        for n, o in enumerate([w, 2 * w, 4 * w, 8 * w]):
            stages += [Block(i, o, 1 if n == 0 else 2), Block(o, o, 1)]; i = o
        self.stages = nn.Sequential(*stages)

    def forward(self, x):
        return self.stages(F.relu(self.bn1(self.conv1(x)))).mean((2, 3))


def peak_bytes():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
