#!/usr/bin/env bash
# Guess:   an ONNX file keeps the network that it was written from, also under another name.
# Happens: torch.onnx.export writes two files, and latest.onnx names latest.onnx.data as the place of its weights. Kept as
#          epoch-1.onnx, it still names latest.onnx.data: after the next export it has the weights of the next network, and
#          its own where a tensor is small, such as biases. It loads and runs, and the shapes fit.
# Matters: "export latest, keep a copy of every epoch" makes every epoch the last one but for its biases: curves over
#          epochs and every comparison of two checkpoints come out flat or of networks that never were. Keep a checkpoint
#          in a folder of its own, or export with external_data=False, below 2 GB.
# Seen:    torch 2.15.0, onnx 1.23.2, onnxscript 0.7.2, onnxruntime 1.32.0, 2026-11-28.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
packages torch==2.15.0 onnx==1.23.2 onnxscript==0.7.2 onnxruntime==1.32.0 numpy==2.4.6

run 2> /dev/null <<'PY'
import logging, os, shutil
import onnxruntime, torch

logging.disable()
inputs = torch.ones(1, 64)

def layer(weight, bias):
    layer = torch.nn.Linear(64, 64)
    torch.nn.init.constant_(layer.weight, weight)
    torch.nn.init.constant_(layer.bias, bias)
    return layer

def export(network, **more):
    torch.onnx.export(network, (inputs,), "latest.onnx", dynamo=True, verbose=False, **more)

def said(file):
    session = onnxruntime.InferenceSession(file, providers=["CPUExecutionProvider"])
    return session.run(None, {session.get_inputs()[0].name: inputs.numpy()})[0][0, 0].item()

for more, expected in (({}, 129.0), ({"external_data": False}, 65.0)):
    first, second = layer(1, 1), layer(2, 2)
    export(first, **more)
    shutil.copy("latest.onnx", "epoch-1.onnx")
    assert said("epoch-1.onnx") == 65
    export(second, **more)
    files = {name: os.path.getsize(name) for name in sorted(os.listdir()) if name.endswith((".onnx", ".data"))}
    print(f"the first network says {first(inputs)[0, 0]:.0f}, the second {second(inputs)[0, 0]:.0f}; "
          f"the file kept of the first says {said('epoch-1.onnx'):.0f}; files {files}")
    assert said("epoch-1.onnx") == expected and said("latest.onnx") == 130
    for name in files:
        os.remove(name)
PY
