"""Rate of a plain training step in PyTorch: forward, backward and SGD with momentum of ResNet-18 on 32x32 noise.

    python supervised.py - [--width 64] [--batch 256] [--steps 8] [--warm-up 2] [--precision f32|bf16] [--compile]

Tensors are channels-last. Prints one JSON document: images a second, the median of the steps.
"""
import json, statistics, time
import torch
from common import ResNet18, arguments, peak_bytes

options = arguments()
model = torch.nn.Sequential(ResNet18(options.width), torch.nn.Linear(8 * options.width, 10))
model = model.to(memory_format=torch.channels_last)
optimizer = torch.optim.SGD(model.parameters(), lr=0.01, momentum=0.9, weight_decay=5e-4)
images = torch.randn(options.batch, 3, 32, 32).to(memory_format=torch.channels_last)
labels = torch.randint(0, 10, (options.batch,))
step = torch.compile(model) if options.compile else model
seconds = []
for _ in range(options.warm_up + options.steps):
    begin = time.perf_counter()
    with torch.autocast("cpu", torch.bfloat16, enabled=options.precision == "bf16"):
        loss = torch.nn.functional.cross_entropy(step(images), labels)
    loss.backward(); optimizer.step(); optimizer.zero_grad()
    seconds.append(time.perf_counter() - begin)
rates = [options.batch / s for s in seconds[options.warm_up:]]
print(json.dumps({"images_per_second": statistics.median(rates), "spread": [min(rates), max(rates)],
                  "peak_bytes": peak_bytes()}))
