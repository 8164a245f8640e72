//! Encoders that others have trained: files of PyTorch's packages, read, recognised, and the features that these packages make.

#[cfg(feature = "cpu")]
mod exported;
#[cfg(feature = "cpu")]
mod features;

use std::{fs, path::PathBuf};

use byolab::weights::{self, Hints};

/// A file of `tests/fixtures/encoders`.
pub fn fixture(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/encoders").join(name)
}

fn bytes(name: &str) -> Vec<u8> {
    fs::read(fixture(name)).unwrap()
}

fn refusal(bytes: &[u8]) -> String {
    match weights::read(bytes).map_err(|error| format!("{error:#}")) {
        Err(sentence) => sentence,
        Ok(stored) => weights::recognise(stored, &Hints::default()).unwrap_err().join("\n"),
    }
}

/// The same bytes, one run of which is another of the same length.
fn swapped(name: &str, from: &[u8], to: &[u8]) -> Vec<u8> {
    let mut bytes = bytes(name);
    let at = bytes.windows(from.len()).position(|window| window == from).unwrap();
    bytes[at..at + to.len()].copy_from_slice(to);
    bytes
}

#[test]
fn what_cannot_be_read_is_told_in_a_sentence() {
    let whole = bytes("torchvision_resnet.pth");
    let directory = whole.windows(4).position(|window| window == b"PK\x01\x02").unwrap();
    // The second entry where the first one is.
    let mut over = whole.clone();
    let second = directory + over[directory + 4..].windows(4).position(|window| window == b"PK\x01\x02").unwrap() + 4;
    let first: [u8; 30] = over[directory + 16..directory + 46].try_into().unwrap();
    over[second + 42..second + 46].copy_from_slice(&first[26..]);
    let safetensors = bytes("timm_vit.safetensors");
    for (bytes, said) in [
        (whole[..whole.len() - 100].to_vec(), "it is cut, or no zip archive"),
        (whole[..2000].to_vec(), "it is cut, or no zip archive"),
        (safetensors[..safetensors.len() - 1].to_vec(), "neither safetensors nor what torch.save writes, or it is cut"),
        (over, "is damaged"),
        (bytes("module.pt"), "it asks for torch.nn.modules.linear.Linear, and nothing of it is run"),
        (bytes("old.pt"), "saved by PyTorch before 1.6"),
        (swapped("torchvision_resnet.pth", b"_rebuild_tensor_v2", b"_rebuild_tensor_v9"), "is damaged"),
        (
            swapped("timm_vit.safetensors", b"blocks.0.attn.qkv.weight", b"blocks.0.attn.xyz.weight"),
            "names are those of no encoder",
        ),
        (
            swapped("timm_vit.safetensors", b"blocks.1.norm1.bias", b"blocks.1.norm1.boas"),
            "lacks blocks.1.norm1.bias\n",
        ),
        (swapped("timm_vit.safetensors", b"head.bias", b"bn_2.bias"), "has no place for bn_2.bias"),
        (
            swapped("timm_vit.safetensors", b"[1,17,16]", b"[17,1,16]"),
            "it has other shapes: pos_embed is [17, 1, 16] where",
        ),
    ] {
        let sentence = refusal(&bytes);
        assert!(sentence.contains(said), "{sentence}");
        assert!(sentence.lines().all(|line| line.len() < 300), "{sentence}");
    }
}

#[test]
fn an_encoder_is_known_by_its_names_behind_any_prefix() {
    for (name, architecture, prefix, left_out, beside) in [
        ("torchvision_resnet.pth", "ResNet-12 with ImageNet's stem, width 2", "", "fc", ""),
        ("channels_last.pt", "ResNet-10 with CIFAR's stem, width 2", "model.", "fc", ""),
        ("timm_resnet.pth", "ResNet-10 with CIFAR's stem, width 64", "", "fc", ""),
        ("lightly.ckpt", "ResNet-10 with CIFAR's stem, width 2", "state_dict.backbone.", "", ""),
        ("lightly_children.pt", "ResNet-14 with ImageNet's stem, width 2", "backbone.", "", ""),
        (
            "solo_learn.ckpt",
            "ResNet-10 with solo-learn's stem for CIFAR, which pads by 2, width 2",
            "state_dict.encoder.",
            "",
            "state_dict.momentum_encoder.",
        ),
        (
            "moco.pth.tar",
            "ResNet-14 with ImageNet's stem, width 2",
            "state_dict.module.encoder_q.",
            "fc",
            "state_dict.module.encoder_k.",
        ),
        (
            "timm_vit.safetensors",
            "vision transformer of 2 blocks, width 16, 1 heads, patches of 4 in 16 pixels",
            "",
            "head",
            "",
        ),
    ] {
        let found = weights::recognise(weights::read(&bytes(name)).unwrap(), &Hints::default()).unwrap();
        let told = (found.shape.to_string(), found.prefix, found.left_out.join(" "), found.beside.join(" "));
        assert_eq!(told, (architecture.into(), prefix.into(), left_out.into(), beside.into()), "{name}");
    }
    let stored = || weights::read(&bytes("moco.pth.tar")).unwrap();
    let hints = |prefix: &str| Hints { prefix: Some(prefix.into()), ..Hints::default() };
    let key = weights::recognise(stored(), &hints("state_dict.module.encoder_k.")).unwrap();
    assert_eq!(key.beside, ["state_dict.module.encoder_q."]);
    let wrong = weights::recognise(stored(), &hints("backbone.")).unwrap_err();
    assert!(wrong[0].contains("no encoder has that prefix: there is \"state_dict.module.encoder_q.\""), "{wrong:?}");
}
