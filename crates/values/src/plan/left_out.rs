//! Keys that a recipe's text leaves out at their defaults, so that trials from before there was a choice keep their names.

/// Whether a key holds what its type does where nobody wrote anything.
pub(crate) fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

/// The default of a key that was always so.
pub(crate) fn yes() -> bool {
    true
}

/// Whether such a key is at its default.
pub(crate) fn is_yes(value: &bool) -> bool {
    *value
}
