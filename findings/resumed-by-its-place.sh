#!/usr/bin/env bash
# Guess:   parallel --resume runs what the log of jobs, which has every command, does not have.
# Happens: it goes by the place in the list. With seed 0 put before 1, 2 and 3, seed 3 is trained again and seed 0 never. With a
#          third seed for two methods, SimCLR's second is trained twice and BYOL's third never, since the list of one method
#          is longer. With another learning rate nothing runs: all three places are done.
# Matters: a sweep that is extended ends without an error, with one cell too many and one too few, and the log holds one
#          command twice; a paired comparison loses its pair. The manual asks for lists that stay as they are, and nothing
#          looks at the commands that are in the log.
# Seen:    GNU parallel 20221122 of Debian 12, 2026-11-28.
set -euo pipefail
. "$(dirname "$0")/lib.sh"

cd "$folder"
if ! command -v parallel > /dev/null; then
    apt-get -qq download parallel=20221122+ds-2 2> /dev/null
    dpkg -x parallel_*.deb .
    PATH=$folder/usr/bin:$PATH
fi
HOME=$folder
mkdir .parallel
touch .parallel/will-cite # or it asks for its citation

trained() { parallel -j1 --joblog log --resume --keep-order echo "$@" | paste -sd,; }

trained seed ::: 1 2 3 > /dev/null
inserted=$(trained seed ::: 0 1 2 3)
rm log
trained ::: byol simclr ::: 1 2 > /dev/null
extended=$(trained ::: byol simclr ::: 1 2 3)
rm log
trained rate 0.1 seed ::: 1 2 3 > /dev/null
changed=$(trained rate 0.3 seed ::: 1 2 3)
echo "seed 0 before three that are done: trains $inserted"
echo "a third seed for two methods:      trains $extended"
echo "another rate:                      trains ${changed:-nothing}"
[ "$inserted" = "seed 3" ] && [ "$extended" = "simclr 2,simclr 3" ] && [ -z "$changed" ]
