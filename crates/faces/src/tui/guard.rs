//! What breaks down for one experiment ends in a sentence about it, and never closes the workbench.

use std::cell::Cell;

use byolab_values::process;

thread_local! {
    /// Attempts of this thread that are under way.
    static DEPTH: Cell<usize> = const { Cell::new(0) };
}

/// Does what an odd file or store may break. Whoever keeps what `deed` has changed half drops or renews it.
///
/// # Errors
/// It has panicked: what the panic said, for a list.
pub fn attempt<T>(deed: impl FnOnce() -> T) -> Result<T, String> {
    DEPTH.set(DEPTH.get() + 1);
    let done = process::attempt(deed);
    DEPTH.set(DEPTH.get() - 1);
    done.map_err(|said| format!("{said} (a fault of byolab's)"))
}

/// Whether a panic of this thread is caught by an [`attempt`], so that the terminal stays as it is.
pub fn is_attempting() -> bool {
    DEPTH.get() > 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_becomes_a_sentence() {
        assert_eq!(attempt(|| 3), Ok(3));
        let broken = attempt(|| assert!(is_attempting() && Vec::<u8>::new()[0] == 1));
        let text = "index out of bounds: the len is 0 but the index is 0 (a fault of byolab's)";
        assert_eq!((broken, is_attempting()), (Err(text.into()), false));
    }
}
