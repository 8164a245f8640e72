#!/usr/bin/env bash
# Guess:   the last map of features_only=True is what the network hands to its pooling, for every network of timm.
# Happens: for ResNet, RegNet and ConvNeXt it is. For Vision Transformers, Swin and pre-activation ResNets it is
#          from before the last normalisation, and for EfficientNet from before its last convolution, with 320 channels instead
#          of 1,280. A pre-activation ResNet's map is negative in half of its values, where its output never is.
# Matters: dense probes and k-NN on "the features" compare encoders at different places: with a normalisation for some,
#          without for others, whose channels differ in scale; the pooled accuracy of the same weights is of another thing.
# Seen:    timm 1.0.31, torch 2.15.0, 2026-11-28.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
packages torch==2.15.0 torchvision==0.29.2 timm==1.0.31

run <<'PY'
import timm, torch

torch.set_num_threads(1)
torch.manual_seed(0)
small = {"vit_tiny_patch16_224": dict(img_size=64, depth=4), "swin_tiny_patch4_window7_224": dict(img_size=64, window_size=4)}
seen = {}
for name in ("resnet18", "regnety_002", "convnext_atto", "vit_tiny_patch16_224", "swin_tiny_patch4_window7_224", "resnetv2_50", "efficientnet_b0"):
    network = timm.create_model(name, num_classes=0, **small.get(name, {})).eval()
    maps = timm.create_model(name, features_only=True, **small.get(name, {})).eval()
    weights = {key.replace(".", "_"): value for key, value in network.state_dict().items()}
    own = (maps.model if hasattr(maps, "model") else maps).state_dict()
    for key, value in own.items(): # the same weights, under the names of either
        value.copy_(weights[key.replace(".", "_")])
    images = torch.randn(2, 3, 64, 64)
    with torch.no_grad():
        output, last = network.forward_features(images), maps(images)[-1]
    if output.ndim == 3: # tokens, the first of which is the class token
        output = output[:, 1:].transpose(1, 2).reshape(last.shape)
    seen[name] = output.shape == last.shape and torch.allclose(output, last, atol=1e-5)
    print(f"{name:28} {'the same' if seen[name] else 'another'}; negative values: {(output < 0).float().mean():.0%} of the output, "
          f"{(last < 0).float().mean():.0%} of the last map; shapes {tuple(output.shape)}, {tuple(last.shape)}")
assert [name for name, same in seen.items() if not same] == ["vit_tiny_patch16_224", "swin_tiny_patch4_window7_224", "resnetv2_50", "efficientnet_b0"]
PY
