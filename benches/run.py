"""Runs our training steps and the peers' in turn on this machine and prints ratios, ours over theirs.

    python benches/run.py CIFAR_10_FOLDER [--byolab target/release/byolab] [--rounds 3]

CIFAR_10_FOLDER holds cifar-10-batches-bin. Needs torch, torchvision, lightly, numpy and pillow. A ratio is the median over
rounds; in a round both run one after the other, so that a noisy machine disturbs both.
"""
import argparse, json, pathlib, statistics, subprocess, sys

HERE = pathlib.Path(__file__).parent


def document(command):
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True)
    if done.returncode != 0: sys.exit(f"{' '.join(map(str, command))}\n{done.stderr}")
    return json.loads(done.stdout)


def ours(options, method, width, batch):
    keys = ["--set", f"encoder.width={width}", "--set", f"train.batch={batch}", "--only", f"method={method}"]
    found = document([options.byolab, "bench", HERE / "steps.toml", "--data", options.folder, "--device", options.device,
                      "--json", *keys])
    return found["trials"][0]


def theirs(options, script, width, batch):
    folder = pathlib.Path(options.folder) / "cifar-10-batches-bin"
    return document([sys.executable, HERE / "peer" / script, folder, "--width", width, "--batch", batch])


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("folder")
    parser.add_argument("--byolab", default=HERE.parent / "target/release/byolab")
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    cases = [("byol", "byol.py", 16, 128), ("byol", "byol.py", 64, 128)]
    cases += [("supervised", "supervised.py", width, batch) for width in (16, 64) for batch in (64, 256)]
    print("| step | width | batch | ours, img/s | theirs, img/s | ratio | of rounds | memory, ours / theirs |")
    print("|---|--:|--:|--:|--:|--:|---|--:|")
    for method, script, width, batch in cases:
        # Our supervised step passes two views of an image, theirs one image: views are counted.
        views = 2 if method == "supervised" else 1
        half = batch // views
        rounds = [(ours(options, method, width, half), theirs(options, script, width, batch)) for _ in range(options.rounds)]
        rates = [(views * a["images_per_second"], b["images_per_second"]) for a, b in rounds]
        ratios = sorted(a / b for a, b in rates)
        own, peer = (statistics.median(pair[side] for pair in rates) for side in (0, 1))
        memory = rounds[-1][0]["peak_bytes"] / rounds[-1][1]["peak_bytes"]
        print(f"| {method} | {width} | {batch} | {own:.0f} | {peer:.0f} | {statistics.median(ratios):.2f} "
              f"| {ratios[0]:.2f} to {ratios[-1]:.2f} | {memory:.2f} |", flush=True)


main()
