//! `byolab completions` and `byolab man`: made from the definitions in [`super::args`].

use std::{fs, io, path::Path};

use anyhow::{Context, Result};
use clap::CommandFactory;

use super::{
    Cli, Exit,
    args::{Completions, Man},
    catalog::methods_text,
    print,
};

/// Writes completions for a shell.
///
/// # Errors
/// Standard output takes nothing.
pub fn completions(completions: &Completions) -> Result<Exit> {
    let mut script = Vec::new();
    clap_complete::generate(completions.shell, &mut Cli::command(), "byolab", &mut script);
    print(&String::from_utf8(script)?)
}

/// Writes a manual page in roff: `byolab man | man -l -`; or that page and those below it into a folder.
///
/// # Errors
/// A command that does not exist, a folder that cannot be written.
pub fn man(man: &Man) -> Result<Exit> {
    // What `--version` says of this processor belongs on no page.
    let mut command = Cli::command().long_version(None::<&str>);
    command.build();
    let asked = match &man.command {
        Some(name) => command.find_subcommand(name).with_context(|| format!("there is no command `{name}`"))?,
        None => &command,
    };
    match &man.output {
        Some(folder) => pages(asked, folder).map(|()| Exit::Good),
        None => print(&String::from_utf8(page(asked)?)?),
    }
}

/// Writes the pages of a command and of those below it.
fn pages(command: &clap::Command, folder: &Path) -> Result<()> {
    let path = folder.join(clap_mangen::Man::new(command.clone()).get_filename());
    fs::create_dir_all(folder)
        .and_then(|()| fs::write(&path, page(command)?))
        .with_context(|| format!("cannot write {}", path.display()))?;
    let mut below = command.get_subcommands().filter(|below| below.get_name() != "help");
    below.try_for_each(|below| pages(below, folder))
}

/// A page in roff. The methods on it are those of the catalog.
fn page(command: &clap::Command) -> io::Result<Vec<u8>> {
    let mut command = command.clone();
    if matches!(command.get_name(), "byolab" | "methods") {
        let codes = command.get_after_help().map(|text| format!("{text}\n\n")).unwrap_or_default();
        command = command.after_long_help(format!("{codes}Methods:\n\n{}", methods_text()));
    }
    let mut page = Vec::new();
    clap_mangen::Man::new(command).render(&mut page)?;
    Ok(page)
}
