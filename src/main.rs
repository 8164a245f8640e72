//! The program: which command is answered by what.

use std::{ffi::OsString, process::ExitCode};

use anyhow::Result;
use byolab::{
    cli::{self, Cli, Command, Exit},
    store::Store,
};
use clap::Parser;

fn main() -> ExitCode {
    quiet_vulkan_loader();
    forget_empty_variables();
    keep_pages();
    cli::exit(answer(&Cli::parse()))
}

fn answer(cli: &Cli) -> Result<Exit> {
    let store = Store::new(&cli.common.runs);
    match cli.command.as_ref().unwrap_or(&Command::Watch) {
        Command::Watch => cli::watch::watch(&cli.common, None),
        Command::Demo(demo) => cli::train::demo(&cli.common, demo),
        Command::Plan(asked) => cli::plan::run(&store, asked),
        Command::Run(run) => cli::train::run(&cli.common, run),
        Command::Work(work) => cli::work::work(&cli.common, work),
        Command::Submit(submit) => cli::submit::submit(&cli.common, submit),
        Command::Probe(probe) => cli::probe::run(&cli.common, probe),
        Command::Eval(eval) => cli::eval::run(&cli.common, eval),
        Command::Export(export) => cli::export::run(&cli.common, export),
        Command::List(list) => cli::list::list(&store, list.experiment.as_deref(), list.answer.json),
        Command::Show(show) => cli::show::show(&store, &show.trial, show.answer.json),
        Command::Wait(named) => cli::runs::wait(&store, &cli::found::name(&store, &named.experiment)),
        Command::Stop(named) => cli::runs::stop(&store, &cli::found::name(&store, &named.experiment)),
        Command::Resume(named) => cli::train::resume(&cli.common, named),
        Command::Tag(tag) => cli::remarks::tag(&store, tag),
        Command::Note(note) => cli::remarks::note(&store, note),
        Command::Rm(remove) => cli::remarks::remove(&store, remove),
        Command::Report(report) => cli::findings::report(&store, report),
        Command::Check(asked) => cli::findings::check(&store, asked),
        Command::Diff(diff) => cli::diff::run(&store, diff),
        Command::Views(views) => cli::views::views(&store, &cli.common.data_folder(), views),
        Command::Data(data) => cli::data::data(&cli.common.data_folder(), cli.common.quiet, data),
        Command::Bench(bench) => cli::bench::bench(&cli.common, bench),
        Command::Methods(answer) => cli::catalog::methods(*answer),
        Command::Augmentations(answer) => cli::catalog::augmentations(*answer),
        Command::Datasets(answer) => cli::catalog::datasets(*answer),
        Command::Probes(answer) => cli::catalog::probes(*answer),
        Command::Metrics(answer) => cli::catalog::metrics(*answer),
        Command::Keys(answer) => cli::catalog::recipe_keys(*answer),
        Command::Doctor(_) => cli::doctor::doctor(&cli.common.data_folder()),
        Command::Completions(completions) => cli::shell::completions(completions),
        Command::Man(man) => cli::shell::man(man),
    }
}

/// Lets the allocator keep what is freed: tensors come and go by the hundred a step, and pages fresh from the system cost
/// as much as what is computed in them. glibc's own limits fall below a wide layer's activations.
fn keep_pages() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    for (limit, value) in [(libc::M_ARENA_MAX, 1), (libc::M_MMAP_MAX, 0), (libc::M_TRIM_THRESHOLD, i32::MAX)] {
        // SAFETY: glibc takes any value, and refuses those that it cannot heed.
        unsafe { libc::mallopt(limit, value) };
    }
}

/// An environment variable that is empty says nothing, here and in the processes that this one starts.
fn forget_empty_variables() {
    let is_empty = |name: &OsString| std::env::var_os(name).is_some_and(|value| value.is_empty());
    for name in Cli::variables().into_iter().filter(is_empty) {
        // SAFETY: as above, no other thread reads the environment yet.
        unsafe { std::env::remove_var(name) };
    }
}

/// Vulkan drivers complain on standard error where no runtime folder is named, as in a container or over SSH.
fn quiet_vulkan_loader() {
    if std::env::var_os("XDG_RUNTIME_DIR").is_none() {
        // SAFETY: the first line of the program; no other thread reads the environment yet.
        unsafe { std::env::set_var("XDG_RUNTIME_DIR", std::env::temp_dir()) };
    }
}
