//! Two axes at once: for each method, and for the difference of two, a table whose cells lie on colours.

use ratatui::layout::Rect;

use crate::tui::{
    theme::{self, Tone, lean, level, mark, range},
    widgets::{
        Brush,
        table::{Column, Cursor, Table},
        take,
        text::Text,
    },
};
use byolab_store::{
    chart::{
        Metric,
        axis::called,
        heat_map::{HeatMap, HeatMapQuery, heat_map},
    },
    results::{Estimate, Results},
};
use byolab_values::plan::Value;

/// The tables of a heat map.
#[derive(Default)]
pub struct HeatMapScreen {
    sheets: Vec<MapTable>,
    /// What the colours span.
    legend: Text,
}

/// One table with its name above it, and the same with intervals for where there is room.
struct MapTable {
    name: Text,
    narrow: Table,
    wide: Table,
}

/// Columns between tables beside each other.
const GAP: u16 = 4;

impl HeatMapScreen {
    pub fn of(question: HeatMapQuery, results: &Results) -> Self {
        let map = heat_map(question, results);
        let corner = question.axes.map(|axis| called(question.experiment, &axis.key));
        let sheet = |name: Text, cells: &dyn Fn(usize, usize) -> MapCell| {
            let named = |value: &Value| question.experiment.named(&value.to_string()).to_string();
            let table = |is_wide| table(&map, &corner, named, |i, j| cells(i, j).text(is_wide));
            MapTable { name, narrow: table(false), wide: table(true) }
        };
        let (metric, absolute) = (question.metric, question.absolute);
        let is_level = |i, j| !absolute && [i, j] == map.baseline;
        let shown = map.methods.iter().flat_map(|layer| means(&layer.estimates, is_level));
        let sheets = || map.methods.iter().map(|layer| &layer.estimates).chain([&map.differences]);
        let least = theme::floor(sheets().flatten().flatten().flatten().filter_map(|estimate| estimate.std));
        let range = range(shown, least);
        let layers = map.methods.iter().map(|layer| {
            let name = Text::new(
                format!("{} {}", mark(layer.pen), question.experiment.named(&layer.method)),
                Tone::Series(layer.pen),
            );
            sheet(name, &|i, j| match (is_level(i, j), layer.estimates[i][j]) {
                (true, _) => MapCell { estimate: layer.level, tone: Tone::Strong, metric, is_change: false },
                (false, estimate) => {
                    let tone = estimate.map_or(Tone::Dim, |estimate| level(estimate.mean, range));
                    MapCell { estimate, tone, metric, is_change: !absolute }
                }
            })
        });
        let most = means(&map.differences, |_, _| false).map(f64::abs).fold(least / 2.0, f64::max);
        // The hues of the two are those of the grounds on which either is ahead.
        let names = map.methods.iter().enumerate().fold(Text::default(), |text, (i, layer)| {
            let gap = if i == 0 { "" } else { " - " };
            text.and(gap, Tone::Plain).and(question.experiment.named(&layer.method), Tone::Series(layer.pen))
        });
        let difference = (!map.differences.is_empty()).then(|| {
            sheet(names, &|i, j| {
                let estimate = map.differences[i][j].filter(|_| !is_level(i, j));
                let tone = estimate.map_or(Tone::Dim, |estimate| lean(estimate.mean, most));
                MapCell { estimate, tone, metric, is_change: true }
            })
        });
        let sheets: Vec<MapTable> = layers.chain(difference).collect();
        Self { legend: legend(question, range, (sheets.len() > map.methods.len()).then_some(most)), sheets }
    }

    /// All tables as lines of fields between tabs.
    pub fn tabbed(&self) -> String {
        let sheet = |sheet: &MapTable| format!("{}\n{}", sheet.name.content(), sheet.wide.tabbed(&sheet.wide.rows));
        self.sheets.iter().map(sheet).collect::<Vec<_>>().join("\n")
    }

    /// Rows that the tables take in `width` columns at most, with an empty row and the legend below them.
    pub fn height(&self, width: u16) -> u16 {
        let (mut rows, mut free) = (1, width);
        let widths = self.sheets.iter().map(|sheet| sheet.narrow.width_within(u16::MAX));
        for needed in widths {
            if needed > free {
                (rows, free) = (rows + 1, width);
            }
            free = free.saturating_sub(needed + GAP);
        }
        let tall = self.sheets.iter().map(|sheet| sheet.narrow.height() + 1).max().unwrap_or(0);
        rows * (tall + 1) + 1
    }

