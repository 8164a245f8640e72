//! The one table of key bindings: it feeds dispatch, the footer and the help.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

/// Where keys are pressed: a screen, the help or the palette over it, a line of text being typed, or a question to be
/// answered.
#[expect(missing_docs, reason = "a place is called by its title")]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyContext {
    Home,
    Grid,
    Run,
    Robustness,
    Views,
    Features,
    Help,
    Palette,
    Typing,
    Question,
}

impl Action {
    /// Whether it changes what is trained, or what is on disk about it: what a workbench that only reads refuses.
    pub fn changes_training(self) -> bool {
        matches!(self, Self::Start | Self::Judge | Self::Stop | Self::Skip | Self::Next | Self::Rerun | Self::Remark)
    }

    /// Whether it only moves a cursor.
    pub fn moves(self) -> bool {
        matches!(self, Self::Up | Self::Down | Self::Left | Self::Right | Self::First | Self::Last)
            || self.pages().is_some()
    }

    /// Whether it goes down by many lines, and how many halves of the screen; none where it does not.
    pub fn pages(self) -> Option<(bool, usize)> {
        match self {
            Self::PageUp => Some((false, 2)),
            Self::PageDown => Some((true, 2)),
            Self::HalfUp => Some((false, 1)),
            Self::HalfDown => Some((true, 1)),
            _ => None,
        }
    }
}

impl KeyContext {
    /// The name of a screen; none of what lies over one.
    pub fn screen(self) -> Option<&'static str> {
        match self {
            Self::Home => Some("home"),
            Self::Grid => Some("grid"),
            Self::Run => Some("run"),
            Self::Robustness => Some("robustness"),
            Self::Views => Some("views"),
            Self::Features => Some("features"),
            Self::Help | Self::Palette | Self::Typing | Self::Question => None,
        }
    }

    /// The screen of that name.
    pub fn named(name: &str) -> Option<Self> {
        SCREENS.iter().copied().find(|place| place.screen() == Some(name))
    }

    /// Whether characters that are bound to nothing are text.
    pub fn takes_text(self) -> bool {
        matches!(self, Self::Palette | Self::Typing)
    }
}

/// What a key asks for.
#[expect(missing_docs, reason = "what each does is said to users, in the table of bindings")]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    Up,
    Down,
    Left,
    Right,
    First,
    Last,
    PageUp,
    PageDown,
    HalfUp,
    HalfDown,
    NextPart,
    PreviousPart,
    Open,
    Toggle,
    ToggleAll,
    Edit,
    Unedit,
    AddAxis,
    Use,
    Start,
    Judge,
    Stop,
    PreviousHeat,
    NextHeat,
    Current,
    Crosshair,
    PreviousEvaluation,
    NextEvaluation,
    PreviousRecord,
    NextRecord,
    PreviousLine,
    NextLine,
    Replay,
    Slower,
    Faster,
    Events,
    Across,
    LogAcross,
    Mean,
    Smoother,
    Rougher,
    Differences,
    Pin,
    Unpin,
    Findings,
    Embedding,
    Spectra,
    Search,
    LogScale,
    Absolute,
    Single,
    NextMetric,
    Skip,
    Next,
    Rerun,
    Remark,
    Save,
    Freeze,
    Copy,
    Write,
    WriteFigures,
    Palette,
    Accept,
    Cancel,
    Erase,
    EraseNext,
    EraseWord,
    EraseLine,
    Go(KeyContext),
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
    /// A letter or sign.
    Char(char),
    /// A letter with Ctrl.
    Ctrl(char),
    /// A key without a letter.
    Code(KeyCode),
}

/// Keys that ask for an action in some places.
pub struct Binding {
    /// Each of them asks for it.
    pub keys: &'static [Key],
    /// Where they do.
    pub places: &'static [KeyContext],
    /// What is asked for.
    pub action: Action,
    /// A word for the footer; empty where the footer leaves it out.
    pub short: &'static str,
    /// A line for the help.
    pub help: &'static str,
}

use Key::{Char, Code, Ctrl};
use KeyContext::{Features, Grid, Home, Question, Robustness, Run, Views};

