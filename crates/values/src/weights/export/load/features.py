def load(path=pathlib.Path(__file__).with_name("encoder.safetensors")):
    """The encoder, with these weights and no others."""
    encoder = Encoder()
    encoder.load_state_dict(load_file(path), strict=True)
    return encoder.eval()


def features(encoder, images):
    """Of images [n, 3, side, side], from 0 to 255."""
    with torch.no_grad():
        return encoder((images / 255 - MEAN) / STD)
