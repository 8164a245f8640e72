#!/usr/bin/env bash
# What is to be known of an NVIDIA card, in ten minutes: correctness beside the CPU, start with no kernels kept and with all,
# rates beside PyTorch's in the same run, memory beside the plan, and then as much of CIFAR-10's batch axis as time is left
# for. Ends by its own deadline; every part leaves its numbers in the folder as it ends, the largest question last.
#
#     benches/card.sh CIFAR_FOLDER OUT [SECONDS]
#
# CIFAR_FOLDER holds cifar-10-batches-bin. BYOLAB is the program (target/release/byolab), PYTHON a Python that may have torch and
# lightly: what is missing is told and left out.
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
byolab=${BYOLAB:-$here/../target/release/byolab} python=${PYTHON:-python3}
data=$(realpath "$1") out=$2 most=${3:-570}
mkdir -p "$out" && out=$(realpath "$out")
device=${DEVICE:-cuda}

left() { echo $((most - SECONDS)); }

# part NAME AT_MOST COMMAND…: runs it within its time and ours, its words in NAME.txt; says how long it took.
part() {
  local name=$1 within=$2 begun=$SECONDS
  shift 2
  if [ "$(left)" -lt 15 ]; then echo "$name: no time left" | tee -a "$out/parts.txt"; return 1; fi
  [ "$within" -gt "$(left)" ] && within=$(left)
  timeout --kill-after=5 "$within" "$@" > "$out/$name.txt" 2>&1
  local status=$?
  echo "$name: $((SECONDS - begun)) s, exit code $status" | tee -a "$out/parts.txt"
  return $status
}

card() {
  nvidia-smi --query-gpu=name,driver_version,memory.total --format=csv,noheader || echo "no nvidia-smi"
  "$byolab" --version
  "$byolab" doctor --device "$device"
}

# Sixteen steps of BYOL and SimCLR on the CPU and on the card, in single precision, and on the card in bfloat16.
correctness() {
  local where precision
  for where in cpu:f32 "$device:f32" "$device:bf16"; do
    precision=${where##*:}
    "$byolab" run "$here/card.toml" --device "${where%:*}" --set "train.precision=\"$precision\"" \
      --runs "$out/correctness-${where//:/-}" --data "$data" || return
  done
  "$python" "$here/card.py" "$out/correctness-cpu-f32" "$out/correctness-$device-f32" "$out/correctness-$device-bf16"
}

# From the command to the first recorded step, and to the end, with an empty cache and with a full one.
start() {
  local kernels
  for kernels in none all; do
    XDG_CACHE_HOME=$out/kernels "$byolab" run "$here/card.toml" --device "$device" --runs "$out/start-$kernels" --data "$data" || return
    "$python" "$here/card.py" --start "$out/start-$kernels"
  done
}

ours() { XDG_CACHE_HOME=$out/kernels "$byolab" bench "$here/steps.toml" --only method=byol --device "$device" --data "$data" \
  --set "train.precision=\"bf16\"; train.batch=$1; train.optimizer_batch=$1" --json; }
tuned() { (cd "$here/peer" && "$python" tuned.py "$data/cifar-10-batches-bin" --device "$device" --precision bf16 --width 64 --steps 30 --warm-up 10 "$@"); }
lightly() { (cd "$here/peer" && "$python" byol.py "$data/cifar-10-batches-bin" --device "$device" --batch 256 --workers 16 --steps 20 --warm-up 5); }

export -f card correctness start ours tuned lightly
export here byolab python data out device

part card 20 bash -c card
part correctness 90 bash -c correctness
part start 60 bash -c start
for batch in 256 1024; do
  part "ours-$batch" 50 bash -c "ours $batch"
  part "tuned-$batch" 40 bash -c "tuned --batch $batch"
done
part lightly-256 40 bash -c lightly
part compiled-256 75 bash -c "tuned --batch 256 --compile"
part batch-axis 600 env XDG_CACHE_HOME="$out/kernels" "$byolab" run "$here/../experiments/batch-size.toml" --device "$device" --data "$data" \
  --runs "$out/batch-axis" --seeds 0 --set 'train.precision="bf16"; train.epochs=20' --axis train.batch=512,128
"$byolab" report batch-size --runs "$out/batch-axis" --output "$out/batch-axis-report"
cat "$out"/correctness.txt "$out"/start.txt | tail -40
grep -ho '"images_per_second": *[0-9.]*' "$out"/*-256.txt "$out"/*-1024.txt
rm -rf "$out/kernels"
