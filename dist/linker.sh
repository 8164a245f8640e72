#!/usr/bin/env bash
# A linker for rustc: zig, for the C library that common.sh names. maturin knows which of rustc's arguments zig has
# another word for.
exec maturin zig cc -- "$@" -target "$BYOLAB_LINK_FOR"
