"""Runs our training steps and the peers' in turn on this machine and prints ratios, ours over theirs.

    python benches/run.py CIFAR_10_FOLDER [--device cuda] [--byolab target/release/byolab] [--rounds 3]

On the CPU beside lightly's examples and a plain PyTorch step; on CUDA beside lightly's examples and a BYOL step tuned by hand.
CIFAR_10_FOLDER holds cifar-10-batches-bin. Needs torch, torchvision, lightly, numpy and pillow. A ratio is the median over
rounds; in a round both run one after the other, so that a noisy machine disturbs both.
"""
import argparse, json, pathlib, statistics, subprocess, sys

HERE = pathlib.Path(__file__).parent


def document(command):
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True)
    if done.returncode != 0: sys.exit(f"{' '.join(map(str, command))}\n{done.stderr}")
    return json.loads(done.stdout)


def ours(options, method, width, batch, precision):
    keys = ["--set", f"encoder.width={width}", "--set", f"train.batch={batch}", "--set", f"train.precision={precision}",
            "--only", f"method={method}"]
    found = document([options.byolab, "bench", HERE / "steps.toml", "--data", options.folder, "--device", options.device,
                      "--json", *keys])
    return found["trials"][0]


def theirs(options, script, width, batch, precision):
    folder = pathlib.Path(options.folder) / "cifar-10-batches-bin"
    command = [sys.executable, HERE / "peer" / script, folder, "--width", width, "--batch", batch, "--device", options.device]
    if script == "tuned.py": command += ["--precision", precision, "--steps", 30, "--warm-up", 10, "--compile"]
    return document(command)


def cases(device):
    """Method, the peer's script, width, batch, precision."""
    if device.startswith("cuda"):
        tuned = [("byol", "tuned.py", 64, batch, precision) for batch in (256, 1024) for precision in ("f32", "bf16")]
        return tuned + [(method, f"{method}.py", 64, batch, "f32") for batch in (256, 1024) for method in ("byol", "simclr")]
    examples = [("byol", "byol.py", width, 128, "f32") for width in (16, 64)] + [("simclr", "simclr.py", 16, 128, "f32")]
    return examples + [("supervised", "supervised.py", width, batch, "f32") for width in (16, 64) for batch in (64, 256)]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("folder")
    parser.add_argument("--byolab", default=HERE.parent / "target/release/byolab")
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", help="the peers' scripts to run, such as simclr.py", nargs="*")
    options = parser.parse_args()
    print("| step | beside | width | batch | precision | ours, img/s | theirs, img/s | ratio | of rounds | memory, ours / theirs |")
    print("|---|---|--:|--:|---|--:|--:|--:|---|--:|")
    for method, script, width, batch, precision in cases(options.device):
        if options.only and script not in options.only: continue
        # Our supervised step passes two views of an image, theirs one image: views are counted.
        views = 2 if method == "supervised" else 1
        half = batch // views
        rounds = [(ours(options, method, width, half, precision), theirs(options, script, width, batch, precision))
                  for _ in range(options.rounds)]
        rates = [(views * a["images_per_second"], b["images_per_second"]) for a, b in rounds]
        ratios = sorted(a / b for a, b in rates)
        own, peer = (statistics.median(pair[side] for pair in rates) for side in (0, 1))
        # Of processes: that of a card is not counted.
        memory = rounds[-1][0]["peak_bytes"] / rounds[-1][1]["peak_bytes"]
        print(f"| {method} | {script} | {width} | {batch} | {precision} | {own:.0f} | {peer:.0f} | {statistics.median(ratios):.2f} "
              f"| {ratios[0]:.2f} to {ratios[-1]:.2f} | {memory:.2f} |", flush=True)


main()