    /// Paints the tables beside each other as far as they fit, then below.
    pub fn paint(&self, mut area: Rect, brush: &mut Brush) {
        let width = |table: &Table| table.width_within(u16::MAX);
        let all: u16 = self.sheets.iter().map(|sheet| width(&sheet.wide) + GAP).sum();
        let is_wide = all <= area.width + GAP || self.sheets.iter().all(|sheet| width(&sheet.narrow) > area.width / 2);
        let height = self.sheets.iter().map(|sheet| sheet.wide.height() + 1).max().unwrap_or(0);
        let mut row = take(&mut area, height);
        for sheet in &self.sheets {
            let table = if is_wide && width(&sheet.wide) <= row.width { &sheet.wide } else { &sheet.narrow };
            if width(table) > row.width && area.height > 0 {
                take(&mut area, 1);
                row = take(&mut area, height);
            }
            let mut place = Rect { width: width(table).min(row.width), ..row };
            sheet.name.paint(take(&mut place, 1), brush);
            table.paint(Cursor::None, place, brush);
            let used = (place.width + GAP).min(row.width);
            row = Rect { x: row.x + used, width: row.width - used, ..row };
        }
        take(&mut area, 1);
        if is_wide {
            Text::dim("mean over the seeds ± 95 % interval").paint(take(&mut area, 1), brush);
        }
        if brush.theme.has_scales() {
            self.legend.paint(take(&mut area, 1), brush);
        }
    }
}

/// What the colours span: of the methods' sheets, and of their difference where there is one.
fn legend(question: HeatMapQuery, [low, high]: [f64; 2], most: Option<f64>) -> Text {
    let show = if question.absolute { Metric::show } else { Metric::show_change };
    let show = |value: f64| show(&question.metric, value);
    let sheets = (low <= high).then(|| format!("colours {} to {}", show(low), show(high)));
    let difference = most.map(|most| format!("of the difference ±{}", question.metric.show(most)));
    let parts = sheets.into_iter().chain(difference).collect::<Vec<_>>().join(", ");
    if parts.is_empty() { Text::default() } else { Text::dim(format!("{parts} ({})", theme::LEAST_WORDS)) }
}

/// A number on its ground.
struct MapCell {
    estimate: Option<Estimate>,
    tone: Tone,
    metric: Metric,
    is_change: bool,
}

impl MapCell {
    fn text(&self, has_interval: bool) -> Text {
        let Some(estimate) = self.estimate else { return Text::dim("- ") };
        let show = if self.is_change { Metric::show_change } else { Metric::show };
        let half = estimate.interval().map(|[low, high]| format!("±{}", self.metric.show((high - low) / 2.0)));
        let text = Text::new(format!(" {} ", show(&self.metric, estimate.mean)), self.tone);
        if has_interval { text.and(half.unwrap_or_default(), Tone::Dim) } else { text }
    }
}

fn table(
    map: &HeatMap,
    [down, across]: &[String; 2],
    named: impl Fn(&Value) -> String,
    cell: impl Fn(usize, usize) -> Text,
) -> Table {
    let corner = Column::words(format!("{down} \\ {across}"));
    let columns = map.values[1].iter().map(|value| Column::numbers(named(value), 0));
    let row = |i: usize| {
        let label = Text::plain(named(&map.values[0][i]));
        [label].into_iter().chain((0..map.values[1].len()).map(|j| cell(i, j))).collect()
    };
    let rows = (0..map.values[0].len()).map(row).collect();
    Table { columns: [corner].into_iter().chain(columns).collect(), rows }
}

/// The means of a sheet, but for the cells left out.
fn means(sheet: &[Vec<Option<Estimate>>], is_left_out: impl Fn(usize, usize) -> bool) -> impl Iterator<Item = f64> {
    let cells = sheet.iter().enumerate().flat_map(|(i, row)| row.iter().enumerate().map(move |(j, cell)| (i, j, cell)));
    let kept = cells.filter(move |(i, j, _)| !is_left_out(*i, *j));
    kept.filter_map(|(.., cell)| cell.map(|estimate| estimate.mean))
}
