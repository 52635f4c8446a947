use std::ffi::OsString;

use crate::process::{Failed, is_installed, program, run as run_command};

/// A program that is needed, and the Debian package that has it.
pub(crate) type Need = (&'static str, &'static str);

/// What throwaway hosts need.
pub(crate) const LAB: &[Need] = &[
    ("sshd", "openssh-server"),
    ("ssh-keygen", "openssh-client"),
    ("ip", "iproute2"),
    ("mount", "mount"),
    ("unshare", "util-linux"),
    ("hostname", "hostname"),
];

/// What ordinary users need for them besides.
pub(crate) const LAB_OF_A_USER: &[Need] = &[("newuidmap", "uidmap")];

/// What the tests need besides.
pub(crate) const TESTS: &[Need] = &[
    ("sudo", "sudo"),
    ("openssl", "openssl"),
    ("python3", "python3"),
    ("newuidmap", "uidmap"),
    ("debootstrap", "debootstrap"),
    ("systemd-nspawn", "systemd-container"),
    ("dnf", "dnf"),
    ("rpmbuild", "rpm"),
    ("createrepo_c", "createrepo-c"),
    ("chromium", "chromium"),
];

/// `cargo xtask install`.
pub(crate) fn run(_: &[OsString]) -> Result<(), Failed> {
    let needs: Vec<Need> = LAB.iter().chain(TESTS).copied().collect();
    install(&needs)?;
    println!("xtask: all that the tests need is installed");
    Ok(())
}

/// Installs what is missing. Nothing is asked and nothing is done if all of it is there.
///
/// # Errors
/// Something is missing and this is not root or not Debian, or apt-get fails.
pub(crate) fn install(needs: &[Need]) -> Result<(), Failed> {
    let mut packages: Vec<&str> =
        needs.iter().filter(|(program, _)| !is_installed(program)).map(|(_, package)| *package).collect();
    packages.sort_unstable();
    packages.dedup();
    if packages.is_empty() {
        return Ok(());
    }
    let names = packages.join(" ");
    if !is_root() || !is_installed("apt-get") {
        return Err(Failed(format!("these packages are needed: {names}\nas root: apt-get install {names}")));
    }
    println!("xtask: installing what is missing: {names}");
    let apt = |arguments: &[&str]| {
        let mut command = program("apt-get");
        command.env("DEBIAN_FRONTEND", "noninteractive").args(["-qq", "-y"]).args(arguments);
        command
    };
    run_command(apt(&["update"]))?;
    run_command(apt(&[&["install", "--no-install-recommends"], packages.as_slice()].concat()))
}

/// Whether this is root.
pub(crate) fn is_root() -> bool {
    use std::os::unix::fs::MetadataExt;
    std::fs::metadata("/proc/self").is_ok_and(|process| process.uid() == 0)
}
