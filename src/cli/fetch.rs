//! `data fetch`: downloads with a bar where there is a terminal, in plain lines where there is none.

use std::{
    io::{IsTerminal, stderr},
    path::Path,
    time::{Duration, Instant},
};

use anyhow::Result;

use super::{Exit, args::Fetch, data::problem, print};
use byolab_values::{
    data::{
        self,
        fetch::{self, DownloadProgress, FetchNews, Manner},
    },
    plan::{Problems, problem::Spot, words::duration},
};

/// Pauses between two pictures of the bar, and between two plain lines.
const PICTURE: Duration = Duration::from_millis(100);
const LINE: Duration = Duration::from_secs(10);
/// Columns of the bar.
const WIDTH: usize = 24;

/// Fetches what is not there yet.
///
/// # Errors
/// A dataset that is not published, something else in its place, and what went wrong with the URL and where to put the file by hand.
pub fn fetch(folder: &Path, quiet: bool, asked: &Fetch) -> Result<Exit> {
    let entry = data::entry(&asked.name)?;
    let wrong = |text: String, remedy| Problems::from(Spot::named(entry.name()).problem(text, remedy));
    if entry.published.is_empty() {
        return Err(wrong(format!("nothing to fetch: {}", entry.about()), None).into());
    }
    let manner = Manner { mirror: asked.mirror.clone(), ..Manner::default() };
    let mut teller = Teller { bar: stderr().is_terminal(), drawn: false, pace: None };
    fetch::fetch(entry.published, folder, &manner, &mut |told| {
        if !quiet {
            teller.tell(told);
        }
    })?;
    // What was there already may be half of what it should be, or something else.
    match problem(entry.name(), folder) {
        Some(text) => Err(wrong(text, Some("move away what is there, and fetch again".into())).into()),
        None => print(&format!("{} is in {}\n", entry.name(), folder.display())),
    }
}

/// Tells on standard error.
struct Teller {
    bar: bool,
    /// Whether a bar stands on the current line.
    drawn: bool,
    pace: Option<DownloadPace>,
}

/// Of one download: its name, when and where it began, and when it was last told of.
struct DownloadPace {
    name: String,
    begin: Instant,
    first: u64,
    told: Instant,
}

impl Teller {
    fn tell(&mut self, told: FetchNews) {
        match told {
            FetchNews::Line(line) => {
                let clear = if std::mem::take(&mut self.drawn) { "\r\x1b[K" } else { "" };
                eprintln!("{clear}{line}");
            }
            FetchNews::Progress(progress) => self.progress(progress),
        }
    }

    fn progress(&mut self, progress: DownloadProgress) {
        let now = Instant::now();
        if self.pace.as_ref().is_none_or(|pace| pace.name != progress.name || progress.bytes < pace.first) {
            let name = progress.name.to_owned();
            self.pace = Some(DownloadPace { name, begin: now, first: progress.bytes, told: now });
        }
        let pace = self.pace.as_mut().expect("a download has a pace");
        if now - pace.told < if self.bar { PICTURE } else { LINE } {
            return;
        }
        pace.told = now;
        let text = line(progress, (progress.bytes - pace.first) as f64 / (now - pace.begin).as_secs_f64());
        match self.bar {
            true => eprint!("\r\x1b[K{}{text}", picture(progress)),
            false => eprintln!("{text}"),
        }
        self.drawn = self.bar;
    }
}

/// `cifar-10-binary.tar.gz 34 of 170 MB, 5.2 MB/s, 26 s left`
fn line(DownloadProgress { name, bytes, total }: DownloadProgress, rate: f64) -> String {
    let mega = |bytes: u64| bytes as f64 / 1e6;
    let of = total.map_or(String::new(), |total| format!(" of {:.1}", mega(total)));
    let left = total.filter(|_| rate > 0.0).map(|total| total.saturating_sub(bytes) as f64 / rate);
    let left = left.map_or(String::new(), |left| format!(", {} left", duration(left)));
    format!("{name} {:.1}{of} MB, {:.1} MB/s{left}", mega(bytes), rate / 1e6)
}

/// A bar; nothing where the server does not tell the size.
fn picture(progress: DownloadProgress) -> String {
    let Some(total) = progress.total.filter(|total| *total > 0) else { return String::new() };
    let filled = (WIDTH as u64 * progress.bytes / total) as usize;
    format!("{}{} ", "━".repeat(filled.min(WIDTH)), "╌".repeat(WIDTH.saturating_sub(filled)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_says_how_far_how_fast_and_how_long_still() {
        let progress = DownloadProgress { name: "a.tar.gz", bytes: 34_000_000, total: Some(170_000_000) };
        assert_eq!(line(progress, 5.2e6), "a.tar.gz 34.0 of 170.0 MB, 5.2 MB/s, 26 s left");
        assert_eq!(line(DownloadProgress { total: None, ..progress }, 0.0), "a.tar.gz 34.0 MB, 0.0 MB/s");
        assert_eq!(picture(progress), "━━━━╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌ ");
    }
}
