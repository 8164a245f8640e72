//! The sizes of a convolution, in whichever order its images are held.

/// So many images of one size.
#[derive(Clone, Copy)]
pub struct ImageBatch {
    pub count: usize,
    pub height: usize,
    pub width: usize,
    pub channels: usize,
}

impl ImageBatch {
    pub fn pixels(&self) -> usize {
        self.height * self.width
    }

    /// Numbers of an image.
    pub fn each(&self) -> usize {
        self.pixels() * self.channels
    }

    /// Numbers of all images.
    pub fn len(&self) -> usize {
        self.count * self.each()
    }

    /// Numbers of a row of pixels with a border of so many at either end.
    pub fn row(&self, border: usize) -> usize {
        (self.width + 2 * border) * self.channels
    }
}

/// A convolution of these images, padded by half its kernel.
#[derive(Clone, Copy)]
pub struct Sizes {
    pub images: ImageBatch,
    pub outputs: usize,
    /// 3 or 1.
    pub kernel: usize,
    /// 1 or 2.
    pub stride: usize,
}

impl Sizes {
    /// The images that come out.
    pub fn out(&self) -> ImageBatch {
        let ImageBatch { count, height, width, .. } = self.images;
        let [height, width] = [height, width].map(|side| side.div_ceil(self.stride));
        ImageBatch { count, height, width, channels: self.outputs }
    }

    /// Pixels of a kernel.
    pub fn taps(&self) -> usize {
        self.kernel * self.kernel
    }

    /// Pixels around an image that the kernel reads.
    pub fn border(&self) -> usize {
        self.kernel / 2
    }
}
