# Read by the scripts beside it: where things are, and how the program that users get is linked.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

# The oldest C library that it runs with: that of RHEL 8 and its kin, which clusters still have.
glibc=2.28
target=${CARGO_TARGET_DIR:-$PWD/target}
tools=$target/tools/bin
host=$(rustc -vV | sed -n 's/^host: //p')
version=$(cargo metadata --no-deps --locked --format-version 1 |
  python3 -c 'import json, sys; print(next(p["version"] for p in json.load(sys.stdin)["packages"] if p["name"] == "byolab"))')

# Nothing but the last link differs from `cargo build --release`, so that what is built already is not built again:
# zig brings the old C library, and symbols, which only debuggers read, are left out.
link=(-C "linker=$PWD/dist/linker.sh" -C strip=symbols)
export BYOLAB_LINK_FOR="${host%%-*}-linux-gnu.$glibc"

# maturin makes wheels, zig links, auditwheel is the foreign eye on what both say.
if [ ! -x "$tools/maturin" ] || [ ! -x "$tools/auditwheel" ]; then
  python3 -m venv "$target/tools"
  "$tools/python" -m pip install -q --disable-pip-version-check "maturin>=1.9,<2" "ziglang>=0.15" auditwheel
fi
export PATH=$tools:$PATH
