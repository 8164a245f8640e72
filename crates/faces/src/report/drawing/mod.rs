//! A drawing: shapes on a page, in pixels from its upper left corner. [`layout`] makes one of a
//! [`Figure`](byolab_store::chart::Figure); SVG writes its shapes down and PNG fills them, so both show the same picture.

pub mod font;
pub mod layout;
mod legend;

pub use layout::draw;

/// Red, green, blue.
pub type Colour = [u8; 3];

/// Right, down.
pub type Place = [f32; 2];

/// Shapes on a white page; later ones lie over earlier ones.
#[derive(Clone, Debug, PartialEq)]
pub struct Drawing {
    /// What it shows, for who cannot see it.
    pub title: String,
    /// What its file says of itself where it stands alone; empty where it stands in a page that says so.
    pub about: String,
    pub width: f32,
    pub height: f32,
    pub shapes: Vec<Shape>,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Shape {
    Line {
        points: Vec<Place>,
        stroke: Stroke,
    },
    /// A closed polygon.
    Area {
        points: Vec<Place>,
        fill: Colour,
        stroke: Stroke,
    },
    Circle {
        centre: Place,
        radius: f32,
        fill: Colour,
        stroke: Stroke,
    },
    Text(Text),
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
pub struct Text {
    /// Where its baseline has its anchor.
    pub at: Place,
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
