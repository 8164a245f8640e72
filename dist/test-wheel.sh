#!/usr/bin/env bash
# Makes the wheel and the tarball, installs both where nothing else is, and uses them there as a user would. CI calls it
# after `cargo test --release`, whose compiled crates it takes.
source "$(dirname "$0")/common.sh"

wheel=$(dist/wheel.sh)
archive=$(dist/tarball.sh)
empty=$(mktemp -d)
trap 'rm -rf "$empty"' EXIT

# The wheel says which systems it is for: another program reads the same from its symbols.
told=$(auditwheel show "$wheel" | tr '\n' ' ')
grep -q "consistent with the following platform tag: \"manylinux_${glibc/./_}_" <<< "$told" || { echo "$told"; exit 1; }

# Whether there is a program to look with; in CI it is a failure if there is none.
has() {
  command -v "$1" > /dev/null && return
  echo "skipped: no $1 to look with"
  [ -z "${BYOLAB_NO_SKIP:-}" ] || exit 1
  return 1
}

# Nothing of this environment but the folder of programs.
clean() { env -i PATH=/usr/bin:/bin HOME="$empty" LANG=C.UTF-8 "$@"; }
cd "$empty"
python3 -m venv env
env/bin/python -m pip install -q --disable-pip-version-check --no-index "$wheel"
clean env/bin/byolab --version
[ "$(clean env/bin/byolab -V)" = "byolab $version" ]
# The demo with one of its seeds.
clean env/bin/byolab run demo --seeds 0 --quiet > trained.md
grep -q simclr trained.md
clean env/bin/byolab report demo --seeds 0 --format csv > trained.csv
grep -q finished trained.csv
env/bin/python -m pip uninstall -qy byolab
[ ! -e env/bin/byolab ]

tar -xJf "$archive"
cd "byolab-$version-$host"
[ "$(clean bin/byolab -V)" = "byolab $version" ]
clean bin/byolab plan demo > /dev/null
for page in byolab byolab-run byolab-data-fetch; do
  # groff tells of what it cannot set.
  if has groff; then [ -z "$(groff -man -Tutf8 -ww -z "share/man/man1/$page.1" 2>&1)" ]; fi
done
bash -c 'source share/bash-completion/completions/byolab && complete -p byolab' > /dev/null
if has zsh; then zsh -n share/zsh/site-functions/_byolab; fi
if has fish; then fish -n share/fish/vendor_completions.d/byolab.fish; fi
for file in README.md LICENSE-MIT LICENSE-APACHE LICENSE-FONTS LICENSES-OF-CRATES; do [ -s "$file" ]; done
echo "installed and used: $(basename "$wheel"), $(basename "$archive")"
