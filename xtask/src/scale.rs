use std::ffi::OsString;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::thread;
use std::time::{Duration, Instant};

use crate::process::{Failed, program, target};

/// How often everything is measured; the middle one counts.
const RUNS: usize = 5;

/// A listing may take this part of ansible-core's time.
const PART_OF_REFERENCE: f64 = 1.0 / 20.0;

/// What loading a large inventory may take.
const INVENTORY_TIME: Duration = Duration::from_secs(1);
const INVENTORY_MEMORY: u64 = 300 << 20;

/// What a run took.
#[derive(Clone, Copy)]
struct Cost {
    time: Duration,
    /// Bytes of memory, at the most.
    memory: u64,
}

/// `cargo xtask scale [ANSIBLE_PLAYBOOK]`: lists a playbook of 10,000 tasks in 500 files and loads an inventory of 50,000
/// hosts in 200 groups with target/release/capstan, and fails if that takes too long. The argument is ansible-core's
/// own program, to compare with.
pub(crate) fn run(arguments: &[OsString]) -> Result<(), Failed> {
    let capstan = target().join("release/capstan");
    if !capstan.is_file() {
        return Err(Failed("there is no release build to measure: cargo xtask dist".into()));
    }
    let folder = target().join("scale");
    let failed = |error: std::io::Error| Failed(format!("{}: {error}", folder.display()));
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(folder.join("tasks")).map_err(failed)?;
    write_playbook(&folder).and_then(|()| write_inventory(&folder)).map_err(failed)?;

    let mut bounds_kept = true;
    let list = ["-i", "localhost,", "site.yml", "--list-tasks"];
    let listing = median(&capstan, &[&["play"], &list[..]].concat(), &folder)?;
    println!("listing 10,000 tasks: {}", told(listing));
    if let Some(reference) = arguments.first() {
        let theirs = median(Path::new(reference), &list, &folder)?;
        let part = listing.time.as_secs_f64() / theirs.time.as_secs_f64();
        println!("  ansible-core: {}; the part is 1/{:.0}", told(theirs), 1.0 / part);
        bounds_kept &= part <= PART_OF_REFERENCE;
    }
    let inventory = median(&capstan, &["inventory", "-i", "hosts.ini", "--host", "host49999"], &folder)?;
    println!("loading 50,000 hosts: {}", told(inventory));
    bounds_kept &= inventory.time <= INVENTORY_TIME && inventory.memory <= INVENTORY_MEMORY;
    if bounds_kept { Ok(()) } else { Err(Failed("a bound is not kept".into())) }
}

fn told(Cost { time, memory }: Cost) -> String {
    format!("{:.3} s, {} MB", time.as_secs_f64(), memory >> 20)
}

fn write_playbook(folder: &Path) -> std::io::Result<()> {
    let mut site = String::from("- hosts: all\n  gather_facts: false\n  tasks:\n");
    for file in 0..500 {
        // Writing to a string can't fail.
        let _ =
            writeln!(site, "    - import_tasks: tasks/{file}.yml\n      when: part_{file} | default(true)");
        let mut tasks = String::new();
        for task in 0..20 {
            let _ = write!(
                tasks,
                "- name: Task {task} of file {file}\n  copy:\n    content: \"{{{{ inventory_hostname }}}} {task}\"\n    \
                 dest: /tmp/{file}/{task}\n    mode: \"0644\"\n  when: wanted is not defined or wanted > {task}\n  \
                 tags: [file{file}]\n  notify: Reload\n"
            );
        }
        fs::write(folder.join(format!("tasks/{file}.yml")), tasks)?;
    }
    site.push_str("  handlers:\n    - name: Reload\n      debug:\n        msg: reloaded\n");
    fs::write(folder.join("site.yml"), site)
}

fn write_inventory(folder: &Path) -> std::io::Result<()> {
    let mut text = String::new();
    for host in 0..50_000 {
        let _ = writeln!(
            text,
            "host{host} ansible_host=10.{}.{}.{} rack=r{}",
            host >> 16,
            host >> 8 & 255,
            host & 255,
            host % 40
        );
    }
    for group in 0..200 {
        let _ = writeln!(text, "\n[group{group}]");
        for host in (group..50_000).step_by(200) {
            let _ = writeln!(text, "host{host}");
        }
        let _ = writeln!(text, "\n[group{group}:vars]\nnumber={group}");
    }
    fs::write(folder.join("hosts.ini"), text)
}

fn median(program: &Path, arguments: &[&str], folder: &Path) -> Result<Cost, Failed> {
    let mut costs: Vec<Cost> =
        (0..RUNS).map(|_| measured(program, arguments, folder)).collect::<Result<_, _>>()?;
    costs.sort_by_key(|cost| cost.time);
    let memory = costs.iter().map(|cost| cost.memory).max().unwrap_or_default();
    Ok(Cost { memory, ..costs[RUNS / 2] })
}

fn measured(path: &Path, arguments: &[&str], folder: &Path) -> Result<Cost, Failed> {
    let shown = || format!("{} {}", path.display(), arguments.join(" "));
    let failed = |error: std::io::Error| Failed(format!("{}: {error}", shown()));
    let mut command = program(path);
    command.args(arguments).current_dir(folder).stdin(Stdio::null()).stdout(Stdio::null());
    let start = Instant::now();
    let mut process = command.spawn().map_err(failed)?;
    let status = PathBuf::from(format!("/proc/{}/status", process.id()));
    let mut memory = 0;
    // The kernel forgets the peak with the process, so it is looked at while that lives.
    loop {
        if let Some(peak) = fs::read_to_string(&status).ok().as_deref().and_then(peak) {
            memory = peak;
        }
        if let Some(status) = process.try_wait().map_err(failed)? {
            let time = start.elapsed();
            return match status.success() {
                true => Ok(Cost { time, memory }),
                false => Err(Failed(format!("{}: {status}", shown()))),
            };
        }
        thread::sleep(Duration::from_millis(2));
    }
}

/// `VmHWM` of proc_pid_status(5), in bytes.
fn peak(status: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    Some(line.split_whitespace().next()?.parse::<u64>().ok()? << 10)
}
