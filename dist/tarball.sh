#!/usr/bin/env bash
# Makes byolab-VERSION-TARGET.tar.xz in target/dist: the program, its manual pages, completions, licences and README. Two
# runs at one commit make the same bytes.
source "$(dirname "$0")/common.sh"

name=byolab-$version-$host
folder=$target/dist/$name
rm -rf "$folder"
mkdir -p "$folder"/{bin,share/man/man1,share/bash-completion/completions,share/zsh/site-functions,share/fish/vendor_completions.d}

cargo rustc --release --locked --quiet --package byolab --bin byolab -- "${link[@]}"
cp "$target/release/byolab" "$folder/bin/"
byolab=$folder/bin/byolab
"$byolab" man -o "$folder/share/man/man1"
"$byolab" completions bash > "$folder/share/bash-completion/completions/byolab"
"$byolab" completions zsh > "$folder/share/zsh/site-functions/_byolab"
"$byolab" completions fish > "$folder/share/fish/vendor_completions.d/byolab.fish"
cp README.md CHANGELOG.md LICENSE-MIT LICENSE-APACHE "$folder/"
cp assets/fonts/LICENSE "$folder/LICENSE-FONTS"
python3 dist/notices.py "$host" > "$folder/LICENSES-OF-CRATES"

# Names in order, no owner, the commit's time: what is the same has the same bytes.
time=$(git log -1 --format=%ct 2> /dev/null || echo 0)
tar --sort=name --owner=0 --group=0 --numeric-owner --mtime="@$time" -C "$target/dist" -c "$name" |
  xz -T1 -6 > "$target/dist/$name.tar.xz"
rm -rf "$folder"
(cd "$target/dist" && sha256sum "$name.tar.xz" > "$name.tar.xz.sha256")
echo "$target/dist/$name.tar.xz"
