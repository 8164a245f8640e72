//! Images at another size: the square in the middle, then a triangle filter wide enough not to alias, which is
//! torchvision's `Resize` and `CenterCrop` on images.

use image::{
    RgbImage,
    imageops::{self, FilterType},
};

use super::Images;

/// The middle square of `image` at `side` by `side` pixels.
pub fn square(image: &RgbImage, side: usize) -> RgbImage {
    let (width, height) = image.dimensions();
    let short = width.min(height);
    let middle = imageops::crop_imm(image, (width - short) / 2, (height - short) / 2, short, short);
    if short == side as u32 {
        return middle.to_image();
    }
    imageops::resize(&*middle, side as u32, side as u32, FilterType::Triangle)
}

/// The red, green and blue planes of an image, one after the other.
pub fn planes(image: &RgbImage) -> Vec<u8> {
    (0..3).flat_map(|channel| image.pixels().map(move |pixel| pixel.0[channel])).collect()
}

/// `images` at `side` pixels; 0 is the size they have.
pub fn resized(images: Images, side: usize) -> Images {
    if side == 0 || side == images.side {
        return images;
    }
    let resized = (0..images.len()).flat_map(|index| one(images.image(index), images.side, side)).collect();
    Images { side, pixels: resized, labels: images.labels }
}

/// One image of `[3, from, from]` as `[3, to, to]`.
pub fn one(image: &[u8], from: usize, to: usize) -> Vec<u8> {
    if from == to {
        return image.to_vec();
    }
    let plane = from * from;
    let interleaved = (0..plane).flat_map(|at| [image[at], image[plane + at], image[2 * plane + at]]).collect();
    let whole = RgbImage::from_raw(from as u32, from as u32, interleaved).expect("as many bytes as pixels");
    planes(&square(&whole, to))
}
