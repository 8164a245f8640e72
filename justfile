# The commands of every day; `just` alone lists them. https://just.systems

[private]
default:
    @just --list

# What every change must pass, as on the forge: needs Debian, and a quarter of an hour
ci:
    .ci/run

# Tests, all or those whose names hold a word: `just test circles`
test *words:
    cargo test --release --locked {{ words }}

# Formatting, clippy and documentation
lint:
    cargo fmt --all --check
    cargo clippy --release --locked --all-targets -- --deny warnings
    RUSTDOCFLAGS="--deny warnings" cargo doc --release --locked --no-deps

# Take the pictures of screens and reports as they are now; then read `git diff`, it is the review
accept *words:
    INSTA_UPDATE=always cargo test --release --locked --test it {{ words }}

# The workbench, or any command: `just lab demo`, `just lab report demo`
lab *arguments:
    cargo run --release --locked -- {{ arguments }}

# How quick the screens are; with a folder that holds CIFAR-10, training and views beside PyTorch and lightly too
bench folder="":
    cargo bench --locked --bench screens
    {{ if folder == "" { "true" } else { "python3 benches/run.py " + folder + " && python3 benches/views.py " + folder } }}

# Wheel and tarball in target/dist, installed and used; dist/RELEASE.md has the steps around it
release:
    dist/test-wheel.sh

# Licences and known faults of what byolab is built from, by cargo-deny
deny:
    cargo deny check
