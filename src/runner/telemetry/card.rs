//! The NVIDIA card that the process trains on: which of the machine's cards it is, and what that one is doing.

use jiff::Timestamp;

use super::{
    TelemetrySource,
    driver::{CardName, CardReading, Driver},
    nvml::Nvml,
};
use byolab_values::protocol::Metrics;

/// A card of a driver.
pub struct Card {
    driver: Box<dyn Driver>,
    place: usize,
}

/// The card of a device such as `cuda:0 (NVIDIA H200)`; none where it is not one of NVIDIA's, or it is not certain which.
pub fn of(device: &str) -> Option<Card> {
    if device.starts_with("cpu") {
        return None;
    }
    let driver = Nvml::load()?;
    let visible = std::env::var("CUDA_VISIBLE_DEVICES").ok();
    let place = which(&driver.cards(), device, visible.as_deref())?;
    Some(Card { driver: Box::new(driver), place })
}

/// CUDA counts the cards that its variable lets it see; other devices are known by their names alone. A place at which
/// there is a card of another name is none: CUDA may have put a faster card first.
fn which(cards: &[CardName], device: &str, visible: Option<&str>) -> Option<usize> {
    let (kind, name) = device.split_once(" (")?;
    let is_named =
        |place: &usize| cards.get(*place).is_some_and(|card| Some(card.name.as_str()) == name.strip_suffix(')'));
    let counted = kind.strip_prefix("cuda:").and_then(|number| seen(cards, number.parse().ok()?, visible));
    let mut named = (0..cards.len()).filter(is_named);
    let only = named.next().filter(|_| named.next().is_none());
    counted.filter(is_named).or(only)
}

/// The card that CUDA calls by that number.
fn seen(cards: &[CardName], number: usize, visible: Option<&str>) -> Option<usize> {
    let Some(visible) = visible else { return Some(number) };
    let entry = visible.split(',').nth(number)?.trim();
    let named = || cards.iter().position(|card| card.uuid.starts_with(entry));
    entry.parse().ok().or_else(|| named().filter(|_| entry.starts_with("GPU-")))
}

impl TelemetrySource for Card {
    fn read(&mut self, _: Timestamp) -> Metrics {
        let CardReading { busy, memory, watts, temperature } = self.driver.read(self.place);
        let numbers = [
            ("card.busy", busy),
            ("card.memory", memory.map(|[used, _]| used)),
            ("card.memory_total", memory.map(|[_, total]| total)),
            ("card.power", watts),
            ("card.temperature", temperature),
        ];
        numbers.into_iter().filter_map(|(name, value)| Some((name.to_string(), value?))).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two cards, of which the second tells all but its power.
    struct Fake;

    impl Driver for Fake {
        fn cards(&self) -> Vec<CardName> {
            ["NVIDIA H200", "NVIDIA H100"]
                .map(|name| CardName { name: name.into(), uuid: format!("GPU-{name}") })
                .into()
        }

        fn read(&self, card: usize) -> CardReading {
            let memory = Some([2e9, 8e10]);
            if card == 0 {
                CardReading::default()
            } else {
                CardReading { busy: Some(0.61), memory, watts: None, temperature: Some(54.0) }
            }
        }
    }

    #[test]
    fn a_card_tells_what_it_knows() {
        let read = |place| Card { driver: Box::new(Fake), place }.read(Timestamp::UNIX_EPOCH);
        assert!(read(0).is_empty());
        let told: Vec<_> = read(1).into_iter().map(|(name, value)| format!("{name} {value}")).collect();
        assert_eq!(
            told,
            ["card.busy 0.61", "card.memory 2000000000", "card.memory_total 80000000000", "card.temperature 54"]
        );
    }

    #[test]
    fn a_card_is_asked_only_where_it_is_certain_which() {
        let cases = [
            ("A A", "cuda:1 (A)", None, Some(1)),
            ("A A", "cuda:2 (A)", None, None),
            ("A A", "cuda:0 (A)", Some("1"), Some(1)),
            ("A A", "cuda:1 (A)", Some("1"), None),
            ("A A", "cuda:1 (A)", Some("1, GPU-0"), Some(0)),
            ("A A", "cuda:0 (A)", Some("MIG-1"), None),
            ("A B", "cuda:0 (B)", None, Some(1)),
            ("A B", "vulkan:7 (B)", None, Some(1)),
            ("A A", "vulkan:0 (A)", None, None),
            ("A", "a device without a name", None, None),
        ];
        for (names, device, visible, expected) in cases {
            let card = |(i, name): (usize, &str)| CardName { name: name.into(), uuid: format!("GPU-{i}") };
            let cards: Vec<CardName> = names.split(' ').enumerate().map(card).collect();
            assert_eq!(which(&cards, device, visible), expected, "{names} {device} {visible:?}");
        }
    }
}
