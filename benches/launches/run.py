"""Counts the launches of a BYOL step on CUDA, and the seconds until it is there, without a card: driver.c stands in for NVIDIA's driver and runs no kernel,
while NVIDIA's own run-time compiler compiles every one of them as for an H100. A kernel that it refuses, or a recording that
allocates or waits, fails here and not first on a card. Numbers that come out mean nothing.

    python benches/launches/run.py [--byolab target/release/byolab]

Needs a C compiler and the packages nvidia-cuda-nvrtc-cu12, nvidia-cuda-runtime-cu12, nvidia-cuda-nvcc-cu12 and
nvidia-cuda-cccl-cu12. The first run of a build compiles for half a minute.
"""
import argparse, collections, importlib.util, os, pathlib, re, shutil, subprocess, sys, tempfile, time

HERE = pathlib.Path(__file__).parent


def package(name):
    found = importlib.util.find_spec(f"nvidia.{name}")
    if found is None: sys.exit(f"the Python package nvidia-{name.replace('_', '-')}-cu12 is missing")
    return pathlib.Path(list(found.submodule_search_locations)[0])


def toolkit(folder):
    """A CUDA toolkit with the driver that stands in."""
    for name in ("cuda_runtime", "cuda_nvcc", "cuda_cccl"):
        shutil.copytree(package(name) / "include", folder / "include", dirs_exist_ok=True)
    shutil.copytree(package("cuda_nvrtc") / "lib", folder / "lib64")
    compiler = ["cc", "-w", "-shared", "-fPIC", "-I", folder / "include", HERE / "driver.c"]
    subprocess.run([*compiler, "-o", folder / "lib64/libcuda.so.1"], check=True)
    (folder / "lib64/libcuda.so").symlink_to("libcuda.so.1")


def steps(lines):
    """What the device did from one pair of views to the next: by kernel, and kernels that were replayed."""
    found = []
    for line in lines:
        if "make_views" in line: found.append((collections.Counter(), []))
        if not found: continue
        launched, replayed = found[-1]
        if line.startswith("launched"): launched[re.sub(r"_[0-9a-f]*$", "", line.split()[1])] += 1
        if line.startswith("replayed"): replayed.append(int(line.split()[1]))
    return found


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--byolab", default=HERE.parent.parent / "target/release/byolab")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        toolkit(folder)
        log = folder / "launches"
        # The kernels are kept apart as well, so that the first run finds none.
        set_apart = {"LD_LIBRARY_PATH": folder / "lib64", "CUDA_PATH": folder, "LAUNCHES": log, "XDG_CACHE_HOME": folder}
        environment = os.environ | {name: str(value) for name, value in set_apart.items()}
        for kernels in ("no kernels", "all kernels"):
            log.unlink(missing_ok=True)
            command = [options.byolab, "run", HERE / "step.toml", "--device", "cuda", "--runs", folder / f"runs, {kernels}"]
            begun = time.monotonic()
            done = subprocess.run([str(word) for word in command], env=environment, capture_output=True, text=True)
            if done.returncode != 0: sys.exit(f"the run failed:\n{done.stderr[-4000:]}")
            print(f"{time.monotonic() - begun:.1f} s with {kernels} from before")
        lines = log.read_text().splitlines()
    refused = collections.Counter(line for line in lines if line.startswith("refused"))
    # The last but one: everything is chosen and recorded by then, and nothing is judged.
    launched, replayed = steps(lines)[-2]
    print(f"a step: {sum(launched.values())} launched, {sum(replayed)} replayed in {len(replayed)} recordings")
    for name, count in launched.most_common(): print(f"{count:6} {name}")
    for line, count in refused.items(): print(f"while recording {count} times: {line}")


main()
