//! The sizes of a convolution, in whichever order its images are held.

/// So many images of one size.
#[derive(Clone, Copy, Debug)]
pub struct ImageBatch {
    /// How many.
    pub count: usize,
    /// Rows of pixels.
    pub height: usize,
    /// Pixels of a row.
    pub width: usize,
    /// Numbers of a pixel.
    pub channels: usize,
}

impl ImageBatch {
    /// Of an image.
    pub fn pixels(&self) -> usize {
        self.height * self.width
    }

    /// Numbers of an image.
    pub fn each(&self) -> usize {
        self.pixels() * self.channels
    }

    /// Numbers of all images.
    #[expect(clippy::len_without_is_empty, reason = "a batch is never empty")]
    pub fn len(&self) -> usize {
        self.count * self.each()
    }

    /// Numbers of a row of pixels with a border of so many at either end.
    pub fn row(&self, border: usize) -> usize {
        (self.width + 2 * border) * self.channels
    }
}

/// A convolution of these images, padded by half its kernel.
#[derive(Clone, Copy, Debug)]
pub struct Sizes {
    /// What is read.
    pub images: ImageBatch,
    /// Channels that come out.
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
