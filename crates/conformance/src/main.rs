//! Runs ansible-core's own integration targets with Capstan and compares with what ansible-core itself does with them.
//!
//! The targets come from the source distribution of ansible-core, by version and hash, and are run the way its own test
//! tool runs them (its `test/lib/ansible_test` says how): a private copy, an inventory, an environment built from
//! scratch, and then a script or a play with one role. Every target gets a throwaway copy of this machine, so nothing
//! that it installs or breaks is left. None of the targets' text is part of this project.
//!
//! An exit status proves little: a program that does nothing and exits with 0 would pass most targets. A target passes
//! if it also ran at least as many *ok* tasks as ansible-core (`targets.tsv`).
//!
//! `cargo xtask conformance` starts it.

#![allow(clippy::print_stdout, clippy::print_stderr)]
#![cfg_attr(test, allow(clippy::unwrap_used))]

mod base;
mod dependencies;
mod list;
mod page;
mod sandbox;
mod source;
mod target;
mod verdict;
mod work_folder;

use std::collections::VecDeque;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Mutex;
use std::thread;
use std::time::Instant;

use clap::Parser;
use diag::{Error, Result};

use list::{Entry, Recorded};
use sandbox::Sandbox;
use verdict::Verdict;

/// Runs ansible-core's own integration targets with Capstan.
#[derive(Parser)]
#[command(name = "cargo xtask conformance")]
struct Options {
    /// Targets to run: those of the list, or any other of the source distribution. [default: the whole list]
    targets: Vec<String>,
    /// Only those of the list that CI runs.
    #[arg(long, conflicts_with = "targets")]
    fast: bool,
    /// How many targets to run at once. [default: the number of processors]
    #[arg(long, short)]
    jobs: Option<usize>,
    /// Seconds after which a target is ended.
    #[arg(long, default_value_t = 400)]
    timeout: u64,
    /// Write the results to docs/conformance.md. It needs the whole list.
    #[arg(long, conflicts_with_all = ["targets", "fast"])]
    record: bool,
    /// The folder with the programs under test. [default: links to target/debug/capstan]
    #[arg(long, value_name = "FOLDER")]
    programs: Option<PathBuf>,
    /// Where downloads, the layer of programs and the logs are kept.
    #[arg(long, value_name = "FOLDER", default_value = "target/conformance")]
    folder: PathBuf,
}

fn main() -> ExitCode {
    match run(&Options::parse()) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprint!("{}", error.render(diag::Style::Plain));
            ExitCode::FAILURE
        }
    }
}

/// Whether all went as recorded.
fn run(options: &Options) -> Result<bool> {
    sandbox::enter_own_mounts()?;
    let list = list::read()?;
    let entries: Vec<Entry> = match options.targets.as_slice() {
        [] if options.fast => list.into_iter().filter(|entry| entry.in_ci).collect(),
        [] => list,
        names => names
            .iter()
            .map(|name| {
                list.iter()
                    .find(|entry| entry.name == *name)
                    .cloned()
                    .unwrap_or_else(|| Entry::unlisted(name))
            })
            .collect(),
    };
    let folder = absolute(&options.folder)?;
    let source = source::fetch(&folder)?;
    let all = target::read_all(&source)?;
    if let Some(entry) = entries.iter().find(|entry| !all.contains_key(&entry.name)) {
        return Err(Error::new(format!("there is no target '{}'", entry.name))
            .hint(format!("the targets are the folders in {}", source.join(target::FOLDER).display())));
    }
    let needed = dependencies::of_all(&source, &all)?;
    let programs = options.programs.as_deref().map_or_else(|| sandbox::link_programs(&folder), absolute)?;
    let base = base::make(&folder)?;
    let sandbox =
        Sandbox { source, all, needed, programs, base: base.path().to_owned(), timeout: options.timeout };
    let logs = folder.join("logs");
    std::fs::create_dir_all(&logs).map_err(|error| tool::cannot("make", &logs, error))?;

    let jobs = options.jobs.unwrap_or_else(|| thread::available_parallelism().map_or(1, usize::from));
    let done = run_all(&sandbox, &logs, entries, jobs);
    // Some targets watch the clock, and a machine that does several things at once may be too slow for them.
    let (unexpected, mut done): (Vec<_>, Vec<_>) = done
        .into_iter()
        .partition(|(entry, verdict)| entry.recorded == Recorded::Passes && !verdict.passed());
    if !unexpected.is_empty() {
        println!("\nonce more, one at a time:");
    }
    done.extend(run_all(&sandbox, &logs, unexpected.into_iter().map(|(entry, _)| entry).collect(), 1));
    done.sort_by(|(left, _), (right, _)| left.name.cmp(&right.name));
    if options.record {
        page::write(&done)?;
    }
    Ok(report(&done))
}

/// Runs targets, so many at once, and prints a line about each when it is done.
fn run_all(sandbox: &Sandbox, logs: &Path, entries: Vec<Entry>, jobs: usize) -> Vec<(Entry, Verdict)> {
    let queue: Mutex<VecDeque<Entry>> = Mutex::new(longest_first(entries));
    let done: Mutex<Vec<(Entry, Verdict)>> = Mutex::new(Vec::new());
    thread::scope(|scope| {
        for _ in 0..jobs {
            scope.spawn(|| {
                while let Some(entry) = queue.lock().ok().and_then(|mut queue| queue.pop_front()) {
                    let verdict = run_one(sandbox, logs, &entry);
                    println!(
                        "{:6} {:6.1} s  {}{}",
                        verdict.word(),
                        verdict.seconds,
                        entry.name,
                        verdict.note()
                    );
                    if let Ok(mut done) = done.lock() {
                        done.push((entry, verdict));
                    }
                }
            });
        }
    });
    done.into_inner().unwrap_or_default()
}

fn run_one(sandbox: &Sandbox, logs: &Path, entry: &Entry) -> Verdict {
    let started = Instant::now();
    let log = logs.join(format!("{}.log", entry.name));
    sandbox.run(entry, &log).map_or_else(
        |error| Verdict::could_not_run(&error),
        |status| verdict::of(entry, status, &log, started.elapsed()),
    )
}

/// Long targets first: otherwise the last one of them would run alone at the end.
fn longest_first(mut entries: Vec<Entry>) -> VecDeque<Entry> {
    entries.sort_by(|left, right| right.seconds.total_cmp(&left.seconds));
    entries.into()
}

/// Prints what differs from what is recorded, and whether nothing does for the worse.
fn report(done: &[(Entry, Verdict)]) -> bool {
    let passed = done.iter().filter(|(_, verdict)| verdict.passed()).count();
    println!("\n{passed} of {} targets pass", done.len());
    let mut as_recorded = true;
    for (entry, verdict) in done {
        match (&entry.recorded, verdict.passed()) {
            (Recorded::Passes, false) => {
                println!("no longer passes: {}{}", entry.name, verdict.note());
                as_recorded = false;
            }
            (Recorded::Fails(_), true) => println!("passes now: {} (say so in targets.tsv)", entry.name),
            _ => {}
        }
    }
    as_recorded
}

fn absolute(path: impl AsRef<Path>) -> Result<PathBuf> {
    let path = path.as_ref();
    std::path::absolute(path).map_err(|error| tool::cannot("find", path, error))
}
