#!/usr/bin/env bash
# Guess:   a streamed set of 1,000 images with a shuffle buffer, stopped after 600 and loaded again, has 400 to come; at worst,
#          as the documentation says, the images in the buffer are lost.
# Happens: with a buffer of 1,000 none comes: the epoch is over. Stopped after 300 all 700 come, in the right order. With a
#          buffer of 100 some 60 never come and some 10 of those already seen come again.
# Matters: a preempted run skips up to a whole epoch, or sees some images twice and others not, by where in its buffer it
#          was. What it prints is that the buffer will be refilled.
# Seen:    datasets 5.2.0, 2026-11-28.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
packages datasets==5.2.0

run 2> /dev/null <<'PY'
import datasets
images = datasets.Dataset.from_dict({"image": list(range(1000))})

def stream(buffer):
    return images.to_iterable_dataset(num_shards=4).shuffle(seed=0, buffer_size=buffer)

def after(buffer, stop):
    whole, seen, stopped, resumed = [each["image"] for each in stream(buffer)], [], stream(buffer), stream(buffer)
    for each in stopped:
        seen.append(each["image"])
        if len(seen) == stop:
            break
    resumed.load_state_dict(stopped.state_dict())
    rest = [each["image"] for each in resumed]
    return len(rest), 1000 - len({*seen, *rest}), len({*seen} & {*rest}), rest == whole[stop:]

for buffer, stop, expected in (
    (1000, 300, (700, 0, 0, True)), (1000, 600, (0, 400, 0, False)), (100, 300, (650, 61, 11, False)), (100, 600, (350, 64, 14, False)),
):
    rest, never, twice, same = after(buffer, stop)
    print(f"a buffer of {buffer:4}, stopped after {stop}: {rest:3} come, {never:3} never, {twice:2} twice, {'as they were to come' if same else 'in another order'}")
    assert (rest, never, twice, same) == expected
PY
