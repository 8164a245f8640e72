#!/usr/bin/env bash
# Guess:   with retries: 2 a training that was killed goes on from the checkpoints that it had written, and what is done
#          stays done.
# Happens: Snakemake deletes what a rule puts out when it fails, and before it begins: checkpoints in an output directory are
#          gone at each of the three tries. One space more in the rule's command, and every seed that was finished is deleted
#          and trained again; so is every seed where their number is a parameter and one is added.
# Matters: preempted trainings never end, three times the time for nothing, and a sweep of a week begins again for a
#          comment. Checkpoints belong beside what is declared; --rerun-triggers mtime keeps what is there.
# Seen:    snakemake 9.27.1, 2026-11-28.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
packages snakemake==9.27.1

cd "$folder"
snake() { "$(interpreter)" -m snakemake --cores 1 "$@" > log 2>&1; }

cat > Snakefile <<'RULE'
rule train:
    output: directory("checkpoints"), "accuracy.txt"
    retries: 2
    shell: "echo $(ls checkpoints 2> /dev/null | wc -l) >> found; mkdir -p checkpoints; touch checkpoints/epoch-1; exit 1"
RULE
snake train || true
echo "checkpoints found by the three tries:" $(cat found)

rule() {
    cat > Snakefile <<RULE
SEEDS = config["seeds"]
rule all:
    input: expand("accuracy-{seed}.txt", seed=range(SEEDS))
rule train:
    output: "accuracy-{seed}.txt"
    $1
    shell: "echo {wildcards.seed} >> trained;${2:-} echo 90 > {output}"
RULE
}
trained() { rm -f trained; snake --config seeds="$1" -- all; echo $(sort trained 2> /dev/null); }

rule ""
first=$(trained 2) again=$(trained 2) added=$(trained 3)
rule "" " "
space=$(trained 3)
rule "params: SEEDS" " "
parameter=$(trained 3)
more=$(trained 4)
echo "seeds trained at first: $first; again: ${again:-none}; with a third: $added; with a space more: $space"
echo "and where their number is a parameter, with a fourth: $more"
[ "$(echo $(cat found))" = "0 0 0" ] && [ -z "$again" ] && [ "$added" = 2 ] && [ "$space" = "0 1 2" ] && [ "$more" = "0 1 2 3" ]
