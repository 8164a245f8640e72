//! What is asked of a driver, whoever made the card.

/// What a driver knows about the cards of this machine.
pub trait Driver {
    /// The cards by their places.
    fn cards(&self) -> Vec<CardName>;

    /// What a card is doing, as far as it tells.
    fn read(&self, card: usize) -> CardReading;
}

/// How a card is called.
pub struct CardName {
    pub name: String,
    /// `GPU-` and 32 hexadecimal digits.
    pub uuid: String,
}

/// What a card is doing; none of what it does not tell.
#[derive(Clone, Copy, Debug, Default)]
pub struct CardReading {
    /// Share of the time in which something was computed.
    pub busy: Option<f64>,
    /// Bytes in use and bytes in all.
    pub memory: Option<[f64; 2]>,
    pub watts: Option<f64>,
    /// Degrees Celsius.
    pub temperature: Option<f64>,
}
