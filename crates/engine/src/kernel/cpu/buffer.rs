//! Memory that operations work in: kept by each thread from one call to the next, because fresh pages cost more than the
//! arithmetic done in them.

use std::{
    cell::RefCell,
    mem::MaybeUninit,
    ops::{Deref, DerefMut, Range},
};

/// Numbers in a line of the cache.
const LINE: usize = 16;

thread_local! {
    static KEPT: RefCell<Vec<Vec<f32>>> = const { RefCell::new(Vec::new()) };
}

/// Numbers with any values, at the beginning of a line of the cache; goes to the thread that drops it.
pub struct Scratch {
    all: Vec<f32>,
    first: usize,
    len: usize,
}

/// `len` numbers.
pub fn scratch(len: usize) -> Scratch {
    let wanted = len + LINE;
    let mut all = KEPT.with_borrow_mut(|kept| {
        // The smallest that is large enough, so that large ones stay for large needs.
        let fitting = (0..kept.len()).filter(|at| kept[*at].len() >= wanted).min_by_key(|at| kept[*at].len());
        fitting.or(kept.len().checked_sub(1)).map(|at| kept.swap_remove(at)).unwrap_or_default()
    });
    if all.len() < wanted {
        all = vec![0.0; wanted];
    }
    let first = all.as_ptr().align_offset(LINE * size_of::<f32>());
    assert!(first <= LINE, "a line of the cache begins within its length");
    Scratch { all, first, len }
}

impl Deref for Scratch {
    type Target = [f32];

    fn deref(&self) -> &[f32] {
        &self.all[self.first..][..self.len]
    }
}

impl DerefMut for Scratch {
    fn deref_mut(&mut self) -> &mut [f32] {
        &mut self.all[self.first..][..self.len]
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let all = std::mem::take(&mut self.all);
        // A thread that ends keeps nothing.
        let _ = KEPT.try_with(|kept| kept.borrow_mut().push(all));
    }
}

/// Works in parts of one buffer, as long as asked for.
pub fn with_scratch<const N: usize>(lens: [usize; N], work: impl FnOnce([&mut [f32]; N])) {
    let lens = lens.map(|len| len.next_multiple_of(LINE));
    let mut all = scratch(lens.iter().sum());
    let mut rest = &mut all[..];
    work(lens.map(|len| {
        let (part, after) = std::mem::take(&mut rest).split_at_mut(len);
        rest = after;
        part
    }));
}

/// A vector of `len` numbers, which nobody sets to 0 first.
///
/// # Safety
/// `write` writes all of them, and reads none that it has not written.
pub unsafe fn written(len: usize, write: impl FnOnce(Shared)) -> Vec<f32> {
    let mut values = Vec::<f32>::with_capacity(len);
    write(Shared { start: values.as_mut_ptr(), len });
    // SAFETY: the capacity is there; the caller's promise.
    unsafe { values.set_len(len) };
    values
}

/// A buffer that tasks write in places of their own.
#[derive(Clone, Copy)]
pub struct Shared {
    start: *mut f32,
    len: usize,
}

// SAFETY: whoever writes promises that no other task uses the same places.
unsafe impl Send for Shared {}
// SAFETY: as above.
unsafe impl Sync for Shared {}

impl Shared {
    pub fn new(values: &mut [f32]) -> Self {
        Self { start: values.as_mut_ptr(), len: values.len() }
    }

    pub fn start(&self) -> *mut f32 {
        self.start
    }

    /// The buffer from a place on.
    pub fn from(&self, place: usize) -> *mut f32 {
        assert!(place <= self.len, "a place lies inside its buffer");
        self.start.wrapping_add(place)
    }

    /// The beginning of a part of the buffer.
    pub fn part(&self, range: Range<usize>) -> *mut f32 {
        assert!(range.start <= range.end && range.end <= self.len, "a range lies inside its buffer");
        self.start.wrapping_add(range.start)
    }

    /// A part of the buffer that is written.
    ///
    /// # Safety
    /// All of it is, nobody writes it any more, and the buffer outlives the slice.
    pub unsafe fn read<'a>(&self, range: Range<usize>) -> &'a [f32] {
        // SAFETY: inside the buffer, as `part` sees to; the caller's promise.
        unsafe { std::slice::from_raw_parts(self.part(range.clone()), range.len()) }
    }

    /// A part of the buffer, to be written.
    ///
    /// # Safety
    /// No other live slice overlaps `range`, and the buffer outlives the slice.
    #[allow(clippy::mut_from_ref)]
    pub unsafe fn slice(&self, range: Range<usize>) -> &mut [MaybeUninit<f32>] {
        // SAFETY: inside the buffer, as `part` sees to; alone by the caller's promise.
        unsafe { std::slice::from_raw_parts_mut(self.part(range.clone()).cast(), range.len()) }
    }
}