const SCREENS: &[KeyContext] = &[Home, Grid, Run, Robustness, Views, Features];
const OF_EXPERIMENT: &[KeyContext] = &[Grid, Run, Robustness, Views, Features];
const OF_NUMBERS: &[KeyContext] = &[Grid, Run, Robustness];
const OF_HEATS: &[KeyContext] = &[Run, Features];
const CURSOR: &[KeyContext] = &[Home, Grid, Robustness, Features];
const SCROLLED: &[KeyContext] = &[Home, Grid, Run, Robustness, Features, KeyContext::Help];
const BELOW: &[KeyContext] = &[Grid, Run, Robustness, Views, Features, KeyContext::Help];
const TEXT: &[KeyContext] = &[KeyContext::Palette, KeyContext::Typing];
const EVERYWHERE: &[KeyContext] = &[Home, Grid, Run, Robustness, Views, Features, KeyContext::Help];

const fn binding(
    keys: &'static [Key],
    places: &'static [KeyContext],
    action: Action,
    short: &'static str,
    help: &'static str,
) -> Binding {
    Binding { keys, places, action, short, help }
}

/// Every binding, the footer's in the footer's order.
pub const BINDINGS: &[Binding] = &[
    binding(&[Code(KeyCode::Enter)], &[Home], Action::Open, "open", "open the experiment"),
    binding(&[Char(' ')], &[Grid], Action::Toggle, "pick", "switch a value of an axis, or a seed, on or off"),
    binding(&[Char('e')], &[Grid], Action::Edit, "edit", "edit the value, the seed or the key under the cursor"),
    binding(&[Char('A')], &[Grid], Action::AddAxis, "", "add an axis: KEY=V1,V2 or KEY=0.9..0.999 by 4"),
    binding(&[Char('a')], &[Grid], Action::ToggleAll, "", "switch all values of the line on, or all others off"),
    binding(
        &[Code(KeyCode::Enter)],
        &[Grid],
        Action::Start,
        "start",
        "train what is switched on, or what the cursor is on",
    ),
    binding(&[Char('o')], &[Grid], Action::Open, "watch", "watch the heat of the cell under the cursor"),
    binding(&[Code(KeyCode::Tab)], &[Features], Action::NextPart, "method", "the next method of the heat"),
    binding(&[Code(KeyCode::BackTab)], &[Features], Action::PreviousPart, "", "the method before"),
    binding(&[Char('t')], &[Features], Action::Embedding, "t-SNE", "t-SNE in place of principal components"),
    binding(&[Char('s')], &[Features], Action::Spectra, "spectrum", "the spectra of all methods, over training"),
    binding(&[Char(']')], OF_HEATS, Action::NextHeat, "next heat", "the heat after"),
    binding(&[Char('[')], OF_HEATS, Action::PreviousHeat, "", "the heat before"),
    binding(&[Code(KeyCode::Tab)], &[Run], Action::NextPart, "charts", "the charts that come after those on screen"),
    binding(&[Code(KeyCode::BackTab)], &[Run], Action::PreviousPart, "", "the charts before"),
    binding(
        &[Char('c')],
        &[Run],
        Action::Crosshair,
        "crosshair",
        "a crosshair in all charts; the table shows its step",
    ),
    binding(&[Code(KeyCode::Left), Char('h')], &[Run], Action::Left, "", "the crosshair, or the replay, to the left"),
    binding(
        &[Code(KeyCode::Right), Char('l')],
        &[Run],
        Action::Right,
        "",
        "the crosshair, or the replay, to the right",
    ),
    binding(&[Char('{')], &[Run], Action::PreviousEvaluation, "", "to the evaluation before"),
    binding(&[Char('}')], &[Run], Action::NextEvaluation, "", "to the evaluation after"),
    binding(&[Char('(')], &[Run], Action::PreviousRecord, "", "to the recorded step before"),
    binding(&[Char(')')], &[Run], Action::NextRecord, "", "to the recorded step after"),
    binding(&[Char('x')], &[Run], Action::Across, "x axis", "steps, epochs, images or minutes on the x axis"),
    binding(&[Char('+'), Char('=')], &[Run], Action::Smoother, "smooth", "smoother curves"),
    binding(&[Char('-')], &[Run], Action::Rougher, "", "rougher curves"),
    binding(&[Char('L')], &[Run], Action::LogScale, "log axes", "loss and gradient norm on logarithmic axes"),
    binding(&[Char('X')], &[Run], Action::LogAcross, "", "a logarithmic x axis"),
    binding(&[Char('b')], &[Run], Action::Mean, "mean", "the mean over all seeds in a band, or the seed of the heat"),
    binding(&[Char('d')], &[Run], Action::Differences, "differences", "what the recipes differ in, pinned ones too"),
    binding(&[Char('p')], &[Run], Action::Pin, "pin", "lay these runs under the charts of other heats, or no longer"),
    binding(&[Char('P')], &[Run], Action::Unpin, "", "take all pinned runs off"),
    binding(&[Char('R')], &[Run], Action::Replay, "replay", "play the heat from its beginning, or no longer"),
    binding(&[Char(' ')], &[Run], Action::Toggle, "", "pause the replay, or let it go on"),
    binding(&[Char('<')], &[Run], Action::Slower, "", "a slower replay"),
    binding(&[Char('>')], &[Run], Action::Faster, "", "a faster replay"),
    binding(&[Char('e')], &[Run], Action::Events, "events", "the log over the whole screen, or the charts again"),
    binding(
        &[Char('n'), Char('j'), Code(KeyCode::Down)],
        &[Run],
        Action::NextLine,
        "",
        "to the next line of the log, of those found",
    ),
    binding(
        &[Char('N'), Char('k'), Code(KeyCode::Up)],
        &[Run],
        Action::PreviousLine,
        "",
        "to the line of the log before",
    ),
    binding(&[Char('.')], OF_HEATS, Action::Current, "", "back to the heat that is training, and follow it"),
    binding(&[Char('/')], &[Home], Action::Search, "filter", "only experiments that hold what is typed"),
    binding(&[Char('/')], &[Run], Action::Search, "", "only lines of the log that hold what is typed"),
    binding(&[Char('x')], &[Grid], Action::Across, "", "another axis across, the others down the side"),
    binding(&[Char('n')], &[Grid], Action::Next, "", "train the cell, row or column next"),
    binding(&[Char('X')], &[Grid], Action::Skip, "", "stop the cell, row or column, and leave it out"),
    binding(&[Char('R')], &[Grid], Action::Rerun, "", "train the cell, row or column again; sets aside what was"),
    binding(&[Char('J')], &[Grid], Action::Judge, "", "judge what is finished again, by the probes set here"),
    binding(
        &[Char('#')],
        &[Home, Grid, Run],
        Action::Remark,
        "",
        "a note or #tags for what the cursor is on; -#tag removes",
    ),
    binding(&[Char('E')], &[Grid], Action::Unedit, "", "take all edits back: the experiment as its file has it"),
    binding(&[Char('s')], &[Grid], Action::Save, "", "save what is switched on as an experiment of its own"),
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
    binding(
        &[Char('d')],
        &[Robustness],
        Action::Findings,
        "doubts",
        "claims and doubts in full, with evidence and remedies",
    ),
    binding(&[Char('s')], &[Robustness], Action::Single, "seeds", "every single seed, or their mean"),
    binding(
        &[Char('m')],
        &[Robustness],
        Action::NextMetric,
        "metric",
        "linear or k-NN accuracy, or what else probes found",
    ),
    binding(&[Char('x')], &[Robustness], Action::Across, "map", "two axes at once, each other axis in turn across"),
    binding(&[Char('m')], &[Grid], Action::NextMetric, "", "linear or k-NN accuracy, or what else probes found"),
    binding(&[Code(KeyCode::Right), Char('l')], &[Views], Action::Right, "next image", "the image after"),
    binding(&[Code(KeyCode::Left), Char('h')], &[Views], Action::Left, "", "the image before"),
    binding(&[Code(KeyCode::Down), Char('j')], &[Views], Action::Down, "draw again", "the views of the epoch after"),
    binding(&[Code(KeyCode::Up), Char('k')], &[Views], Action::Up, "", "the views of the epoch before"),
    binding(&[Code(KeyCode::Enter)], &[Views], Action::Open, "sheet", "many images by all sets, or one by two"),
    binding(&[Code(KeyCode::Tab)], &[Views], Action::NextPart, "other set", "another set at the right"),
    binding(&[Char('e')], &[Views], Action::Edit, "change", "try another parameter at the right: jitter.hue=0.1"),
    binding(&[Char('u')], &[Views], Action::Use, "", "use the set that is tried as a value of the experiment"),
    binding(&[Code(KeyCode::BackTab)], &[Views], Action::PreviousPart, "", "another set at the left"),
    binding(
        &[Char('r')],
        &[Grid, Run, Views, Features],
        Action::Go(Robustness),
        "robustness",
        "what the finished trials say",
    ),
    binding(
        &[Char('v')],
        &[Grid, Run, Robustness, Features],
        Action::Go(Views),
        "",
        "what the augmentation sets make of the images",
    ),
    binding(
        &[Char('F')],
        &[Grid, Run, Robustness, Views],
        Action::Go(Features),
        "",
        "where the encoder puts images, and which it holds alike",
    ),
    binding(&[Char('S')], &[Grid, Run], Action::Stop, "stop", "stop training; trials keep their checkpoints"),
    binding(&[Code(KeyCode::Up), Char('k')], CURSOR, Action::Up, "", "up"),
    binding(&[Code(KeyCode::Down), Char('j')], CURSOR, Action::Down, "", "down"),
    binding(&[Code(KeyCode::Down), Char('j')], &[KeyContext::Help], Action::Down, "scroll", "down"),
    binding(&[Code(KeyCode::Up), Char('k')], &[KeyContext::Help], Action::Up, "", "up"),
    binding(&[Code(KeyCode::Left), Char('h')], &[Grid, Features], Action::Left, "", "left"),
    binding(&[Code(KeyCode::Right), Char('l')], &[Grid, Features], Action::Right, "", "right"),
    binding(&[Char('g'), Code(KeyCode::Home)], EVERYWHERE, Action::First, "", "to the top, or the beginning (gg too)"),
    binding(&[Char('G'), Code(KeyCode::End)], EVERYWHERE, Action::Last, "", "to the end"),
    binding(&[Code(KeyCode::PageDown), Ctrl('f')], SCROLLED, Action::PageDown, "", "down by a screen"),
    binding(&[Code(KeyCode::PageUp), Ctrl('b')], SCROLLED, Action::PageUp, "", "up by a screen"),
    binding(&[Ctrl('d')], SCROLLED, Action::HalfDown, "", "down by half a screen"),
    binding(&[Ctrl('u')], SCROLLED, Action::HalfUp, "", "up by half a screen"),
    binding(&[Code(KeyCode::PageDown)], &[KeyContext::Palette], Action::PageDown, "", "down by a screen"),
    binding(&[Code(KeyCode::PageUp)], &[KeyContext::Palette], Action::PageUp, "", "up by a screen"),
    binding(&[Code(KeyCode::Tab)], &[Grid], Action::NextPart, "", "between the cells and the axes"),
    binding(&[Char('f')], SCREENS, Action::Freeze, "", "freeze the picture, or let it go on"),
    binding(&[Char('y')], OF_NUMBERS, Action::Copy, "", "copy the numbers under the cursor"),
    binding(&[Char('y')], &[Views], Action::Copy, "", "copy the set at the right, as a file has it"),
    binding(&[Char('w')], SCREENS, Action::Write, "", "write the picture as text into a file"),
    binding(&[Char('W')], &[Run, Robustness], Action::WriteFigures, "", "write the charts as SVG and PNG files"),
    binding(&[Char(':'), Ctrl('p')], SCREENS, Action::Palette, "", "everything that can be done here, by name"),
    binding(&[Code(KeyCode::Up)], &[KeyContext::Palette], Action::Up, "", "up"),
    binding(&[Code(KeyCode::Down)], &[KeyContext::Palette], Action::Down, "", "down"),
    binding(&[Code(KeyCode::Enter)], &[KeyContext::Palette], Action::Accept, "do it", "do what the cursor is on"),
    binding(&[Code(KeyCode::Left)], &[KeyContext::Typing], Action::Left, "", "the cursor to the left"),
    binding(&[Code(KeyCode::Right)], &[KeyContext::Typing], Action::Right, "", "the cursor to the right"),
    binding(&[Code(KeyCode::Home), Ctrl('a')], &[KeyContext::Typing], Action::First, "", "the cursor to the beginning"),
    binding(&[Code(KeyCode::End), Ctrl('e')], &[KeyContext::Typing], Action::Last, "", "the cursor to the end"),
    binding(&[Code(KeyCode::Enter)], &[KeyContext::Typing], Action::Accept, "keep", "keep what is typed"),
    binding(&[Code(KeyCode::Backspace)], TEXT, Action::Erase, "", "take the last character back"),
    binding(
        &[Code(KeyCode::Delete)],
        &[KeyContext::Typing],
        Action::EraseNext,
        "",
        "take the character at the cursor away",
    ),
    binding(&[Ctrl('w')], TEXT, Action::EraseWord, "", "take the word before the cursor away"),
    binding(&[Ctrl('u')], TEXT, Action::EraseLine, "", "take everything before the cursor away"),
    binding(&[Code(KeyCode::Esc), Ctrl('c')], TEXT, Action::Cancel, "drop", "drop what is typed"),
    binding(&[Char('y')], &[Question], Action::Yes, "yes", "do it"),
    binding(&[Char('n'), Code(KeyCode::Esc), Char('q'), Ctrl('c')], &[Question], Action::No, "no", "leave it as it is"),
    binding(&[Char('1')], SCREENS, Action::Go(Home), "", "all experiments"),
    binding(&[Char('2')], OF_EXPERIMENT, Action::Go(Grid), "", "the grid of the experiment"),
    binding(&[Char('3')], OF_EXPERIMENT, Action::Go(Run), "", "the heat in training"),
    binding(&[Char('4')], OF_EXPERIMENT, Action::Go(Robustness), "", "the robustness of the methods"),
    binding(&[Char('5')], OF_EXPERIMENT, Action::Go(Views), "", "the augmented views of the experiment"),
    binding(&[Char('6')], OF_EXPERIMENT, Action::Go(Features), "", "the features of held-out images"),
    binding(&[Code(KeyCode::Esc)], &[Home], Action::Back, "", "drop the filter"),
    binding(&[Code(KeyCode::Esc)], BELOW, Action::Back, "back", "back; never quits"),
    binding(&[Char('?'), Code(KeyCode::F(1))], SCREENS, Action::Help, "help", "all keys and signs"),
    binding(&[Char('q'), Ctrl('c')], EVERYWHERE, Action::Leave, "quit", "leave the workbench; training goes on"),
    binding(&[Ctrl('z')], EVERYWHERE, Action::Suspend, "", "suspend the workbench; training goes on"),
];

