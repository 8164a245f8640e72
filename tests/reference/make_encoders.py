"""Writes ../fixtures/encoders, small encoders with random numbers in the files that PyTorch's packages write, and
encoders.safetensors: images, and the features that the packages make of them.

    pip install torch==2.15.0 torchvision==0.29.2 safetensors numpy timm==1.0.31 lightly==1.6.0 pytorch-lightning==2.6.6
    pip install --no-deps solo-learn==1.0.2
    python make_encoders.py

Networks are the packages' own, narrow and shallow; files are what their examples save: a bare state_dict, MoCo's dictionary with
its optimizer, checkpoints of Lightning.
"""
import os, sys, types
from unittest import mock
import torch, torch.nn as nn, timm, pytorch_lightning as pl
from safetensors.torch import save_file
from torchvision.models.resnet import BasicBlock, Bottleneck, ResNet
from torchvision.models.vision_transformer import VisionTransformer
from lightly.models import ResNetGenerator
from lightly.models.modules import BYOLPredictionHead, BYOLProjectionHead

torch.set_num_threads(1)
FOLDER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../fixtures/encoders/")
WIDTH = 2


class Narrow(ResNet):
    """torchvision's ResNet, its stages so much narrower."""

    def __init__(self, block, layers):
        super().__init__(block, layers, num_classes=3)
        self.conv1 = nn.Conv2d(3, WIDTH, 7, 2, 3, bias=False)
        self.bn1 = nn.BatchNorm2d(WIDTH)
        self.fc = nn.Linear(8 * WIDTH * block.expansion, 3)

    def _make_layer(self, block, planes, *others, **named):
        if planes == 64: self.inplanes = WIDTH
        return super()._make_layer(block, planes * WIDTH // 64, *others, **named)


def random(network):
    """Numbers that show a mistake: none is 0 or 1 by its beginning."""
    with torch.no_grad():
        for name, value in [*network.named_parameters(), *network.named_buffers()]:
            if not value.is_floating_point(): continue
            if value.dim() == 1: value.copy_(torch.rand_like(value) * 0.5 + (0.75 if "bias" not in name else -0.25))
            else: value.copy_(torch.randn_like(value) * (1.4 / value[0].numel() ** 0.5))
    return network.eval()


def cifar(network):
    network.conv1 = nn.Conv2d(3, WIDTH, 3, 1, 1, bias=False)
    network.maxpool = nn.Identity()
    return network


torch.manual_seed(0)
images = torch.randn(2, 3, 32, 32)
found = {"images": images, "small": images[:, :, :16, :16].contiguous()}


def keep(name, encoder, images=images):
    with torch.no_grad(): found[name] = encoder.eval()(images).flatten(1).contiguous()


# torchvision: a state_dict, with its classifier.
resnet = random(Narrow(BasicBlock, [1, 2, 1, 1]))
torch.save(resnet.state_dict(), FOLDER + "torchvision_resnet.pth")
resnet.fc = nn.Identity()
keep("torchvision_resnet", resnet)

# The same in bfloat16, its kernels with strides of another order.
half = cifar(random(Narrow(BasicBlock, [1, 1, 1, 1]))).to(memory_format=torch.channels_last).bfloat16()
torch.save({"model": half.state_dict()}, FOLDER + "channels_last.pt")
half = half.float()
half.fc = nn.Identity()
keep("channels_last", half)

# torchvision's vision transformer, in double precision.
vit = random(VisionTransformer(16, 4, num_layers=2, num_heads=2, hidden_dim=16, mlp_dim=24, num_classes=3)).double()
torch.save(vit.state_dict(), FOLDER + "torchvision_vit.pth")
vit.heads = nn.Identity()
vit = vit.float()
keep("torchvision_vit", vit, found["small"])

# timm, as safetensors.
tokens = dict(img_size=16, patch_size=4, embed_dim=16, depth=2, num_heads=2, mlp_ratio=2, num_classes=3)
vit = random(timm.models.VisionTransformer(**tokens))
save_file(vit.half().state_dict(), FOLDER + "timm_vit.safetensors")
vit.float().reset_classifier(0)
keep("timm_vit", vit, found["small"])
vit = random(timm.models.VisionTransformer(**tokens, global_pool="avg", class_token=False, qkv_bias=False))
save_file(vit.state_dict(), FOLDER + "timm_vit_mean.safetensors")
vit.reset_classifier(0)
keep("timm_vit_mean", vit, found["small"])
resnet = cifar(random(timm.models.ResNet(timm.models.resnet.BasicBlock, [1, 1, 1, 1], num_classes=3, channels=(2, 2, 4, 4))))
# timm's stem has 64 channels whatever its stages have.
resnet.conv1 = nn.Conv2d(3, 64, 3, 1, 1, bias=False)
torch.save(random(resnet).state_dict(), FOLDER + "timm_resnet.pth")
resnet.reset_classifier(0)
keep("timm_resnet", resnet)


# lightly: the module of its examples, by Lightning.
class LightlyByol(pl.LightningModule):
    def __init__(self):
        super().__init__()
        resnet = ResNetGenerator("resnet-9", width=WIDTH / 64)
        self.backbone = nn.Sequential(*list(resnet.children())[:-1], nn.AdaptiveAvgPool2d(1))
        self.projection_head = BYOLProjectionHead(8 * WIDTH, 8, 4)
        self.prediction_head = BYOLPredictionHead(4, 8, 4)
        self.save_hyperparameters({"batch_size": 4, "lr": 0.06})

    def configure_optimizers(self): return torch.optim.SGD(self.parameters(), lr=0.06)


def checkpoint(module, name):
    trainer = pl.Trainer(accelerator="cpu", logger=False, enable_checkpointing=False, enable_progress_bar=False)
    trainer.strategy.connect(module)
    trainer.save_checkpoint(FOLDER + name)


lightly = random(LightlyByol())
checkpoint(lightly, "lightly.ckpt")
keep("lightly", lightly.backbone)
children = random(Narrow(Bottleneck, [1, 1, 1, 1]))
torch.save(nn.ModuleDict({"backbone": nn.Sequential(*list(children.children())[:-1])}).state_dict(), FOLDER + "lightly_children.pt")
children.fc = nn.Identity()
keep("lightly_children", children)

# solo-learn's BYOL, whole, whose stem for CIFAR pads by 2. Bolts, whose scheduler it imports, knows no Lightning of today.
scheduler = types.ModuleType("pl_bolts.optimizers.lr_scheduler")
scheduler.LinearWarmupCosineAnnealingLR = object
sys.modules.update({"pl_bolts": types.ModuleType("pl_bolts"), "pl_bolts.optimizers": types.ModuleType("pl_bolts.optimizers"),
                    "pl_bolts.optimizers.lr_scheduler": scheduler})
from solo.methods.byol import BYOL

with mock.patch("torchvision.models.resnet18", lambda **_: Narrow(BasicBlock, [1, 1, 1, 1])):
    solo = BYOL(proj_output_dim=4, proj_hidden_dim=8, pred_hidden_dim=8, encoder="resnet18", num_classes=3,
                backbone_args={"cifar": True}, max_epochs=1, batch_size=4, optimizer="sgd", lars=False, lr=0.1,
                weight_decay=0.0, classifier_lr=0.1, exclude_bias_n_norm=False, accumulate_grad_batches=1,
                extra_optimizer_args={}, scheduler="none", min_lr=0.0, warmup_start_lr=0.0, warmup_epochs=0,
                num_large_crops=2, num_small_crops=0, base_tau_momentum=0.99, final_tau_momentum=1.0,
                momentum_classifier=False)
for encoder in [solo.encoder, solo.momentum_encoder]:
    stem = encoder.conv1
    encoder.conv1 = nn.Conv2d(3, WIDTH, stem.kernel_size, stem.stride, stem.padding, bias=False)
checkpoint(random(solo), "solo_learn.ckpt")
keep("solo_learn", solo.encoder)


# MoCo: what main_moco.py saves, of a network in nn.DataParallel's place.
class MoCo(nn.Module):
    def __init__(self):
        super().__init__()
        self.encoder_q, self.encoder_k = Narrow(Bottleneck, [1, 1, 1, 1]), Narrow(Bottleneck, [1, 1, 1, 1])
        self.register_buffer("queue", torch.randn(4, 8))
        self.register_buffer("queue_ptr", torch.zeros(1, dtype=torch.long))


moco = random(nn.ModuleDict({"module": MoCo()}))
optimizer = torch.optim.SGD(moco.parameters(), 0.03, momentum=0.9)
torch.save({"epoch": 1, "arch": "resnet50", "state_dict": moco.half().state_dict(), "optimizer": optimizer.state_dict()},
           FOLDER + "moco.pth.tar")
encoder = moco.float()["module"].encoder_q
encoder.fc = nn.Identity()
keep("moco", encoder)

# What is refused: a whole module, whose class would have to be called, and what PyTorch wrote before 1.6.
torch.save(nn.Linear(1, 1), FOLDER + "module.pt")
torch.save(nn.Linear(1, 1).state_dict(), FOLDER + "old.pt", _use_new_zipfile_serialization=False)

save_file(found, os.path.join(os.path.dirname(os.path.abspath(__file__)), "encoders.safetensors"))
print({name: tuple(value.shape) for name, value in found.items()})
