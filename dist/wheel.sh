#!/usr/bin/env bash
# Makes the wheel for `pip install`, in target/dist. After `cargo build --release` only the last link is done again.
source "$(dirname "$0")/common.sh"

mkdir -p "$target/dist"
maturin build --release --locked --quiet --compatibility "manylinux_${glibc/./_}" --auditwheel check \
  --out "$target/dist" -- "${link[@]}" >&2
ls "$target/dist/byolab-$version-"*.whl
