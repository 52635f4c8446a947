use std::path::Path;

use system::{Backend, Command, Error, Output, Result, System};

const POLICY_PROGRAM: &str = "/usr/sbin/policy-rc.d";

/// In words that can be read by a program, and without questions.
pub(super) fn quietly(command: Command) -> Command {
    let environment = [
        ("LC_ALL", "C"),
        ("LANG", "C"),
        ("DEBIAN_FRONTEND", "noninteractive"),
        ("DEBIAN_PRIORITY", "critical"),
        ("APT_LISTCHANGES_FRONTEND", "none"),
    ];
    environment.into_iter().fold(command, |command, (name, value)| command.env(name, value))
}

pub(super) fn run(backend: &mut dyn Backend, command: &Command) -> Result<Output> {
    let output = backend
        .run(command)
        .map_err(|error| Error::failed(format!("can't run {}: {error}", command.program())))?;
    if output.success() { Ok(output) } else { Err(explain(&output)) }
}

/// With a policy that keeps services as they are while packages are installed.
pub(super) fn with_policy<T>(
    backend: &mut dyn Backend,
    code: Option<i32>,
    work: impl FnOnce(&mut dyn Backend) -> Result<T>,
) -> Result<T> {
    let Some(code) = code else { return work(backend) };
    let path = Path::new(POLICY_PROGRAM);
    let failed = |error| Error::io("can't put a policy at", path, error);
    let before = match backend.metadata(path).map_err(failed)? {
        Some(found) => Some((backend.read(path).map_err(failed)?, found)),
        None => None,
    };
    backend.write(path, format!("#!/bin/sh\nexit {code}\n").as_bytes(), 0o755, 0, 0).map_err(failed)?;
    let outcome = work(backend);
    match before {
        Some((content, found)) => backend.write(path, &content, found.permissions, found.owner, found.group),
        None => backend.remove(path),
    }
    .map_err(|error| Error::io("can't put back", path, error))?;
    outcome
}

/// The message is one that playbooks look for in results, so it starts with a capital letter.
pub(super) fn no_package(name: &str) -> Error {
    Error::failed(format!(
        "No package matching '{name}' is available; if the package lists are old, 'update_cache: true' fetches them"
    ))
}

/// apt-get's failure in words that say what to do.
pub(super) fn explain(output: &Output) -> Error {
    let text = format!("{}\n{}", output.stdout(), output.stderr());
    let between = |before: &str, after: &str| {
        let (_, rest) = text.split_once(before)?;
        Some(rest.split(after).next().unwrap_or_default().trim().to_owned())
    };
    let advised = |advice: &str| Error::failed(format!("{}; {advice}", summary(output)));
    let says = |words: &str| text.contains(words);
    let error = if let Some(name) = between("Unable to locate package ", "\n") {
        no_package(&name)
    } else if let Some(name) = between("E: Package '", "' has no installation candidate") {
        no_package(&name)
    } else if says("is not available, so is not installed") || says(" was not found") && says("E: Version '")
    {
        advised("`apt-cache policy` shows which versions there are")
    } else if says("Could not get lock") {
        advised("another program is changing packages, and 'lock_timeout' says how long to wait for it")
    } else if says("are you root?") {
        advised("use 'become: true'")
    } else if says("Held packages were changed") {
        advised("'allow_change_held_packages: true' allows it")
    } else if says("Packages were downgraded") {
        advised("'allow_downgrade: true' allows it")
    } else if says("unauthenticated packages") || says("cannot be authenticated") {
        advised("'allow_unauthenticated: true' allows it")
    } else if says("Packages need to be removed but remove is disabled") {
        advised("'fail_on_autoremove: false' allows it")
    } else if let Some(unmet) = between("The following packages have unmet dependencies:\n", "\nE:") {
        // What does not fit together, line by line; the errors behind it only say that something does not.
        let lines: Vec<&str> =
            unmet.lines().take_while(|line| !line.trim().is_empty()).map(str::trim).collect();
        Error::failed(format!("{} {}", summary(output), lines.join("; ")))
    } else {
        Error::failed(summary(output))
    };
    with_output(error, output)
}

pub(super) fn with_output(error: Error, output: &Output) -> Error {
    error.with("rc", output.code).with("stdout", output.stdout()).with("stderr", output.stderr())
}

/// The lines that say what is wrong.
pub(super) fn summary(output: &Output) -> String {
    let text = format!("{}\n{}", output.stderr(), output.stdout());
    let told = |mark: &str| {
        text.lines().filter_map(|line| line.strip_prefix(mark)).map(str::trim).collect::<Vec<_>>().join("; ")
    };
    let errors = match told("E: ") {
        errors if errors.is_empty() => told("W: "),
        errors => errors,
    };
    match (errors.is_empty(), output.stderr().trim()) {
        (false, _) => format!("apt-get: {errors}"),
        (true, "") => format!("apt-get failed with exit code {}", output.code),
        (true, stderr) => format!("apt-get: {stderr}"),
    }
}

/// What was installed as a dependency and is now asked for by name must not go as a dependency any more.
pub(super) fn mark_manual(host: &mut System, wanted: &[super::wanted::Wanted]) -> Result<()> {
    let states = host.read_text_if_any(Path::new("/var/lib/apt/extended_states"))?.unwrap_or_default();
    let automatic = |paragraph: &str| {
        let field = |name: &str| paragraph.lines().find_map(|line| line.strip_prefix(name)).map(str::trim);
        (field("Auto-Installed:") == Some("1")).then(|| field("Package:").map(str::to_owned))?
    };
    let automatic: Vec<String> = states.split("\n\n").filter_map(automatic).collect();
    let names: Vec<&str> = wanted
        .iter()
        .map(|wanted| wanted.name.as_str())
        .filter(|name| automatic.iter().any(|found| found == name))
        .collect();
    if names.is_empty() || host.identity().uid != 0 {
        return Ok(());
    }
    let command = quietly(Command::new(["apt-mark", "manual"]).args(names));
    host.refresh("apt marks", |backend| run(backend, &command).map(drop))
}
