//! The one table of key bindings: it feeds dispatch, the footer and the help.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

/// Where keys are pressed: a screen, the help over it, or a question to be answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    Home,
    Grid,
    Run,
    Robustness,
    Help,
    Question,
}

/// What a key asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    Up,
    Down,
    Left,
    Right,
    First,
    Last,
    NextPart,
    PreviousPart,
    Open,
    Toggle,
    ToggleAll,
    Start,
    Stop,
    Current,
    LogScale,
    Absolute,
    NextMetric,
    Go(Place),
    Back,
    Help,
    Suspend,
    Leave,
    Yes,
    No,
}

/// A key as the table names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Key {
    Char(char),
    Ctrl(char),
    Code(KeyCode),
}

/// Keys that ask for an action in some places.
pub struct Binding {
    pub keys: &'static [Key],
    pub places: &'static [Place],
    pub action: Action,
    /// A word for the footer; empty where the footer leaves it out.
    pub short: &'static str,
    /// A line for the help.
    pub help: &'static str,
}

use Key::{Char, Code, Ctrl};
use Place::{Grid, Home, Question, Robustness, Run};

const SCREENS: &[Place] = &[Home, Grid, Run, Robustness];
const OF_EXPERIMENT: &[Place] = &[Grid, Run, Robustness];
const CURSOR: &[Place] = &[Home, Grid];
const EVERYWHERE: &[Place] = &[Home, Grid, Run, Robustness, Place::Help];

const fn binding(
    keys: &'static [Key],
    places: &'static [Place],
    action: Action,
    short: &'static str,
    help: &'static str,
) -> Binding {
    Binding { keys, places, action, short, help }
}

/// Every binding, the footer's in the footer's order.
pub const BINDINGS: &[Binding] = &[
    binding(&[Code(KeyCode::Enter)], &[Home], Action::Open, "open", "open the experiment"),
    binding(&[Char(' ')], &[Grid], Action::Toggle, "toggle", "switch a value of an axis, or a seed, on or off"),
    binding(&[Char('a')], &[Grid], Action::ToggleAll, "", "switch all values of the line on, or all others off"),
    binding(&[Code(KeyCode::Enter)], &[Grid], Action::Start, "start", "train what is switched on and not yet finished"),
    binding(&[Char('o')], &[Grid], Action::Open, "watch", "watch the heat of the cell under the cursor"),
    binding(&[Char('['), Code(KeyCode::Left), Char('h')], &[Run], Action::Left, "", "the heat before"),
    binding(&[Char(']'), Code(KeyCode::Right), Char('l')], &[Run], Action::Right, "next heat", "the heat after"),
    binding(&[Char('c')], &[Run], Action::Current, "current", "back to the heat that is training, and follow it"),
    binding(&[Char('L')], &[Run], Action::LogScale, "log axis", "loss on a logarithmic axis"),
    binding(
        &[Code(KeyCode::Tab), Char('l'), Code(KeyCode::Right)],
        &[Robustness],
        Action::NextPart,
        "axis",
        "next axis",
    ),
    binding(
        &[Code(KeyCode::BackTab), Char('h'), Code(KeyCode::Left)],
        &[Robustness],
        Action::PreviousPart,
        "",
        "axis before",
    ),
    binding(
        &[Char('a')],
        &[Robustness],
        Action::Absolute,
        "absolute",
        "the metric itself, or its change from the baseline",
    ),
    binding(&[Char('m')], &[Robustness], Action::NextMetric, "metric", "linear or k-NN accuracy"),
    binding(&[Char('m')], &[Grid], Action::NextMetric, "", "linear or k-NN accuracy"),
    binding(&[Char('r')], &[Grid, Run], Action::Go(Robustness), "robustness", "what the finished trials say"),
    binding(&[Char('S')], &[Grid, Run], Action::Stop, "stop", "stop training; trials keep their checkpoints"),
    binding(&[Code(KeyCode::Up), Char('k')], CURSOR, Action::Up, "", "up"),
    binding(&[Code(KeyCode::Down), Char('j')], CURSOR, Action::Down, "", "down"),
    binding(&[Code(KeyCode::Down), Char('j')], &[Place::Help], Action::Down, "scroll", "down"),
    binding(&[Code(KeyCode::Up), Char('k')], &[Place::Help], Action::Up, "", "up"),
    binding(&[Code(KeyCode::Left), Char('h')], &[Grid], Action::Left, "", "left"),
    binding(&[Code(KeyCode::Right), Char('l')], &[Grid], Action::Right, "", "right"),
    binding(&[Char('g'), Code(KeyCode::Home)], CURSOR, Action::First, "", "to the top"),
    binding(&[Char('G'), Code(KeyCode::End)], CURSOR, Action::Last, "", "to the end"),
    binding(&[Code(KeyCode::Tab)], &[Grid], Action::NextPart, "", "between the cells and the axes"),
    binding(&[Char('y')], &[Question], Action::Yes, "yes", "do it"),
    binding(&[Char('n'), Code(KeyCode::Esc), Char('q'), Ctrl('c')], &[Question], Action::No, "no", "leave it as it is"),
    binding(&[Char('1')], SCREENS, Action::Go(Home), "", "all experiments"),
    binding(&[Char('2')], OF_EXPERIMENT, Action::Go(Grid), "", "the grid of the experiment"),
    binding(&[Char('3')], OF_EXPERIMENT, Action::Go(Run), "", "the heat in training"),
    binding(&[Char('4')], OF_EXPERIMENT, Action::Go(Robustness), "", "the robustness of the methods"),
    binding(&[Code(KeyCode::Esc)], &[Grid, Run, Robustness, Place::Help], Action::Back, "back", "back; never quits"),
    binding(&[Char('?'), Code(KeyCode::F(1))], SCREENS, Action::Help, "help", "all keys and signs"),
    binding(&[Char('q'), Ctrl('c')], EVERYWHERE, Action::Leave, "quit", "leave the workbench; training goes on"),
    binding(&[Ctrl('z')], EVERYWHERE, Action::Suspend, "", "suspend the workbench; training goes on"),
];

