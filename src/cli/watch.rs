//! `watch`: the workbench over the real store.

use anyhow::{Result, bail};

use super::{
    Exit,
    args::{Common, Ground},
    lab::StoreLab,
};
use byolab_faces::tui;
use byolab_store::store::Store;

/// Opens the workbench, on `experiment` where one is named.
///
/// # Errors
/// Where there is no terminal to open it in: says what to use in its place.
pub fn watch(common: &Common, experiment: Option<String>) -> Result<Exit> {
    if let Err(reason) = tui::usable() {
        let list = Store::new(&common.runs).hint(&["list"]);
        bail!("the workbench needs a terminal: {reason}; `{list}` and `byolab report` do without");
    }
    let settings = tui::WorkbenchOptions {
        experiment,
        read_only: common.read_only,
        light: common.theme == Ground::Light,
        ascii: common.ascii,
        mouse: common.mouse,
    };
    let lab = StoreLab::new(Store::new(&common.runs), common.data_folder(), inherited(common))?;
    tui::run(Box::new(lab), &settings)?;
    Ok(Exit::Good)
}

/// The flags that a runner takes over from this process.
pub fn inherited(common: &Common) -> Vec<String> {
    let mut flags = vec!["--runs".into(), common.runs.display().to_string(), "--device".into(), common.device.clone()];
    flags.extend(["--data".into(), common.data_folder().display().to_string()]);
    flags.extend(common.notify.iter().flat_map(|command| ["--notify".into(), command.clone()]));
    flags
}
