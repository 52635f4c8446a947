use std::fs::{self, File};
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use diag::{Error, Result};
use rustix::fs::{FlockOperation, flock};

use crate::{sources, tool};

/// What machine hosts are.
const SUITE: &str = "bookworm";

/// The packages that make a host out of the smallest Debian.
const PACKAGES: &str = "ca-certificates,dbus,iproute2,openssh-server,procps,sudo,systemd,systemd-sysv";

/// Increase it when what is in the cache would be made differently.
const EDITION: u32 = 1;

/// The root of a Debian that machine hosts start from. Made by debootstrap when it is needed first, which takes a
/// minute, and kept in `/var/cache/capstan-lab`.
///
/// # Errors
///
/// apt's sources name no mirror of Debian, or debootstrap failed.
pub fn root() -> Result<PathBuf> {
    let cache = PathBuf::from("/var/cache/capstan-lab");
    let root = cache.join(format!("{SUITE}-{EDITION}"));
    let failed =
        |error: std::io::Error| Error::new(format!("'{}' can't be made", root.display())).cause(error);
    fs::create_dir_all(&cache).map_err(failed)?;
    // Of several labs at once, one makes it and the others wait.
    let lock = File::create(cache.join("lock")).map_err(failed)?;
    flock(&lock, FlockOperation::LockExclusive).map_err(|error| failed(error.into()))?;
    if root.is_dir() {
        return Ok(root);
    }
    let unfinished = cache.join("unfinished");
    if unfinished.exists() {
        fs::remove_dir_all(&unfinished).map_err(failed)?;
    }
    bootstrap(&unfinished, &mirror()?)?;
    make_impersonal(&unfinished).map_err(failed)?;
    fs::rename(&unfinished, &root).map_err(failed)?;
    Ok(root)
}

/// Where this machine gets its own Debian from.
fn mirror() -> Result<String> {
    let sources = sources::read(Path::new("/etc/apt"));
    let has =
        |source: &&sources::PackageSource| source.components.iter().any(|component| component == "main");
    // A machine of another release has that release's name there, but mirrors carry several.
    let exact = sources.iter().filter(has).find(|source| source.suite == SUITE);
    let near = sources.iter().filter(has).find(|source| !source.suite.contains(['-', '/']));
    exact.or(near).map(|source| source.uri.clone()).ok_or_else(|| {
        Error::new("apt's sources name no mirror of Debian")
            .hint(format!("add one to /etc/apt/sources.list, such as 'deb MIRROR {SUITE} main'"))
    })
}

fn bootstrap(root: &Path, mirror: &str) -> Result<()> {
    let failed = || Error::new(format!("debootstrap could not make a Debian from {mirror}"));
    tool::require([&tool::DEBOOTSTRAP])?;
    // With namespaces of its own, which end when this process does, neither it nor what it mounts can stay behind.
    let mut command = tool::SETPRIV.command()?;
    command.args([
        "--pdeathsig",
        "KILL",
        "unshare",
        "--mount",
        "--pid",
        "--fork",
        "--kill-child",
        "--mount-proc",
    ]);
    // The only settings that it needs to reach a mirror from behind a proxy.
    for name in ["http_proxy", "https_proxy", "no_proxy"] {
        command.envs(std::env::var_os(name).map(|value| (name, value)));
    }
    let output = command
        .args(["debootstrap", "--variant=minbase", &format!("--include={PACKAGES}"), SUITE])
        .arg(root)
        .arg(mirror)
        .stdin(Stdio::null())
        .output()
        .map_err(|error| failed().cause(error))?;
    if output.status.success() {
        return Ok(());
    }
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8_lossy(&said);
    let lines: Vec<&str> = said.lines().collect();
    Err(failed().cause(lines[lines.len().saturating_sub(5)..].join("\n")))
}

/// Takes away what every host must have of its own, and what the installation has left.
fn make_impersonal(root: &Path) -> std::io::Result<()> {
    let keys = files(&root.join("etc/ssh"), |name| name.starts_with("ssh_host_"))?;
    let packages = files(&root.join("var/cache/apt/archives"), |name| name.ends_with(".deb"))?;
    for file in keys.into_iter().chain(packages) {
        fs::remove_file(file)?;
    }
    fs::write(root.join("etc/machine-id"), "")?;
    let other = root.join("var/lib/dbus/machine-id");
    if other.symlink_metadata().is_ok() {
        fs::remove_file(&other)?;
        symlink("/etc/machine-id", other)?;
    }
    Ok(())
}

fn files(folder: &Path, wanted: impl Fn(&str) -> bool) -> std::io::Result<Vec<PathBuf>> {
    let entries = fs::read_dir(folder)?.collect::<std::io::Result<Vec<_>>>()?;
    let wanted = entries.iter().filter(|entry| entry.file_name().to_str().is_some_and(&wanted));
    Ok(wanted.map(|entry| entry.path()).collect())
}