/// The bindings that hold at a place, in the table's order.
pub fn at(place: Place) -> impl Iterator<Item = &'static Binding> {
    BINDINGS.iter().filter(move |binding| binding.places.contains(&place))
}

/// What a key asks for at a place.
pub fn action(place: Place, event: KeyEvent) -> Option<Action> {
    at(place).find(|binding| binding.keys.iter().any(|key| key.matches(event))).map(|binding| binding.action)
}

impl Key {
    fn matches(self, event: KeyEvent) -> bool {
        let control = event.modifiers.contains(KeyModifiers::CONTROL);
        match self {
            Ctrl(char) => control && event.code == KeyCode::Char(char),
            Char(char) => !control && event.code == KeyCode::Char(char),
            Code(code) => event.code == code,
        }
    }

    /// The key as the footer and the help write it.
    pub fn label(self) -> String {
        match self {
            Char(' ') => "space".into(),
            Char(char) => char.into(),
            Ctrl(char) => format!("ctrl-{char}"),
            Code(KeyCode::Up) => "↑".into(),
            Code(KeyCode::Down) => "↓".into(),
            Code(KeyCode::Left) => "←".into(),
            Code(KeyCode::Right) => "→".into(),
            Code(KeyCode::BackTab) => "shift-tab".into(),
            Code(code) => code.to_string().to_lowercase(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLACES: [Place; 6] = [Home, Grid, Run, Robustness, Place::Help, Question];

    #[test]
    fn a_key_asks_for_one_thing_at_a_place() {
        for place in PLACES {
            let mut seen: Vec<Key> = Vec::new();
            for key in at(place).flat_map(|binding| binding.keys) {
                assert!(!seen.contains(key), "{} is bound twice at {place:?}", key.label());
                seen.push(*key);
            }
        }
    }

    #[test]
    fn capital_letters_are_keys_of_their_own() {
        let press = |char, modifiers| action(Grid, KeyEvent::new(KeyCode::Char(char), modifiers));
        assert_eq!(press('S', KeyModifiers::SHIFT), Some(Action::Stop));
        assert_eq!(press('s', KeyModifiers::NONE), None);
        assert_eq!(press('c', KeyModifiers::CONTROL), Some(Action::Leave));
    }

    #[test]
    fn keys_are_written_as_people_say_them() {
        let labels = [Char(' '), Ctrl('c'), Code(KeyCode::Esc), Code(KeyCode::Enter), Code(KeyCode::F(1))];
        assert_eq!(labels.map(Key::label), ["space", "ctrl-c", "esc", "enter", "f1"]);
    }
}