/// The bindings that hold at a place, in the table's order.
pub fn at(place: KeyContext) -> impl Iterator<Item = &'static Binding> {
    BINDINGS.iter().filter(move |binding| binding.places.contains(&place))
}

/// What a key asks for at a place.
pub fn action(place: KeyContext, event: KeyEvent) -> Option<Action> {
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

    /// What the terminal tells when it is pressed.
    pub fn event(self) -> KeyEvent {
        match self {
            Ctrl(char) => KeyEvent::new(KeyCode::Char(char), KeyModifiers::CONTROL),
            Char(char) => KeyEvent::from(KeyCode::Char(char)),
            Code(code) => KeyEvent::from(code),
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
            Code(KeyCode::PageUp) => "pgup".into(),
            Code(KeyCode::PageDown) => "pgdn".into(),
            Code(code) => code.to_string().to_lowercase(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLACES: [KeyContext; 10] = [
        Home,
        Grid,
        Run,
        Robustness,
        Views,
        Features,
        KeyContext::Help,
        KeyContext::Palette,
        KeyContext::Typing,
        Question,
    ];

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
        assert_eq!(press('s', KeyModifiers::NONE), Some(Action::Save));
        assert_eq!(press('c', KeyModifiers::CONTROL), Some(Action::Leave));
    }

    #[test]
    fn keys_are_written_as_people_say_them() {
        let labels = [Char(' '), Ctrl('c'), Code(KeyCode::Esc), Code(KeyCode::Enter), Code(KeyCode::F(1))];
        assert_eq!(labels.map(Key::label), ["space", "ctrl-c", "esc", "enter", "f1"]);
    }
}
