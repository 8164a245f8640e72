#!/usr/bin/env bash
# Guess:   an untrained ResNet-18 is an untrained ResNet-18: the baseline that pretraining has to beat is the same, seed aside.
# Happens: on handwritten digits k-NN finds 84 % with torchvision's features and 14 % with timm's. timm begins with
#          the last normalisation of every block at zero: no block does anything, and the features are those of the
#          shortcuts. With zero_init_last=False it is torchvision's number.
# Matters: what a method "learned" differs by 70 points between two libraries where its trained network is the same, and
#          RankMe, collapse alarms and targets that begin untrained (BYOL's) begin elsewhere.
# Seen:    timm 1.0.31, torchvision 0.29.2, torch 2.15.0, scikit-learn 1.9.1, 2026-11-28.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
packages torch==2.15.0 torchvision==0.29.2 timm==1.0.31 scikit-learn==1.9.1

run <<'PY'
import timm, torch, torchvision
from sklearn.datasets import load_digits
from sklearn.neighbors import KNeighborsClassifier
torch.set_num_threads(1)

digits = load_digits()
images = torch.tensor(digits.data[:900] / 16, dtype=torch.float32).view(-1, 1, 8, 8).expand(-1, 3, -1, -1)
images, labels = torch.nn.functional.interpolate(images, size=32, mode="bilinear"), digits.target[:900]

def accuracy(make, seed):
    torch.manual_seed(seed)
    encoder = make()
    with torch.no_grad(): # batch statistics, as in the first step of training
        features = torch.cat([encoder(batch) for batch in images.split(200)]).numpy()
    return KNeighborsClassifier(20, metric="cosine").fit(features[:700], labels[:700]).score(features[700:], labels[700:])

def torchvisions():
    encoder = torchvision.models.resnet18()
    encoder.fc = torch.nn.Identity()
    return encoder

makes = {
    "torchvision": torchvisions,
    "timm": lambda: timm.create_model("resnet18", num_classes=0),
    "timm, zero_init_last=False": lambda: timm.create_model("resnet18", num_classes=0, zero_init_last=False),
}
found = {name: [accuracy(make, seed) for seed in range(3)] for name, make in makes.items()}
for name, accuracies in found.items():
    print(f"{name:27} untrained, three seeds:", *(f"{100 * each:.0f} %" for each in accuracies))
assert max(found["timm"]) < 0.30 < 0.70 < min(found["torchvision"] + found["timm, zero_init_last=False"])
PY
