//! How much of something is done, as a bar: a share in per cent would be taken for an accuracy.

use super::text::Text;
use crate::tui::theme::Tone;

/// A bar of `width` columns, filled as far as a share from 0 to 1 goes.
pub fn bar(share: f64, width: usize) -> Text {
    let filled = (share.clamp(0.0, 1.0) * width as f64) as usize;
    Text::plain("━".repeat(filled)).and("╌".repeat(width - filled), Tone::Dim)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bar_is_full_only_when_all_is_done() {
        for (share, expected) in
            [(-1.0, "╌╌╌╌"), (0.2, "╌╌╌╌"), (0.25, "━╌╌╌"), (0.99, "━━━╌"), (1.0, "━━━━"), (2.0, "━━━━")]
        {
            assert_eq!(bar(share, 4).content(), expected, "{share}");
        }
    }
}
