"""Both BYOL views of CIFAR-10 on the CPU: byolab against lightly, on the same cores, in one run.

    cargo build --release
    pip install torch torchvision lightly
    python benches/views.py FOLDER [--cores 0,1] [--rounds 5]

FOLDER holds `cifar-10-batches-bin`. Each round times `byolab bench --views` (the set `byol`, all 45,000 training
images) and then benches/peer/views.py (lightly's BYOLTransform in its DataLoader with two workers), both pinned to the
same two cores; the ratio of a round is of two neighbours in time, so that other work on the machine strikes both.
"""
import argparse
import json
import os
import statistics
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
OURS = HERE.parent / "target/release/byolab"


def measured(command, threads):
    environment = os.environ | {"RAYON_NUM_THREADS": str(threads)}
    done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, text=True, check=True)
    return json.loads(done.stdout)["images_per_second"]


def told(name, values, unit=""):
    print(f"{name:<8} {statistics.median(values):>9.1f}{unit}   ({min(values):.1f} to {max(values):.1f})")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--cores", default="0,1")
    parser.add_argument("--rounds", type=int, default=5)
    asked = parser.parse_args()
    cores = {int(core) for core in asked.cores.split(",")}
    os.sched_setaffinity(0, cores)
    only = ["--seeds", "0", "--only", "augment=byol", "--only", "method=byol"]
    ours = [OURS, "bench", "augmentations", "--views", "--json", "--data", asked.folder, *only]
    peer = [sys.executable, HERE / "peer/views.py", asked.folder / "cifar-10-batches-bin", "--workers", str(len(cores))]
    rounds = []
    for _ in range(asked.rounds):
        rounds.append((measured(ours, len(cores)), measured(peer, len(cores))))
        print("byolab {:.0f} img/s, lightly {:.0f} img/s".format(*rounds[-1]), flush=True)
    told("byolab", [ours for ours, _ in rounds], " img/s")
    told("lightly", [peer for _, peer in rounds], " img/s")
    told("ratio", [ours / peer for ours, peer in rounds])


if __name__ == "__main__":
    main()
