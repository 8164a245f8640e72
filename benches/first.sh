#!/usr/bin/env bash
# What somebody new waits for: seconds from a fresh clone to the demo's first curve, to its end, to the last test, and from an
# edit of a screen to a program; and how many crates that compiles. Sources that cargo has downloaded before are not
# downloaded again.
#     benches/first.sh                    # as the README has it
#     benches/first.sh --features gpu
set -euo pipefail
cd "$(dirname "$0")/.."
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
git clone -q . "$folder/byolab"
cd "$folder/byolab"
tell() { printf '%5d s  %s\n' "$((SECONDS - begun))" "$1"; }
crates=$(cargo tree --locked -e normal,build --prefix none --target "$(rustc -vV | sed -n 's/host: //p')" -p byolab "$@" |
  sed 's/ (.*//' | sort -u | wc -l)
echo "$(git rev-parse --short HEAD), $crates crates, $(nproc) processors, $(rustc --version)"

begun=$SECONDS
cargo run --release --locked -q "$@" -- demo --headless > demo.txt 2> demo.err &
demo=$!
until grep -qs '"trained":' runs/demo/*/events.jsonl || ! kill -0 "$demo" 2> /dev/null; do sleep 0.2; done
tell "the demo's first curve"
wait "$demo"
tell "the demo's last verdict"
begun=$SECONDS
cargo test --release --locked -q "$@" > tests.txt 2>&1
tell "all tests passed, after that"
begun=$SECONDS
sed -i '1s/$/ Edited./' crates/faces/src/tui/screens/help.rs
cargo build --release --locked -q "$@"
tell "a screen edited and built"
