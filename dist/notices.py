"""The licences of the crates that are part of the program, each text once: what they ask of whoever hands it on.

    python3 dist/notices.py x86_64-unknown-linux-gnu > LICENSES-OF-CRATES
"""

import json
import pathlib
import subprocess
import sys

NAMES = ("LICENSE", "LICENCE", "COPYING", "NOTICE", "UNLICENSE")


def cargo(*arguments):
    return subprocess.run(["cargo", *arguments], check=True, stdout=subprocess.PIPE, text=True).stdout


def linked(target):
    """Names and versions of what the program is made of: no build scripts, no macros, no tests."""
    tree = ["tree", "--locked", "--package=byolab", "--edges=normal,no-proc-macro", f"--target={target}"]
    return {tuple(line.split()[:2]) for line in cargo(*tree, "--prefix=none", "--format={p}").splitlines() if line}


def texts(package):
    folder = pathlib.Path(package["manifest_path"]).parent
    files = sorted(path for path in folder.iterdir() if path.is_file() and path.name.upper().startswith(NAMES))
    return [path.read_text(errors="replace").strip() for path in files]


wanted = linked(sys.argv[1])
packages = json.loads(cargo("metadata", "--locked", "--format-version=1"))["packages"]
crates = [crate for crate in packages if crate["source"] and (crate["name"], "v" + crate["version"]) in wanted]

holders = {}
for crate in sorted(crates, key=lambda crate: (crate["name"], crate["version"])):
    name = f"{crate['name']} {crate['version']}"
    print(f"{name}  {crate['license'] or crate['license_file']}")
    for text in texts(crate):
        holders.setdefault(" ".join(text.split()), (text, []))[1].append(name)
for text, names in holders.values():
    print(f"\n{'=' * 80}\n{', '.join(names)}\n{'-' * 80}\n{text}")
