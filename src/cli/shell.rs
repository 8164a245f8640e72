//! `byolab completions` and `byolab man`: made from the definitions in [`super::args`].

use anyhow::{Context, Result};
use clap::CommandFactory;

use super::{
    Cli, Exit,
    args::{Completions, Man},
    catalog::methods_text,
    print,
};

/// Writes completions for a shell.
pub fn completions(completions: &Completions) -> Result<Exit> {
    let mut script = Vec::new();
    clap_complete::generate(completions.shell, &mut Cli::command(), "byolab", &mut script);
    print(&String::from_utf8(script)?)
}

/// Writes a manual page in roff: `byolab man | man -l -`. The methods on it are those of the catalog.
pub fn man(man: &Man) -> Result<Exit> {
    let mut command = Cli::command();
    command.build();
    if let Some(name) = &man.command {
        let found = command.find_subcommand(name).with_context(|| format!("there is no command `{name}`"))?;
        command = found.clone();
    }
    let about = matches!(man.command.as_deref(), None | Some("methods"));
    if about {
        let codes = command.get_after_help().map(|text| format!("{text}\n\n")).unwrap_or_default();
        command = command.after_long_help(format!("{codes}Methods:\n\n{}", methods_text()));
    }
    let mut page = Vec::new();
    clap_mangen::Man::new(command).render(&mut page)?;
    print(&String::from_utf8(page)?)
}
