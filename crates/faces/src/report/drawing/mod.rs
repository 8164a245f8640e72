//! A drawing: shapes on a page, in pixels from its upper left corner. [`layout`] makes one of a
//! [`Figure`](byolab_store::chart::Figure); SVG and PDF write its shapes down and PNG fills them, so all show the same
//! picture.

pub mod font;
pub mod layout;
mod legend;
mod style;

pub use layout::draw;

/// How much of what lies under a [`Shape::Band`] it covers.
pub const BAND: f32 = 0.18;

/// The page that a figure is drawn on.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct DrawingPage {
    /// Points from side to side; the text of such a page has 8 points. Without it a page is 480 points wide, its text 9.
    pub width: Option<f32>,
    /// Leaves out title and how to read it, which a paper says in its own words.
    pub untitled: bool,
}

/// Red, green, blue.
pub type Colour = [u8; 3];

/// Right, down.
pub type Position = [f32; 2];

/// Shapes on a white page; later ones lie over earlier ones.
#[derive(Clone, Debug, PartialEq)]
pub struct Drawing {
    /// What it shows, for who cannot see it.
    pub title: String,
    /// What its file says of itself where it stands alone; empty where it stands in a page that says so.
    pub about: String,
    pub width: f32,
    pub height: f32,
    /// Pixels of CSS, 96 an inch, of each of the drawing's.
    pub scale: f32,
    pub shapes: Vec<DrawnShape>,
}

#[derive(Clone, Debug, PartialEq)]
pub enum DrawnShape {
    Line {
        points: Vec<Position>,
        stroke: Stroke,
    },
    /// A closed polygon.
    Area {
        points: Vec<Position>,
        fill: Colour,
        stroke: Stroke,
    },
    /// A closed polygon that what lies under it shows through.
    Band {
        points: Vec<Position>,
        fill: Colour,
    },
    Circle {
        centre: Position,
        radius: f32,
        fill: Colour,
        stroke: Stroke,
    },
    Text(TextLine),
}

#[derive(Clone, Debug, PartialEq)]
pub struct Stroke {
    pub colour: Colour,
    pub width: f32,
    /// Lengths of dashes and gaps; none for a whole line.
    pub dashes: Option<[f32; 2]>,
}

impl Stroke {
    pub fn solid(colour: Colour, width: f32) -> Self {
        Self { colour, width, dashes: None }
    }
}

/// One line of text.
#[derive(Clone, Debug, PartialEq)]
pub struct TextLine {
    /// Where its baseline has its anchor.
    pub at: Position,
    pub text: String,
    pub size: f32,
    pub anchor: Anchor,
    pub bold: bool,
    pub colour: Colour,
    /// Reads from below upwards.
    pub upwards: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Anchor {
    Start,
    Middle,
    End,
}
