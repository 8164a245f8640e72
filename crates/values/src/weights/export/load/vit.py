"""The encoder beside this file as timm's vision transformer: encoder = load(); features(encoder, images)."""
import pathlib
import timm
import torch
from safetensors.torch import load_file

# What it was trained with: images of SIDE pixels, normalised by these.
SIDE = @SIDE@
MEAN, STD = torch.tensor(@MEAN@).view(3, 1, 1), torch.tensor(@STD@).view(3, 1, 1)


def Encoder():
    """Without a classifier."""
    return timm.models.VisionTransformer(
        img_size=SIDE, patch_size=@PATCH@, embed_dim=@WIDTH@, depth=@DEPTH@, num_heads=@HEADS@, mlp_ratio=@HIDDEN@ / @WIDTH@,
        qkv_bias=@BIAS@, class_token=@CLASS@, no_embed_class=@POSITION@, global_pool="@POOL@", fc_norm=@NORM@, num_classes=0,
    )


