#!/usr/bin/env bash
# Guess:   a loader whose state can be saved goes on as if it had not been stopped.
# Happens: the rest of the epoch has the right images with other random numbers, so other views. The epoch after it is what
#          it would have been with two workers. Without workers its views are others too, and where the loader was given a
#          generator, as PyTorch's page on reproducibility has it, so is the order of its images.
# Matters: "resumes exactly" is checked on indices; in self-supervised learning the views are the data, and a run that was
#          preempted is another run. Which part differs depends on the number of workers, which differs between machines.
# Seen:    torchdata 0.11.0, torch 2.15.0, 2026-11-28.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
packages torch==2.15.0
without_dependencies torchdata==0.11.0

run <<'PY'
import torch
from torchdata.stateful_dataloader import StatefulDataLoader

class Views(torch.utils.data.Dataset):
    def __len__(self):
        return 64
    def __getitem__(self, index):
        return index, torch.rand(()) # an image, and where it is cropped

def loader(workers, generator, seed):
    torch.manual_seed(seed)
    given = torch.Generator().manual_seed(seed) if generator else None
    return StatefulDataLoader(Views(), batch_size=8, shuffle=True, num_workers=workers, generator=given)

def epoch(batches):
    images, crops = zip(*batches)
    return torch.cat(images).tolist(), torch.cat(crops).tolist()

def goes_on(workers, generator):
    undisturbed = loader(workers, generator, seed=0)
    (images, crops), next_epoch = epoch(undisturbed), epoch(undisturbed)
    stopped = loader(workers, generator, seed=0)
    batches = iter(stopped)
    for _ in range(3):
        next(batches)
    resumed = loader(workers, generator, seed=0) # as a new process begins
    resumed.load_state_dict(stopped.state_dict())
    rest, after = epoch(resumed), epoch(resumed)
    return rest[0] == images[24:], rest[1] == crops[24:], after[0] == next_epoch[0], after[1] == next_epoch[1]

if __name__ == "__main__":
    expected = {
        (0, False): (True, False, True, False), (0, True): (True, False, False, False),
        (2, False): (True, False, True, True), (2, True): (True, False, True, True),
    }
    for (workers, generator), values in expected.items():
        seen = goes_on(workers, generator)
        said = ", ".join(f"{what} {'as they were' if same else 'others'}" for what, same in zip(("images", "crops", "then images", "crops"), seen))
        print(f"{workers} workers, {'a generator' if generator else 'no generator':12}: {said}")
        assert seen == values
PY
