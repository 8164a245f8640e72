//! `doctor`: what this machine offers, in sentences.

use std::{env, io::IsTerminal, path::Path};

use anyhow::Result;

use super::{Exit, about, data, print};
use crate::runner::{environment, telemetry};
use byolab_faces::tui;

/// Says what is there and what is missing, with the remedy.
///
/// # Errors
/// Where it cannot be printed.
pub fn doctor(folder: &Path) -> Result<Exit> {
    let mut lines = vec![("byolab", environment::version())];
    lines.extend([("features", about::features()), ("processor", about::processor())]);
    lines.extend(["cpu", "cuda", "vulkan", "auto"].map(|request| (request, device(request))));
    lines.push(("cards", cards()));
    let ready = |name| data::problem(name, folder).unwrap_or_else(|| data::READY.into());
    lines.extend(byolab_values::data::DATASETS.iter().map(|entry| (entry.name(), ready(entry.name()))));
    lines.push(("terminal", tui::usable().err().unwrap_or_else(|| "usable".into())));
    lines.push(("colours", colours().into()));
    lines.push(("output", if std::io::stdout().is_terminal() { "a terminal" } else { "not a terminal" }.into()));
    let line = |(what, text): &(&str, String)| format!("{what:<10} {}\n", text.replace('\n', "\n           "));
    print(&lines.iter().map(line).collect::<String>())
}

fn cards() -> String {
    match telemetry::cards().as_slice() {
        [] => "none that NVIDIA's driver tells of (libnvidia-ml.so.1)".into(),
        names => names.join(", "),
    }
}

fn colours() -> &'static str {
    let variable = |name| env::var(name).unwrap_or_default();
    match variable("COLORTERM").as_str() {
        _ if !variable("NO_COLOR").is_empty() => "none (NO_COLOR is set)",
        "truecolor" | "24bit" => "24 bits",
        _ if variable("TERM").contains("256") => "256",
        _ => "16",
    }
}

#[cfg(feature = "engine")]
fn device(request: &str) -> String {
    match byolab_engine::device::open(request) {
        Ok(opened) => opened.why.map_or(opened.name.clone(), |why| format!("{} ({why})", opened.name)),
        Err(reason) => format!("not usable: {reason:#}"),
    }
}

#[cfg(not(feature = "engine"))]
fn device(_: &str) -> String {
    "this build has no engine".into()
}
