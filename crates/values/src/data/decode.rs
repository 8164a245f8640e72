//! One image file as a square of pixels: JPEG, PNG or WebP; turned as its EXIF says; gray in three channels; alpha
//! dropped, as Pillow's `convert("RGB")` does.

use std::io::Cursor;

use anyhow::{Context, Result, bail, ensure};
use image::{DynamicImage, ImageDecoder, ImageFormat, ImageReader, Limits};

use super::resize;

/// Pixels that an image may claim: what claims more is a bomb or no training image.
pub const LARGEST: u64 = 1 << 26;
/// Bytes that decoding may take: 16 a pixel, 1 GiB.
pub const MOST_BYTES: u64 = 16 * LARGEST;

/// A decoded image.
#[derive(Clone, Debug, PartialEq)]
pub struct Decoded {
    /// `[3, side, side]`
    pub pixels: Vec<u8>,
    /// Width and height of the file's image.
    pub size: (u32, u32),
}

/// Decodes the bytes of a file to `side` by `side` pixels.
///
/// # Errors
/// In words what is wrong with it.
pub fn decode(bytes: &[u8], side: usize) -> Result<Decoded> {
    let mut reader = ImageReader::new(Cursor::new(bytes)).with_guessed_format()?;
    let format = reader.format().context("it is no JPEG, PNG or WebP")?;
    ensure!(format != ImageFormat::Jpeg || jpeg_ends(bytes), "it is cut");
    let mut limits = Limits::no_limits();
    limits.max_alloc = Some(MOST_BYTES);
    reader.limits(limits);
    let mut decoder = reader.into_decoder()?;
    let size @ (width, height) = decoder.dimensions();
    if u64::from(width) * u64::from(height) > LARGEST {
        bail!("it claims {width} by {height} pixels, more than {} million", LARGEST / 1_000_000);
    }
    ensure!(width > 0 && height > 0, "it has no pixels");
    let orientation = decoder.orientation()?;
    let mut image = DynamicImage::from_decoder(decoder)?;
    image.apply_orientation(orientation);
    Ok(Decoded { pixels: resize::planes(&resize::square(&image.into_rgb8(), side)), size })
}

/// Whether an end-of-image marker follows the beginning of the picture itself; decoders fill with gray what is cut off.
fn jpeg_ends(bytes: &[u8]) -> bool {
    // Segments before the scan, a thumbnail among them, are passed over by their lengths.
    let mut at = 2;
    while let Some(&[0xff, marker, high, low]) = bytes.get(at..at + 4) {
        at += match marker {
            0xff => 1,
            0x01 | 0xd0..=0xd8 => 2,
            0xda => return bytes[at..].windows(2).any(|pair| pair == [0xff, 0xd9]),
            _ => 2 + usize::from(u16::from_be_bytes([high, low])),
        };
    }
    false
}
